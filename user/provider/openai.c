// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenAI's APIs (https://platform.openai.com/docs/api-reference), which most others speak too.
 *
 *   {"id":"chatcmpl-1","model":"gpt-4o-2024-08-06","usage":{"prompt_tokens":19,
 *    "completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":0}}}
 *
 * Input includes what was read from and written to a cache, output includes reasoning.
 */
#include "provider/ops.h"

static const struct field openai_request[] = {
	FIELD_TEXT("model", T_REQUEST_MODEL),
	FIELD_NUMBER("max_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("max_completion_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("max_output_tokens", N_MAX_TOKENS),
	FIELD_END,
};

static const struct field openai_chat[] = {
	FIELD_FIRST("model", T_MODEL),
	FIELD_FIRST("id", T_ID),
	FIELD_TEXT("service_tier", T_TIER),
	FIELD_FIRST("choices[].finish_reason", T_FINISH),
	FIELD_TEXT("error.type", T_ERROR),
	FIELD_TEXT("error.message", T_ERROR),
	FIELD_NUMBER("usage.prompt_tokens", N_INPUT),
	FIELD_NUMBER("usage.completion_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.total_tokens", N_TOTAL),
	FIELD_NUMBER("usage.prompt_tokens_details.cached_tokens", N_CACHED),
	FIELD_NUMBER("usage.prompt_tokens_details.cache_write_tokens", N_CACHE_WRITE),
	FIELD_NUMBER("usage.prompt_tokens_details.audio_tokens", N_AUDIO_IN),
	FIELD_NUMBER("usage.prompt_tokens_details.image_tokens", N_IMAGE_IN),
	FIELD_NUMBER("usage.completion_tokens_details.reasoning_tokens", N_REASONING),
	FIELD_NUMBER("usage.completion_tokens_details.audio_tokens", N_AUDIO_OUT),
	FIELD_NUMBER("usage.completion_tokens_details.rejected_prediction_tokens", N_REJECTED),
	FIELD_END,
};

static const struct field openai_response[] = {
	FIELD_FIRST("model", T_MODEL),
	FIELD_FIRST("id", T_ID),
	FIELD_TEXT("service_tier", T_TIER),
	FIELD_TEXT("status", T_FINISH),
	FIELD_TEXT("error.type", T_ERROR),
	FIELD_TEXT("error.code", T_ERROR),
	FIELD_NUMBER("usage.input_tokens", N_INPUT),
	FIELD_NUMBER("usage.output_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.total_tokens", N_TOTAL),
	FIELD_NUMBER("usage.input_tokens_details.cached_tokens", N_CACHED),
	FIELD_NUMBER("usage.input_tokens_details.cache_write_tokens", N_CACHE_WRITE),
	FIELD_NUMBER("usage.output_tokens_details.reasoning_tokens", N_REASONING),
	/* Azure answers for some models in the shape of chat completions. */
	FIELD_NUMBER("usage.prompt_tokens", N_INPUT),
	FIELD_NUMBER("usage.completion_tokens", N_OUTPUT),
	FIELD_END,
};

/* {"type":"response.completed","response":{...}} */
static const struct field openai_response_event[] = {
	FIELD_FIRST("response.model", T_MODEL),
	FIELD_FIRST("response.id", T_ID),
	FIELD_TEXT("response.service_tier", T_TIER),
	FIELD_TEXT("response.status", T_FINISH),
	FIELD_TEXT("response.error.code", T_ERROR),
	FIELD_TEXT("code", T_ERROR), /* {"type":"error","code":...} */
	FIELD_TEXT("error.code", T_ERROR),
	FIELD_TEXT("error.type", T_ERROR),
	FIELD_NUMBER("response.usage.input_tokens", N_INPUT),
	FIELD_NUMBER("response.usage.output_tokens", N_OUTPUT),
	FIELD_NUMBER("response.usage.total_tokens", N_TOTAL),
	FIELD_NUMBER("response.usage.input_tokens_details.cached_tokens", N_CACHED),
	FIELD_NUMBER("response.usage.input_tokens_details.cache_write_tokens", N_CACHE_WRITE),
	FIELD_NUMBER("response.usage.output_tokens_details.reasoning_tokens", N_REASONING),
	/* Azure streams for some models in the shape of chat completions. */
	FIELD_FIRST("model", T_MODEL),
	FIELD_FIRST("id", T_ID),
	FIELD_FIRST("choices[].finish_reason", T_FINISH),
	FIELD_NUMBER("usage.prompt_tokens", N_INPUT),
	FIELD_NUMBER("usage.completion_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.total_tokens", N_TOTAL),
	FIELD_NUMBER("usage.prompt_tokens_details.cached_tokens", N_CACHED),
	FIELD_NUMBER("usage.completion_tokens_details.reasoning_tokens", N_REASONING),
	FIELD_END,
};

/* /v1/chat/completions, /openai/deployments/NAME/chat/completions, any host's. */
static bool match_chat(const struct head *h)
{
	return span__ends(h->path, SPAN("/chat/completions"));
}

static bool match_responses(const struct head *h)
{
	return span__ends(h->path, SPAN("/responses"));
}

static bool match_completions(const struct head *h)
{
	return span__ends(h->path, SPAN("/completions"));
}

static bool match_embeddings(const struct head *h)
{
	return span__ends(h->path, SPAN("/embeddings"));
}

static enum event_worth judge_chat(const struct fields *f, struct span name, struct span data)
{
	static const struct span keys[] = {
		{ (const uint8_t *)"\"usage\"", 7 },
		{ (const uint8_t *)"\"finish_reason\"", 15 },
		{ (const uint8_t *)"\"error\"", 7 },
	};

	if (span__eq(data, SPAN("[DONE]")))
		return EVENT_LAST;
	if (!f->text[T_MODEL][0] || event_has(data, keys, sizeof(keys) / sizeof(keys[0])))
		return EVENT_READ;
	return EVENT_SKIP;
}

/* Events that a proxy sent without their name: the type within says the same. */
static enum event_worth judge_unnamed_response(const struct fields *f, struct span data)
{
	static const struct span keys[] = {
		{ (const uint8_t *)"\"usage\"", 7 },
		{ (const uint8_t *)"\"error\"", 7 },
	};

	if (span__eq(data, SPAN("[DONE]")))
		return EVENT_LAST;
	/* Most events are pieces of the output: a cheap look first. */
	if (span__starts(data, SPAN("{\"type\":\"response.output_")))
		return EVENT_SKIP;
	if (span__find(data, SPAN("\"response.completed\"")) ||
	    span__find(data, SPAN("\"response.incomplete\"")) ||
	    span__find(data, SPAN("\"response.failed\"")))
		return EVENT_READ_LAST;
	if (!f->text[T_ID][0] || event_has(data, keys, sizeof(keys) / sizeof(keys[0])))
		return EVENT_READ;
	return EVENT_SKIP;
}

static enum event_worth judge_responses(const struct fields *f, struct span name, struct span data)
{
	if (!name.n)
		return judge_unnamed_response(f, data);
	if (span__eq(name, SPAN("response.completed")) ||
	    span__eq(name, SPAN("response.incomplete")) || span__eq(name, SPAN("response.failed")))
		return EVENT_READ_LAST;
	if (span__eq(name, SPAN("response.created")) || span__eq(name, SPAN("error")))
		return EVENT_READ;
	if (span__eq(name, SPAN("response.in_progress")) || span__eq(name, SPAN("response.queued")))
		return EVENT_IDLE;
	return EVENT_SKIP;
}

/*
 * Some who speak this API leave reasoning out of the output (xAI; Gemini's compatible endpoint
 * leaves it out of everything but the total): the total tells.
 */
static int64_t output_with_reasoning(const struct fields *f)
{
	int64_t in = fields__get(f, N_INPUT), out = fields__get(f, N_OUTPUT),
		reasoning = fields__get(f, N_REASONING), total = fields__get(f, N_TOTAL);

	if (reasoning > 0 && total == in + out + reasoning)
		return out + reasoning;
	if (total > in + out && !fields__knows(f, N_REASONING) && fields__knows(f, N_OUTPUT) &&
	    !fields__knows(f, N_AUDIO_IN))
		return total - in;
	return out;
}

/*
 * Takes the part, if it was told, out of the whole and makes it a class. A part larger than its
 * whole is no part of it, and which of the two is wrong can't be known: the class stays unknown and
 * the whole as it is. xAI's models on Azure count a prompt of their own among cached tokens only:
 *
 *   "prompt_tokens":7,"completion_tokens":1,"total_tokens":8,"prompt_tokens_details":
 *   {"cached_tokens":163,...}
 */
static void split(const struct fields *f, enum number part, int64_t *whole, struct usage *u,
		  enum usage_class class)
{
	if (!fields__knows(f, part) || f->number[part] > *whole)
		return;
	*whole -= f->number[part];
	usage__set(u, class, f->number[part]);
}

static void openai_settle(const struct fields *f, struct usage *ret_use)
{
	struct usage u = { .reasoning = -1 };
	int64_t in = fields__get(f, N_INPUT), out = output_with_reasoning(f);

	split(f, N_CACHED, &in, &u, USAGE_CACHE_READ);
	split(f, N_CACHE_WRITE, &in, &u, USAGE_CACHE_WRITE_5M);
	split(f, N_AUDIO_IN, &in, &u, USAGE_AUDIO_IN);
	split(f, N_IMAGE_IN, &in, &u, USAGE_IMAGE_IN);
	split(f, N_AUDIO_OUT, &out, &u, USAGE_AUDIO_OUT);
	if (fields__knows(f, N_REASONING))
		u.reasoning = f->number[N_REASONING];
	if (fields__knows(f, N_INPUT))
		usage__set(&u, USAGE_INPUT, in);
	if (fields__knows(f, N_OUTPUT))
		usage__set(&u, USAGE_OUTPUT, out);
	*ret_use = u;
}

const struct provider_ops provider_openai_chat = {
	.provider = "openai",
	.operation = "chat",
	.api = "chat.completions",
	.match = match_chat,
	.request = openai_request,
	.response = openai_chat,
	.judge = judge_chat,
	.finish_ends = true,
	.settle = openai_settle,
};

const struct provider_ops provider_openai_responses = {
	.provider = "openai",
	.operation = "chat",
	.api = "responses",
	.match = match_responses,
	.request = openai_request,
	.response = openai_response,
	.event = openai_response_event,
	.judge = judge_responses,
	.settle = openai_settle,
};

const struct provider_ops provider_openai_completions = {
	.provider = "openai",
	.operation = "text_completion",
	.api = "completions",
	.match = match_completions,
	.request = openai_request,
	.response = openai_chat,
	.judge = judge_chat,
	.finish_ends = true,
	.settle = openai_settle,
};

const struct provider_ops provider_openai_embeddings = {
	.provider = "openai",
	.operation = "embeddings",
	.api = "embeddings",
	.match = match_embeddings,
	.request = openai_request,
	.response = openai_chat,
	.judge = judge_chat,
	.settle = openai_settle,
};
