// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenAI's work that goes on after its request was answered: batches
 * (https://platform.openai.com/docs/api-reference/batch) and runs of assistants. An object tells
 * its state, and its figures when it is done; it is asked for until then.
 *
 *   {"id":"batch_1","object":"batch","status":"completed","model":"gpt-5-nano-2025-08-07",
 *    "usage":{"input_tokens":44,"output_tokens":210,...}}
 *   {"id":"run_1","object":"thread.run","status":"completed","model":"gpt-4o",
 *    "usage":{"prompt_tokens":123,"completion_tokens":7,"total_tokens":130}}
 *
 * A batch is charged by its object, not by the file of its results, in which the same figures are.
 * But not every object tells them (Azure, Groq, Mistral): then the file does, a line each.
 *
 *   {"id":"batch_2","status":"completed","output_file_id":"file-3"}
 *   {"custom_id":"0","response":{"status_code":200,"body":{"model":"gpt-4o-mini-2024-07-18",
 *    "usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}}}
 */
#include "provider/shapes.h"

static const struct field job[] = {
	FIELD_TEXT("id", T_ID),
	FIELD_TEXT("status", T_FINISH),
	FIELD_TEXT("model", T_MODEL),
	FIELD_NUMBER("usage.input_tokens", N_INPUT),
	FIELD_NUMBER("usage.output_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.input_tokens_details.cached_tokens", N_CACHED),
	FIELD_NUMBER("usage.output_tokens_details.reasoning_tokens", N_REASONING),
	FIELD_NUMBER("usage.prompt_tokens", N_INPUT),
	FIELD_NUMBER("usage.completion_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.prompt_token_details.cached_tokens", N_CACHED),
	FIELD_NUMBER("usage.completion_tokens_details.reasoning_tokens", N_REASONING),
	FIELD_TEXT("output_file_id", T_FILE),
	FIELD_TEXT("output_file", T_FILE), /* Mistral */
	/* Mistral's, where the results are asked for with the job */
	FIELD_SUM("outputs[].response.body.usage.prompt_tokens", N_INPUT),
	FIELD_SUM("outputs[].response.body.usage.completion_tokens", N_OUTPUT),
	FIELD_SUM("outputs[].response.body.usage.prompt_tokens_details.cached_tokens", N_CACHED),
	FIELD_END,
};

/* event: thread.run.completed; steps and messages have ids and states of their own */
static enum event_worth judge_run(const struct fields *f, struct span name, struct span data)
{
	if (span__eq(name, SPAN("done")))
		return EVENT_LAST;
	return span__starts(name, SPAN("thread.run.")) &&
			       !span__starts(name, SPAN("thread.run.step."))
		       ? EVENT_READ
		       : EVENT_SKIP;
}

/* POST answers with state "validating", and zeros. */
const struct provider_ops provider_openai_batch = {
	.provider = "openai",
	.operation = "chat",
	.api = "batches",
	.polled = true,
	.method = "GET",
	.path = "*/batches/batch_* */openai/batches/* */openai/v1/batches/* */batch/jobs/*",
	.tier = "batch",
	.request = openai_request,
	.response = job,
	.judge = judge_all,
	.settle = openai_settle,
};

const struct provider_ops provider_openai_run = {
	.provider = "openai",
	.operation = "chat",
	.api = "threads.runs",
	.polled = true,
	.path = "*/threads/*/runs */threads/runs */runs/*/submit_tool_outputs",
	.request = openai_request,
	.response = job,
	.judge = judge_run,
	.settle = openai_settle,
};

const struct provider_ops provider_openai_run_get = {
	.provider = "openai",
	.operation = "chat",
	.api = "threads.runs",
	.polled = true,
	.method = "GET",
	.path = "*/threads/*/runs/run_*",
	.request = openai_request,
	.response = job,
	.judge = judge_run,
	.settle = openai_settle,
};

#define LINE(name, slot) FIELD_SUM("response.body.usage." name, slot)

static const struct field result_line[] = {
	FIELD_FIRST("response.body.model", T_MODEL),
	LINE("prompt_tokens", N_INPUT),
	LINE("completion_tokens", N_OUTPUT),
	LINE("prompt_tokens_details.cached_tokens", N_CACHED),
	LINE("completion_tokens_details.reasoning_tokens", N_REASONING),
	LINE("input_tokens", N_INPUT),
	LINE("output_tokens", N_OUTPUT),
	LINE("input_tokens_details.cached_tokens", N_CACHED),
	LINE("output_tokens_details.reasoning_tokens", N_REASONING),
	FIELD_END,
};

const struct provider_ops provider_openai_batch_results = {
	.provider = "openai",
	.operation = "chat",
	.api = "batches",
	.polled = true,
	.awaited = true,
	.lines = true,
	.method = "GET",
	.path = "*/files/*/content",
	.id_after = "/files/",
	.tier = "batch",
	.request = openai_request,
	.response = result_line,
	.judge = judge_all,
	.body_ends = true,
	.settle = openai_settle,
};
