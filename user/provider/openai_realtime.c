// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenAI's Realtime (https://platform.openai.com/docs/api-reference/realtime), which Azure, xAI and
 * Azure's Voice Live speak too: a WebSocket at /v1/realtime?model=gpt-realtime.
 *
 *   {"type":"response.done","response":{"id":"resp_1","status":"completed","usage":{
 *    "input_tokens":122,"output_tokens":97,"total_tokens":219,
 *    "input_token_details":{"text_tokens":96,"audio_tokens":26,"image_tokens":0,
 *     "cached_tokens":64,"cached_tokens_details":{"text_tokens":64,"audio_tokens":0}},
 *    "output_token_details":{"text_tokens":28,"audio_tokens":69}}}}
 *
 * Each response has its own figures: they are no running sums. Of the input, each kind includes
 * what of it was cached. xAI tells the figures beside the response, and {} in it. What the caller
 * said is written down by another model, whose figures come on their own:
 *
 *   {"type":"conversation.item.input_audio_transcription.completed","item_id":"item_1",
 *    "transcript":"Hello.","usage":{"type":"tokens","input_tokens":26,"output_tokens":9,
 *    "total_tokens":35,"input_token_details":{"text_tokens":0,"audio_tokens":26}}}
 */
#include "provider/shapes.h"

/* GA has the settings of sound in a place of their own; before it they had none. */
#define SESSION_FIELDS                                                          \
	FIELD_TEXT("session.model", T_MODEL),                                   \
		FIELD_TEXT("session.audio.input.transcription.model", T_ASIDE), \
		FIELD_TEXT("session.input_audio_transcription.model", T_ASIDE)

static const struct field realtime_request[] = {
	SESSION_FIELDS,
	FIELD_NUMBER("response.max_output_tokens", N_MAX_TOKENS),
	FIELD_END,
};

/* Qwen's has "input_tokens_details", as OpenAI's other APIs have. */
#define IN_FIELDS(details)                                                                   \
	FIELD_NUMBER(details ".audio_tokens", N_AUDIO_IN),                                   \
		FIELD_NUMBER(details ".image_tokens", N_IMAGE_IN),                           \
		FIELD_NUMBER(details ".cached_tokens", N_CACHED),                            \
		FIELD_NUMBER(details ".cached_tokens_details.audio_tokens", N_AUDIO_CACHED), \
		FIELD_NUMBER(details ".cached_tokens_details.image_tokens", N_IMAGE_CACHED)
#define OUT_FIELDS(details)                                 \
	FIELD_NUMBER(details ".audio_tokens", N_AUDIO_OUT), \
		FIELD_NUMBER(details ".reasoning_tokens", N_REASONING)
#define USAGE_FIELDS(at)                                          \
	FIELD_NUMBER(at "usage.input_tokens", N_INPUT),           \
		FIELD_NUMBER(at "usage.output_tokens", N_OUTPUT), \
		FIELD_NUMBER(at "usage.total_tokens", N_TOTAL),   \
		IN_FIELDS(at "usage.input_token_details"),        \
		IN_FIELDS(at "usage.input_tokens_details"),       \
		OUT_FIELDS(at "usage.output_token_details"),      \
		OUT_FIELDS(at "usage.output_tokens_details")

static const struct field realtime[] = {
	SESSION_FIELDS,
	FIELD_TEXT("response.id", T_ID),
	FIELD_FIRST("item_id", T_ID), /* of what was written down */
	FIELD_TEXT("response.status", T_FINISH),
	FIELD_TEXT("response.status_details.error.type", T_ERROR),
	FIELD_TEXT("response.status_details.error.code", T_CODE),
	FIELD_TEXT("error.type", T_ERROR),
	FIELD_TEXT("error.code", T_CODE),
	USAGE_FIELDS("response."),
	USAGE_FIELDS(""),
	FIELD_MILLI("usage.seconds", N_AUDIO_MS), /* {"type":"duration","seconds":3} */
	FIELD_END,
};

/* What is cached of a kind is no more of that kind: it is a part of what is cached. */
static void part_in(const struct fields *f, enum number part, enum number cached, int64_t *in,
		    struct usage *u, enum usage_class class)
{
	int64_t n = fields__get(f, part), less = fields__get(f, cached);

	n -= less < n ? less : n;
	if (!fields__knows(f, part) || n > *in)
		return;
	*in -= n;
	usage__set(u, class, n);
}

static void settle_realtime(const struct fields *f, struct usage *ret_use)
{
	struct usage u = { .reasoning = -1 };
	int64_t in = fields__get(f, N_INPUT), out = fields__get(f, N_OUTPUT);

	settle_split(f, N_CACHED, &in, &u, USAGE_CACHE_READ);
	u.cached_audio = settle_cached(f, N_AUDIO_CACHED, &u);
	u.cached_image = settle_cached(f, N_IMAGE_CACHED, &u);
	part_in(f, N_AUDIO_IN, N_AUDIO_CACHED, &in, &u, USAGE_AUDIO_IN);
	part_in(f, N_IMAGE_IN, N_IMAGE_CACHED, &in, &u, USAGE_IMAGE_IN);
	settle_split(f, N_AUDIO_OUT, &out, &u, USAGE_AUDIO_OUT);
	if (fields__knows(f, N_REASONING))
		u.reasoning = fields__get(f, N_REASONING);
	if (fields__knows(f, N_INPUT))
		usage__set(&u, USAGE_INPUT, in);
	if (fields__knows(f, N_OUTPUT))
		usage__set(&u, USAGE_OUTPUT, out);
	if (!u.known)
		settle_take(f, N_AUDIO_MS, &u, USAGE_AUDIO_MS);
	*ret_use = u;
}

#define WRITTEN "conversation.item.input_audio_transcription.completed"

static enum event_worth judge_realtime(const struct fields *f, struct span name, struct span data)
{
	static const struct span usage = { (const uint8_t *)"\"usage\"", 7 };
	struct span type = message_type(data);

	if (span__eq(type, SPAN("response.done")))
		return EVENT_READ_LAST;
	if (span__eq(type, SPAN("response.created")))
		return EVENT_READ;
	if (span__eq(type, SPAN("response.output_audio.delta")) ||
	    span__eq(type, SPAN("response.audio.delta")))
		return EVENT_SOUND;
	if (span__starts(type, SPAN("response.")))
		return EVENT_SKIP;
	if (span__eq(type, SPAN("session.created")) || span__eq(type, SPAN("session.updated")) ||
	    span__eq(type, SPAN("transcription_session.updated")))
		return EVENT_TERMS;
	if (span__eq(type, SPAN(WRITTEN)) && event_has(data, &usage, 1))
		return EVENT_ASIDE;
	/* In the middle of a response it is about something else. */
	if (span__eq(type, SPAN("error")) && !f->open)
		return EVENT_READ_LAST;
	return EVENT_IDLE;
}

static enum event_worth ask_realtime(const struct fields *f, struct span message)
{
	struct span type = message_type(message);

	if (span__eq(type, SPAN("response.create")))
		return EVENT_READ_LAST;
	if (span__eq(type, SPAN("session.update")) ||
	    span__eq(type, SPAN("transcription_session.update")))
		return EVENT_TERMS;
	return EVENT_IDLE;
}

/* The caller's words, written down: not asked for by themselves, a call of another model. */
static const struct provider_ops realtime_transcription = {
	.provider = "openai",
	.operation = "transcription",
	.api = "realtime.transcription",
	.request = realtime_request,
	.response = realtime,
	.judge = judge_realtime,
	.settle = settle_realtime,
};

const struct provider_ops provider_openai_realtime = {
	.provider = "openai",
	.operation = "chat",
	.api = "realtime",
	.stream = true,
	.method = "GET",
	.path = "*/realtime",
	.model_query = "model deployment",
	.session = 1 << T_REQUEST_MODEL | 1 << T_MODEL | 1 << T_ASIDE,
	.remembers = true,
	.request = realtime_request,
	.response = realtime,
	.judge = judge_realtime,
	.ask = ask_realtime,
	.aside = &realtime_transcription,
	.settle = settle_realtime,
};
