// SPDX-License-Identifier: BSD-2-Clause
/*
 * Cohere (https://docs.cohere.com/reference/chat). Version 2 streams server-sent events, version 1
 * lines of JSON. Answers name no model.
 *
 *   event: message-end
 *   data: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":
 *          {"input_tokens":7,"output_tokens":109},"tokens":{"input_tokens":69,"output_tokens":110},
 *          "cached_tokens":0}}}
 *   {"is_finished":true,"event_type":"stream-end","response":{"generation_id":"x","meta":
 *    {"billed_units":{...},"tokens":{...}}}}
 *
 * Tokens are what the model read and wrote, billed units what of it is charged.
 */
#include "provider/shapes.h"

static const struct field cohere_request[] = {
	FIELD_TEXT("model", T_REQUEST_MODEL),
	FIELD_NUMBER("max_tokens", N_MAX_TOKENS),
	FIELD_END,
};

#define USAGE_FIELDS(at)                                                     \
	FIELD_NUMBER(at "billed_units.input_tokens", N_BILLED_IN),           \
		FIELD_NUMBER(at "billed_units.output_tokens", N_BILLED_OUT), \
		FIELD_NUMBER(at "billed_units.image_tokens", N_IMAGE_IN),    \
		FIELD_NUMBER(at "tokens.input_tokens", N_INPUT),             \
		FIELD_NUMBER(at "tokens.output_tokens", N_OUTPUT),           \
		FIELD_NUMBER(at "tokens.reasoning_tokens", N_REASONING),     \
		FIELD_NUMBER(at "cached_tokens", N_CACHED)

static const struct field cohere[] = {
	FIELD_FIRST("id", T_ID),
	FIELD_FIRST("generation_id", T_ID),
	FIELD_FIRST("response.generation_id", T_ID),
	FIELD_FIRST("response.id", T_ID),
	FIELD_TEXT("finish_reason", T_FINISH),
	FIELD_TEXT("delta.finish_reason", T_FINISH),
	FIELD_TEXT("generations[].finish_reason", T_FINISH),
	FIELD_TEXT("message", T_ERROR), /* a text only where something went wrong */
	FIELD_TEXT("delta.error", T_ERROR),
	USAGE_FIELDS("usage."),
	USAGE_FIELDS("delta.usage."),
	USAGE_FIELDS("meta."),
	USAGE_FIELDS("response.meta."),
	FIELD_END,
};

static enum event_worth judge_cohere(const struct fields *f, struct span name, struct span data)
{
	if (span__eq(name, SPAN("message-end")) || span__find(data, SPAN("\"message-end\"")) ||
	    span__find(data, SPAN("\"stream-end\"")) ||
	    span__find(data, SPAN("\"is_finished\":true")))
		return EVENT_READ_LAST;
	if (span__eq(data, SPAN("[DONE]")))
		return EVENT_LAST;
	return span__eq(name, SPAN("message-start")) ||
			       span__find(data, SPAN("\"message-start\"")) ||
			       span__find(data, SPAN("\"stream-start\""))
		       ? EVENT_READ
		       : EVENT_SKIP;
}

/* Of what tells no tokens (embeddings, version 1 of old), the billed units are them. */
static void cohere_settle(const struct fields *f, struct usage *ret_use)
{
	struct usage u = { .reasoning = -1 };
	enum number in = fields__knows(f, N_INPUT) ? N_INPUT : N_BILLED_IN;
	int64_t input = fields__get(f, in);

	settle_split(f, N_CACHED, &input, &u, USAGE_CACHE_READ);
	if (fields__knows(f, in))
		usage__set(&u, USAGE_INPUT, input);
	settle_take(f, fields__knows(f, N_OUTPUT) ? N_OUTPUT : N_BILLED_OUT, &u, USAGE_OUTPUT);
	settle_take(f, N_IMAGE_IN, &u, USAGE_IMAGE_IN);
	if (fields__knows(f, N_REASONING))
		u.reasoning = fields__get(f, N_REASONING);
	*ret_use = u;
}

const struct provider_ops provider_cohere_chat = {
	.provider = "cohere",
	.operation = "chat",
	.api = "chat",
	.loose = true,
	.path = "*/v2/chat */v1/chat",
	.request = cohere_request,
	.response = cohere,
	.judge = judge_cohere,
	.settle = cohere_settle,
	.tool_sign = { SPAN_OF("\"tool_calls\"") },
};

const struct provider_ops provider_cohere_generate = {
	.provider = "cohere",
	.operation = "text_completion",
	.api = "generate",
	.loose = true,
	.path = "*/v1/generate",
	.request = cohere_request,
	.response = cohere,
	.judge = judge_cohere,
	.settle = cohere_settle,
};

const struct provider_ops provider_cohere_embed = {
	.provider = "cohere",
	.operation = "embeddings",
	.api = "embed",
	.loose = true,
	.path = "*/v2/embed */v1/embed",
	.request = cohere_request,
	.response = cohere,
	.judge = judge_cohere,
	.settle = cohere_settle,
};

/*
 * Cohere sells rankings by the search, and tells no tokens: "billed_units":{"search_units":1}.
 * Others (Voyage, Jina) sell them by the token: "usage":{"total_tokens":17}
 */
static const struct field rerank[] = {
	FIELD_FIRST("id", T_ID),
	FIELD_FIRST("model", T_MODEL),
	FIELD_TEXT("message", T_ERROR),
	FIELD_NUMBER("usage.total_tokens", N_INPUT),
	FIELD_NUMBER("meta.tokens.input_tokens", N_INPUT),
	FIELD_NUMBER("meta.billed_units.search_units", N_SEARCHES),
	FIELD_MONEY("usage.cost", N_COST),
	FIELD_END,
};

static void settle_rerank(const struct fields *f, struct usage *ret_use)
{
	*ret_use = (struct usage){ .reasoning = -1 };
	settle_take(f, N_INPUT, ret_use, USAGE_INPUT);
	settle_take(f, N_SEARCHES, ret_use, USAGE_SEARCHES);
}

const struct provider_ops provider_cohere_rerank = {
	.provider = "cohere",
	.operation = "rerank",
	.api = "rerank",
	.loose = true,
	.path = "*/rerank */reranking */ranking", /* the last two: NVIDIA's */
	.request = cohere_request,
	.response = rerank,
	.judge = judge_cohere,
	.settle = settle_rerank,
};
