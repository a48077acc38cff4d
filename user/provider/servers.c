// SPDX-License-Identifier: BSD-2-Clause
/*
 * APIs that servers of open models have beside OpenAI's: TGI and SGLang at /generate, llama.cpp at
 * /completion. They name no model, or only in the answer.
 *
 *   {"generated_text":"Hi.","details":{"finish_reason":"length","generated_tokens":2,
 *    "prefill":[...]}}                                with headers x-prompt-tokens (TGI)
 *   {"text":"Hi.","meta_info":{"prompt_tokens":7,"completion_tokens":2,"cached_tokens":0,
 *    "finish_reason":{"type":"length"}}}                                          (SGLang)
 *   {"content":"","stop":true,"tokens_evaluated":7,"tokens_predicted":2,"timings":{"cache_n":0,
 *    "prompt_n":7,"prompt_ms":12.3,"predicted_n":2,"predicted_ms":41.5}}           (llama.cpp)
 */
#include "provider/shapes.h"

static const struct field server_request[] = {
	FIELD_TEXT("model", T_REQUEST_MODEL),
	FIELD_NUMBER("parameters.max_new_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("sampling_params.max_new_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("n_predict", N_MAX_TOKENS),
	FIELD_END,
};

static const struct field server_header[] = {
	FIELD_NUMBER("x-prompt-tokens", N_INPUT),
	FIELD_NUMBER("x-generated-tokens", N_OUTPUT),
	FIELD_END,
};

static const struct field server[] = {
	FIELD_TEXT("details.finish_reason", T_FINISH),
	FIELD_NUMBER("details.generated_tokens", N_OUTPUT),
	FIELD_NUMBER("details.input_length", N_INPUT),
	FIELD_FIRST("meta_info.id", T_ID),
	FIELD_TEXT("meta_info.finish_reason.type", T_FINISH),
	FIELD_NUMBER("meta_info.prompt_tokens", N_INPUT),
	FIELD_NUMBER("meta_info.completion_tokens", N_OUTPUT),
	FIELD_NUMBER("meta_info.cached_tokens", N_CACHED),
	FIELD_FIRST("model", T_MODEL),
	FIELD_TEXT("stop_type", T_FINISH),
	FIELD_NUMBER("tokens_evaluated", N_INPUT),
	FIELD_NUMBER("tokens_predicted", N_OUTPUT),
	FIELD_NANO("timings.prompt_ms", N_PREFILL_NS),
	FIELD_NANO("timings.predicted_ms", N_DECODE_NS),
	FIELD_TEXT("error", T_ERROR),
	FIELD_TEXT("error.type", T_ERROR),
	FIELD_END,
};

/* TGI's last event has details, SGLang's all have figures, llama.cpp's last says stop. */
static enum event_worth judge_server(const struct fields *f, struct span name, struct span data)
{
	static const struct span keys[] = {
		{ (const uint8_t *)"\"details\"", 9 },
		{ (const uint8_t *)"\"meta_info\"", 11 },
		{ (const uint8_t *)"\"error\"", 7 },
	};

	if (span__eq(data, SPAN("[DONE]")))
		return EVENT_LAST;
	if (span__find(data, SPAN("\"stop\":true")))
		return EVENT_READ_LAST;
	return event_has(data, keys, sizeof(keys) / sizeof(keys[0])) ? EVENT_READ : EVENT_SKIP;
}

const struct provider_ops provider_server_generate = {
	.provider = "local",
	.operation = "text_completion",
	.api = "generate",
	.loose = true,
	.path = "*/generate */generate_stream",
	.request = server_request,
	.header = server_header,
	.response = server,
	.judge = judge_server,
	.finish_ends = true,
	.settle = openai_settle,
};

/* An endpoint of Hugging Face is TGI, at its root too: [{"generated_text":"Hi.","details":{...}}]
 */
const struct provider_ops provider_server_root = {
	.provider = "huggingface",
	.operation = "text_completion",
	.api = "generate",
	.at = "huggingface",
	.path = "/",
	.request = server_request,
	.header = server_header,
	.response = server,
	.judge = judge_server,
	.finish_ends = true,
	.settle = openai_settle,
};

/*
 * A container for SageMaker, and SageMaker in front of it, where the path names the endpoint: vLLM
 * and DJL answer as OpenAI's chats do, TGI as above.
 */
static const struct field invocations[] = {
	FIELD_FIRST("id", T_ID),
	FIELD_FIRST("model", T_MODEL),
	FIELD_FIRST("choices[].finish_reason", T_FINISH),
	FIELD_NUMBER("usage.prompt_tokens", N_INPUT),
	FIELD_NUMBER("usage.completion_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.total_tokens", N_TOTAL),
	FIELD_NUMBER("usage.prompt_tokens_details.cached_tokens", N_CACHED),
	FIELD_TEXT("details.finish_reason", T_FINISH),
	FIELD_NUMBER("details.generated_tokens", N_OUTPUT),
	FIELD_NUMBER("details.input_length", N_INPUT),
	FIELD_TEXT("error", T_ERROR),
	FIELD_TEXT("error.type", T_ERROR),
	FIELD_END,
};

const struct provider_ops provider_server_invocations = {
	.provider = "local",
	.operation = "chat",
	.api = "invocations",
	.loose = true,
	.path = "/invocations */endpoints/*/invocations",
	.model_after = "/endpoints/",
	.request = server_request,
	.header = server_header,
	.response = invocations,
	.judge = openai_judge_chat,
	.finish_ends = true,
	.settle = openai_settle,
};

const struct provider_ops provider_server_completion = {
	.provider = "local",
	.operation = "text_completion",
	.api = "completion",
	.loose = true,
	.path = "*/completion */infill",
	.request = server_request,
	.header = server_header,
	.response = server,
	.judge = judge_server,
	.settle = openai_settle,
};
