// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenAI's Responses (https://platform.openai.com/docs/api-reference/responses).
 *
 *   event: response.completed
 *   data: {"type":"response.completed","response":{"id":"resp_1","model":"gpt-5-2025-08-07",
 *          "status":"completed","usage":{"input_tokens":15,"output_tokens":9,
 *          "output_tokens_details":{"reasoning_tokens":0}}}}
 *
 * Figures come with the terminal event only. A response may be worked on in the background: then
 * its request is answered at once, and who wants it asks for it by its id until it is complete.
 */
#include "provider/shapes.h"

/*
 * A model that draws, as a tool: its tokens are told apart, and sold by its own price.
 *
 *   "tools":[{"type":"image_generation","model":"gpt-image-1.5",...}],"tool_usage":{"image_gen":{
 *    "input_tokens":1550,"input_tokens_details":{"text_tokens":29,"image_tokens":1521},
 *    "output_tokens":515,"output_tokens_details":{"image_tokens":515,"text_tokens":0}}}
 */
#define DRAWN(at) at "tool_usage.image_gen."
#define DRAWN_FIELDS(at)                                                                       \
	FIELD_TEXT(at "tools[].model", T_ASIDE),                                               \
		FIELD_NUMBER(DRAWN(at) "input_tokens", N_DRAWN_IN),                            \
		FIELD_NUMBER(DRAWN(at) "input_tokens_details.cached_tokens", N_DRAWN_CACHED),  \
		FIELD_NUMBER(DRAWN(at) "input_tokens_details.image_tokens", N_DRAWN_IMAGE_IN), \
		FIELD_NUMBER(DRAWN(at) "output_tokens", N_DRAWN_OUT),                          \
		FIELD_NUMBER(DRAWN(at) "output_tokens_details.text_tokens", N_DRAWN_TEXT_OUT)

/*
 * What was written to a cache for half a day has a price of its own (OpenAI). Perplexity tells
 * caches by Anthropic's names, and what it charges in parts. at: where the response is
 */
#define IN_DETAILS "usage.input_tokens_details."
#define CACHE_FIELDS(at)                                                                  \
	FIELD_NUMBER(at IN_DETAILS "cached_tokens", N_CACHED),                            \
		FIELD_NUMBER(at IN_DETAILS "cache_read_input_tokens", N_CACHED),          \
		FIELD_NUMBER(at IN_DETAILS "cache_write_tokens", N_CACHE_WRITE),          \
		FIELD_NUMBER(at IN_DETAILS "cache_creation_input_tokens", N_CACHE_WRITE), \
		FIELD_NUMBER(at IN_DETAILS "cache_write_tokens_details.ttl_12h_tokens",   \
			     N_CACHE_WRITE_1H)
#define COST_FIELDS(at)                                                                        \
	FIELD_MONEY(at "usage.cost", N_COST), FIELD_MONEY(at "usage.cost.total_cost", N_COST), \
		FIELD_MONEY(at "usage.cost_details.upstream_inference_cost", N_COST_UPSTREAM), \
		FIELD_NUMBER(at "usage.is_byok", N_OWN_KEY),                                   \
		FIELD_NUMBER(at "usage.cost_in_usd_ticks", N_COST_TICKS)

static const struct field openai_response[] = {
	FIELD_FIRST("model", T_MODEL),
	FIELD_FIRST("id", T_ID),
	FIELD_TEXT("service_tier", T_TIER),
	FIELD_TEXT("status", T_FINISH),
	FIELD_NUMBER("background", N_BACKGROUND),
	FIELD_TEXT("error.type", T_ERROR),
	FIELD_TEXT("error.code", T_ERROR),
	FIELD_TEXT("error.code", T_CODE),
	FIELD_NUMBER("usage.input_tokens", N_INPUT),
	FIELD_NUMBER("usage.output_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.total_tokens", N_TOTAL),
	CACHE_FIELDS(""),
	FIELD_NUMBER("usage.output_tokens_details.reasoning_tokens", N_REASONING),
	COST_FIELDS(""),
	DRAWN_FIELDS(""),
	FIELD_TEXT("output[].container_id", T_CONTAINER),
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
	FIELD_NUMBER("response.background", N_BACKGROUND),
	FIELD_TEXT("response.error.code", T_ERROR),
	FIELD_TEXT("code", T_ERROR), /* {"type":"error","code":...} */
	FIELD_TEXT("error.code", T_ERROR),
	FIELD_TEXT("error.type", T_ERROR),
	FIELD_NUMBER("response.usage.input_tokens", N_INPUT),
	FIELD_NUMBER("response.usage.output_tokens", N_OUTPUT),
	FIELD_NUMBER("response.usage.total_tokens", N_TOTAL),
	CACHE_FIELDS("response."),
	FIELD_NUMBER("response.usage.output_tokens_details.reasoning_tokens", N_REASONING),
	COST_FIELDS("response."),
	DRAWN_FIELDS("response."),
	FIELD_TEXT("response.output[].container_id", T_CONTAINER),
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

/*
 * Tools that the provider runs have a fee of their own. A look at a page that a search found is
 * told as one more call of it, and costs nothing.
 *
 *   "output":[{"type":"web_search_call","id":"ws_1","action":{"type":"search","query":"x"}},
 *   {"type":"code_interpreter_call","id":"ci_1","container_id":"cntr_1"},...]
 */
static void note_tools(struct fields *f, const struct json_value *v)
{
	const uint64_t tools =
		NUMBER_BIT(N_SEARCHES) | NUMBER_BIT(N_FILE_SEARCHES) | NUMBER_BIT(N_CONTAINERS);
	struct span path = v->path;

	if (f->anew)
		fields__forget(f, tools); /* an event that has the whole output again */
	f->anew = false;
	if (v->kind != JSON_STRING)
		return;
	if (span__starts(path, SPAN("response.")))
		path = span_of(path.p + 9, path.n - 9);
	if (span__eq(path, SPAN("output[].type"))) {
		if (span__eq(v->text, SPAN("web_search_call")))
			fields__set(f, N_SEARCHES, fields__get(f, N_SEARCHES) + 1);
		if (span__eq(v->text, SPAN("file_search_call")))
			fields__set(f, N_FILE_SEARCHES, fields__get(f, N_FILE_SEARCHES) + 1);
	} else if (span__eq(path, SPAN("output[].action.type"))) {
		if (fields__get(f, N_SEARCHES) && (span__eq(v->text, SPAN("open_page")) ||
						   span__eq(v->text, SPAN("find_in_page"))))
			fields__set(f, N_SEARCHES, fields__get(f, N_SEARCHES) - 1);
	} else if (span__eq(path, SPAN("output[].container_id"))) {
		fields__set(f, N_CONTAINERS, 1); /* all programs of an answer run in one */
	}
}

static void settle_responses(const struct fields *f, struct usage *ret_use)
{
	openai_settle(f, ret_use);
	settle_take(f, N_SEARCHES, ret_use, USAGE_SEARCHES);
	settle_take(f, N_FILE_SEARCHES, ret_use, USAGE_FILE_SEARCHES);
	settle_take(f, N_CONTAINERS, ret_use, USAGE_CONTAINERS);
}

/* The model of a tool that draws, where the request names none, by the API's reference. */
#define DRAWS "gpt-image-1"

/* What is no text of it is pictures. */
static bool drawn(const struct fields *f, struct call *call)
{
	struct call_beside *b = &call->beside[call->beside_count];
	int64_t in = fields__get(f, N_DRAWN_IN), out = fields__get(f, N_DRAWN_OUT);
	int64_t text = fields__get(f, N_DRAWN_TEXT_OUT);

	if (!in && !out)
		return true;
	*b = (struct call_beside){ .type = "image_gen", .use.reasoning = -1 };
	span__copy(fields__told(f, T_ASIDE) ? span_str(fields__text(f, T_ASIDE)) : SPAN(DRAWS),
		   b->model, sizeof(b->model));
	settle_split(f, N_DRAWN_CACHED, &in, &b->use, USAGE_CACHE_READ);
	settle_split(f, N_DRAWN_IMAGE_IN, &in, &b->use, USAGE_IMAGE_IN);
	usage__set(&b->use, USAGE_INPUT, in);
	if (text > out)
		text = 0;
	usage__set(&b->use, USAGE_OUTPUT, text);
	usage__set(&b->use, USAGE_IMAGE_OUT, out - text);
	call->beside_count++;
	return true;
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
	if (!fields__told(f, T_ID) || event_has(data, keys, sizeof(keys) / sizeof(keys[0])))
		return EVENT_READ;
	return EVENT_SKIP;
}

/*
 * The same over a WebSocket, at the same path: the request's body is a message, the events are.
 *
 *   sent      {"type":"response.create","model":"gpt-5","input":[...]}
 *   received  {"type":"response.completed","response":{...}}
 *   received  {"type":"error","status":400,"error":{"type":"invalid_request_error",...}}
 */
static enum event_worth judge_message(const struct fields *f, struct span name, struct span data)
{
	struct span type = message_type(data);

	if (span__eq(type, SPAN("error")))
		return EVENT_READ_LAST;
	/* {"type":"codex.rate_limits",...}: how much of a subscription is used up */
	if (type.n && !span__starts(type, SPAN("response.")))
		return EVENT_IDLE;
	return judge_unnamed_response(f, data);
}

static enum event_worth ask_message(const struct fields *f, struct span message)
{
	return span__eq(message_type(message), SPAN("response.create")) ? EVENT_READ_LAST
									: EVENT_IDLE;
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
 * Who reads a response again pays nothing: only what was made in the background is told to who asks
 * for it first.
 */
static void settle_polled(const struct fields *f, struct usage *ret_use)
{
	if (fields__knows(f, N_BACKGROUND))
		settle_responses(f, ret_use);
	else
		*ret_use = (struct usage){ .reasoning = -1 };
}

const struct provider_ops provider_openai_responses = {
	.provider = "openai",
	.operation = "chat",
	.api = "responses",
	.path = "*/responses",
	.request = openai_request,
	.response = openai_response,
	.event = openai_response_event,
	.note = note_tools,
	.judge = judge_responses,
	.beside = drawn,
	.settle = settle_responses,
	.tool_sign = { SPAN_OF("\"call_id\"") },
};

const struct provider_ops provider_openai_responses_websocket = {
	.provider = "openai",
	.operation = "chat",
	.api = "responses",
	.stream = true,
	.method = "GET",
	.path = "*/responses",
	.session = 1 << T_REQUEST_MODEL,
	.request = openai_request,
	.response = openai_response,
	.event = openai_response_event,
	.note = note_tools,
	.judge = judge_message,
	.ask = ask_message,
	.beside = drawn,
	.settle = settle_responses,
};

/* Makes a long conversation short: {"object":"response.compaction","usage":{...}} */
const struct provider_ops provider_openai_responses_compact = {
	.provider = "openai",
	.operation = "chat",
	.api = "responses.compact",
	.path = "*/responses/compact",
	.request = openai_request,
	.response = openai_response,
	.judge = judge_responses,
	.settle = openai_settle,
};

/* {"object":"response.input_tokens","input_tokens":11}: a figure, but no usage. */
const struct provider_ops provider_openai_responses_count = {
	.provider = "openai",
	.operation = "count_tokens",
	.api = "responses.input_tokens",
	.free = true,
	.path = "*/responses/input_tokens",
	.request = openai_request,
	.response = openai_response,
	.judge = judge_responses,
	.settle = openai_settle,
};

/* GET /v1/responses/resp_1, also as a stream that goes on where the first one broke off. */
const struct provider_ops provider_openai_responses_get = {
	.provider = "openai",
	.operation = "chat",
	.api = "responses",
	.polled = true,
	.method = "GET",
	.path = "*/responses/resp_*",
	.request = openai_request,
	.response = openai_response,
	.event = openai_response_event,
	.note = note_tools,
	.judge = judge_responses,
	.beside = drawn,
	.settle = settle_polled,
};
