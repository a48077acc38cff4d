// SPDX-License-Identifier: BSD-2-Clause
/*
 * Alibaba's DashScope in its own shape
 * (https://help.aliyun.com/zh/model-studio/developer-reference) at
 * /api/v1/services/aigc/text-generation/generation. Each event of a stream has figures, the last
 * ones stand; no event says that it is the last, but a reason to finish.
 *
 *   {"output":{"choices":[{"finish_reason":"stop","message":{...}}]},"request_id":"x","usage":
 *    {"input_tokens":22,"output_tokens":17,"total_tokens":39,
 *     "prompt_tokens_details":{"cached_tokens":0}}}
 */
#include "provider/shapes.h"

static const struct field dashscope_request[] = {
	FIELD_TEXT("model", T_REQUEST_MODEL),
	FIELD_NUMBER("parameters.max_tokens", N_MAX_TOKENS),
	FIELD_END,
};

static const struct field dashscope[] = {
	FIELD_FIRST("request_id", T_ID),
	FIELD_TEXT("code", T_ERROR),
	FIELD_TEXT("output.finish_reason", T_FINISH),
	FIELD_TEXT("output.choices[].finish_reason", T_FINISH),
	FIELD_NUMBER("usage.input_tokens", N_INPUT),
	FIELD_NUMBER("usage.output_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.prompt_tokens_details.cached_tokens", N_CACHED),
	FIELD_NUMBER("usage.prompt_tokens_details.cache_creation_input_tokens", N_CACHE_WRITE),
	FIELD_NUMBER("usage.output_tokens_details.reasoning_tokens", N_REASONING),
	FIELD_END,
};

const struct provider_ops provider_dashscope_generation = {
	.provider = "alibaba_cloud",
	.operation = "chat",
	.api = "generation",
	.path = "*/services/aigc/text-generation/generation "
		"*/services/aigc/multimodal-generation/generation",
	.request = dashscope_request,
	.response = dashscope,
	.judge = judge_all,
	.finish_ends = true,
	.settle = openai_settle,
};

/* {"output":{"embeddings":[...]},"usage":{"total_tokens":12}} */
static const struct field dashscope_embed[] = {
	FIELD_FIRST("request_id", T_ID),
	FIELD_TEXT("code", T_ERROR),
	FIELD_NUMBER("usage.total_tokens", N_INPUT),
	FIELD_END,
};

const struct provider_ops provider_dashscope_embed = {
	.provider = "alibaba_cloud",
	.operation = "embeddings",
	.api = "text-embedding",
	.path = "*/services/embeddings/text-embedding/text-embedding",
	.request = dashscope_request,
	.response = dashscope_embed,
	.judge = judge_all,
	.settle = openai_settle,
};
