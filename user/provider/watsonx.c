// SPDX-License-Identifier: BSD-2-Clause
/*
 * IBM watsonx.ai (https://cloud.ibm.com/apidocs/watsonx-ai): what it has beside a chat, that is
 * OpenAI's. A stream's first event tells the prompt, each what was generated so far:
 *
 *   {"model_id":"ibm/granite-3-8b","results":[{"generated_text":"Hi","generated_token_count":1,
 *    "input_token_count":8,"stop_reason":"not_finished"}]}
 *   {"model_id":"ibm/granite-3-8b","results":[{"generated_text":".","generated_token_count":2,
 *    "input_token_count":0,"stop_reason":"eos_token"}]}
 */
#include "provider/shapes.h"

static const struct field watsonx_request[] = {
	FIELD_TEXT("model_id", T_REQUEST_MODEL),
	FIELD_NUMBER("parameters.max_new_tokens", N_MAX_TOKENS),
	FIELD_END,
};

static const struct field watsonx[] = {
	FIELD_FIRST("model_id", T_MODEL),
	FIELD_TEXT("results[].stop_reason", T_FINISH),
	FIELD_SUM("results[].input_token_count", N_INPUT),
	FIELD_NUMBER("results[].generated_token_count", N_OUTPUT),
	FIELD_NUMBER("input_token_count", N_INPUT), /* of vectors and rankings */
	FIELD_TEXT("errors[].code", T_ERROR),
	FIELD_END,
};

/* The version before the first had its paths the other way round. */
const struct provider_ops provider_watsonx_generate = {
	.provider = "ibm.watsonx.ai",
	.operation = "text_completion",
	.api = "text.generation",
	.path = "*/ml/v*/text/generation */ml/v*/text/generation_stream */ml/v*/generation/text "
		"*/ml/v*/generation/text_stream",
	.request = watsonx_request,
	.response = watsonx,
	.judge = judge_all,
	.body_ends = true,
	.settle = openai_settle,
};

const struct provider_ops provider_watsonx_embed = {
	.provider = "ibm.watsonx.ai",
	.operation = "embeddings",
	.api = "text.embeddings",
	.path = "*/ml/v*/text/embeddings",
	.request = watsonx_request,
	.response = watsonx,
	.judge = judge_all,
	.settle = openai_settle,
};

const struct provider_ops provider_watsonx_rerank = {
	.provider = "ibm.watsonx.ai",
	.operation = "rerank",
	.api = "text.rerank",
	.path = "*/ml/v*/text/rerank",
	.request = watsonx_request,
	.response = watsonx,
	.judge = judge_all,
	.settle = openai_settle,
};
