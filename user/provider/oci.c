// SPDX-License-Identifier: BSD-2-Clause
/*
 * Oracle's generative AI (https://docs.oracle.com/iaas/api/#/EN/generative-ai-inference): one shape
 * for all models, in camel case, and Cohere's requests beside it. Of a stream the events are bare,
 * and the last has the figures, if the caller asked for them (streamOptions.isIncludeUsage).
 *
 *   {"modelId":"meta.llama-3.3-70b-instruct","chatResponse":{"apiFormat":"GENERIC","choices":[{
 *    "finishReason":"stop",...}],"usage":{"promptTokens":38,"completionTokens":5,"totalTokens":43,
 *    "promptTokensDetails":{"cachedTokens":8}}}}
 */
#include "provider/shapes.h"

static const struct field oci_request[] = {
	FIELD_TEXT("servingMode.modelId", T_REQUEST_MODEL),
	FIELD_NUMBER("chatRequest.maxTokens", N_MAX_TOKENS),
	FIELD_NUMBER("chatRequest.maxCompletionTokens", N_MAX_TOKENS),
	FIELD_END,
};

#define CHAT_FIELDS(at)                                                                        \
	FIELD_TEXT(at "finishReason", T_FINISH),                                               \
		FIELD_TEXT(at "choices[].finishReason", T_FINISH),                             \
		FIELD_TEXT(at "serviceTier", T_TIER), FIELD_TEXT(at "errorMessage", T_ERROR),  \
		FIELD_NUMBER(at "usage.promptTokens", N_INPUT),                                \
		FIELD_NUMBER(at "usage.completionTokens", N_OUTPUT),                           \
		FIELD_NUMBER(at "usage.totalTokens", N_TOTAL),                                 \
		FIELD_NUMBER(at "usage.promptTokensDetails.cachedTokens", N_CACHED),           \
		FIELD_NUMBER(at "usage.completionTokensDetails.reasoningTokens", N_REASONING), \
		FIELD_NUMBER(at "usage.completionTokensDetails.rejectedPredictionTokens",      \
			     N_REJECTED)

static const struct field oci_chat[] = {
	FIELD_FIRST("modelId", T_MODEL), FIELD_FIRST("id", T_ID),
	CHAT_FIELDS("chatResponse."),	 CHAT_FIELDS(""),
	FIELD_TEXT("code", T_ERROR),	 FIELD_END,
};

static enum event_worth judge_oci(const struct fields *f, struct span name, struct span data)
{
	static const struct span keys[] = {
		{ (const uint8_t *)"\"usage\"", 7 },
		{ (const uint8_t *)"\"finishReason\"", 14 },
		{ (const uint8_t *)"\"code\"", 6 },
	};

	if (span__eq(data, SPAN("[DONE]")))
		return EVENT_LAST;
	return event_has(data, keys, sizeof(keys) / sizeof(keys[0])) ? EVENT_READ : EVENT_SKIP;
}

const struct provider_ops provider_oci_chat = {
	.provider = "oci",
	.operation = "chat",
	.api = "chat",
	.path = "*/20231130/actions/chat",
	.request = oci_request,
	.response = oci_chat,
	.judge = judge_oci,
	.finish_ends = true,
	.settle = openai_settle,
};

static void settle_embed(const struct fields *f, struct usage *ret_use)
{
	*ret_use = (struct usage){ .reasoning = -1 };
	settle_take(f, N_INPUT, ret_use, USAGE_INPUT);
}

const struct provider_ops provider_oci_embed = {
	.provider = "oci",
	.operation = "embeddings",
	.api = "embedText",
	.path = "*/20231130/actions/embedText",
	.request = oci_request,
	.response = oci_chat,
	.judge = judge_oci,
	.settle = settle_embed,
};
