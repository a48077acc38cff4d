// SPDX-License-Identifier: BSD-2-Clause
/*
 * Ollama (https://github.com/ollama/ollama/blob/main/docs/api.md): streams lines of JSON unless it
 * is asked not to. Its last line has the figures; a prompt that was cached whole has none.
 *
 *   {"model":"llama3.2","message":{"role":"assistant","content":""},"done_reason":"stop",
 *    "done":true,"total_duration":5191566416,"load_duration":2154458,"prompt_eval_count":26,
 *    "prompt_eval_duration":130079000,"eval_count":298,"eval_duration":4799921000}
 */
#include "provider/shapes.h"

static const struct field ollama_request[] = {
	FIELD_TEXT("model", T_REQUEST_MODEL),
	FIELD_NUMBER("options.num_predict", N_MAX_TOKENS),
	FIELD_END,
};

static const struct field ollama[] = {
	FIELD_FIRST("model", T_MODEL),
	FIELD_TEXT("done_reason", T_FINISH),
	FIELD_TEXT("error", T_ERROR),
	FIELD_NUMBER("prompt_eval_count", N_INPUT),
	FIELD_NUMBER("eval_count", N_OUTPUT),
	FIELD_NUMBER("load_duration", N_LOAD_NS),
	FIELD_NUMBER("prompt_eval_duration", N_PREFILL_NS),
	FIELD_NUMBER("eval_duration", N_DECODE_NS),
	FIELD_END,
};

static enum event_worth judge_ollama(const struct fields *f, struct span name, struct span data)
{
	if (span__find(data, SPAN("\"done\":true")) || span__find(data, SPAN("\"done\": true")))
		return EVENT_READ_LAST;
	return !fields__told(f, T_MODEL) || span__find(data, SPAN("\"error\"")) ? EVENT_READ
										: EVENT_SKIP;
}

static void ollama_settle(const struct fields *f, struct usage *ret_use)
{
	*ret_use = (struct usage){ .reasoning = -1 };
	settle_take(f, N_INPUT, ret_use, USAGE_INPUT);
	settle_take(f, N_OUTPUT, ret_use, USAGE_OUTPUT);
}

const struct provider_ops provider_ollama_chat = {
	.provider = "ollama",
	.operation = "chat",
	.api = "chat",
	.lines = true,
	.loose = true,
	.path = "*/api/chat",
	.request = ollama_request,
	.response = ollama,
	.judge = judge_ollama,
	.settle = ollama_settle,
	.tool_sign = { SPAN_OF("\"tool_calls\"") },
};

const struct provider_ops provider_ollama_generate = {
	.provider = "ollama",
	.operation = "text_completion",
	.api = "generate",
	.lines = true,
	.loose = true,
	.path = "*/api/generate",
	.request = ollama_request,
	.response = ollama,
	.judge = judge_ollama,
	.settle = ollama_settle,
};

const struct provider_ops provider_ollama_embed = {
	.provider = "ollama",
	.operation = "embeddings",
	.api = "embed",
	.loose = true,
	.path = "*/api/embed */api/embeddings",
	.request = ollama_request,
	.response = ollama,
	.judge = judge_ollama,
	.settle = ollama_settle,
};
