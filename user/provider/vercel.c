// SPDX-License-Identifier: BSD-2-Clause
/*
 * Vercel's AI Gateway as the AI SDK speaks it, where a model is named by a text: the SDK's own
 * objects, the model in a header (https://ai-sdk.dev/providers/ai-sdk-providers/ai-gateway).
 *
 *   POST /v4/ai/language-model
 *   ai-language-model-id: openai/gpt-5
 *   {"content":[...],"finishReason":{"unified":"stop"},"usage":{"inputTokens":{"total":120,
 *    "noCache":56,"cacheRead":64},"outputTokens":{"total":45,"text":5,"reasoning":40}},
 *    "providerMetadata":{"gateway":{"cost":"0.00052","generationId":"gen_1"}}}
 *
 * A stream has the same in its event "finish". Before its version 3 the SDK had flat figures:
 * "usage":{"inputTokens":120,"outputTokens":45,"reasoningTokens":40,"cachedInputTokens":64}; before
 * its version 2 those of OpenAI. What it costs stands in a text.
 */
#include "provider/shapes.h"

static const struct field asked_by[] = {
	FIELD_TEXT("ai-model-id", T_REQUEST_MODEL),
	FIELD_TEXT("ai-language-model-id", T_REQUEST_MODEL),
	FIELD_END,
};

static const struct field language_request[] = {
	FIELD_NUMBER("maxOutputTokens", N_MAX_TOKENS),
	FIELD_NUMBER("maxTokens", N_MAX_TOKENS),
	FIELD_END,
};

static const struct field language[] = {
	FIELD_FIRST("modelId", T_MODEL),
	FIELD_FIRST("response.modelId", T_MODEL),
	FIELD_FIRST("id", T_ID),
	FIELD_FIRST("response.id", T_ID),
	FIELD_TEXT("providerMetadata.gateway.generationId", T_ID),
	FIELD_TEXT("finishReason", T_FINISH),
	FIELD_TEXT("finishReason.unified", T_FINISH),
	FIELD_NUMBER("usage.inputTokens.total", N_INPUT),
	FIELD_NUMBER("usage.inputTokens.cacheRead", N_CACHED),
	FIELD_NUMBER("usage.inputTokens.cacheWrite", N_CACHE_WRITE),
	FIELD_NUMBER("usage.outputTokens.total", N_OUTPUT),
	FIELD_NUMBER("usage.outputTokens.reasoning", N_REASONING),
	FIELD_NUMBER("usage.inputTokens", N_INPUT),
	FIELD_NUMBER("usage.outputTokens", N_OUTPUT),
	FIELD_NUMBER("usage.cachedInputTokens", N_CACHED),
	FIELD_NUMBER("usage.reasoningTokens", N_REASONING),
	FIELD_NUMBER("usage.prompt_tokens", N_INPUT),
	FIELD_NUMBER("usage.completion_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.tokens", N_INPUT), /* of what is embedded */
	FIELD_MONEY("providerMetadata.gateway.cost", N_COST),
	FIELD_TEXT("error.type", T_ERROR),
	FIELD_TEXT("error.message", T_ERROR),
	FIELD_END,
};

static enum event_worth judge_language(const struct fields *f, struct span name, struct span data)
{
	static const struct span keys[] = {
		{ (const uint8_t *)"\"usage\"", 7 },
		{ (const uint8_t *)"\"modelId\"", 9 },
		{ (const uint8_t *)"\"error\"", 7 },
	};

	if (span__eq(data, SPAN("[DONE]")))
		return EVENT_LAST;
	return event_has(data, keys, sizeof(keys) / sizeof(keys[0])) ? EVENT_READ : EVENT_SKIP;
}

const struct provider_ops provider_vercel_language = {
	.provider = "vercel_ai_gateway",
	.operation = "chat",
	.api = "language-model",
	.path = "*/ai/language-model",
	.request = language_request,
	.asked_by = asked_by,
	.response = language,
	.judge = judge_language,
	.finish_ends = true,
	.settle = openai_settle,
};

const struct provider_ops provider_vercel_embedding = {
	.provider = "vercel_ai_gateway",
	.operation = "embeddings",
	.api = "embedding-model",
	.path = "*/ai/embedding-model",
	.request = language_request,
	.asked_by = asked_by,
	.response = language,
	.judge = judge_language,
	.settle = openai_settle,
};
