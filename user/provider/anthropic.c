// SPDX-License-Identifier: BSD-2-Clause
/*
 * Anthropic Messages (https://docs.anthropic.com/en/api/messages).
 *
 *   event: message_start
 *   data: {"type":"message_start","message":{"id":"msg_1","model":"claude-sonnet-4-5-20250929",
 *          "usage":{"input_tokens":25,"cache_read_input_tokens":0,"output_tokens":1}}}
 *   event: message_delta
 *   data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}}
 *
 * Input excludes what was read from or written to a cache. Figures are cumulative, the last of each
 * stands; the split of cache writes by lifetime comes in message_start only, and the output that it
 * tells is what was there when the stream began: no figure for a stream that breaks off.
 */
#include "provider/iterations.h"
#include "provider/shapes.h"

const struct field anthropic_request[] = {
	FIELD_TEXT("model", T_REQUEST_MODEL),
	FIELD_NUMBER("max_tokens", N_MAX_TOKENS),
	FIELD_END,
};

#define USAGE_FIELDS(at, output)                                                             \
	FIELD_NUMBER(at "usage.input_tokens", N_INPUT),                                      \
		FIELD_NUMBER(at "usage.output_tokens", output),                              \
		FIELD_NUMBER(at "usage.cache_read_input_tokens", N_CACHED),                  \
		FIELD_NUMBER(at "usage.cache_creation_input_tokens", N_CACHE_WRITE),         \
		FIELD_NUMBER(at "usage.cache_creation.ephemeral_5m_input_tokens",            \
			     N_CACHE_WRITE_5M),                                              \
		FIELD_NUMBER(at "usage.cache_creation.ephemeral_1h_input_tokens",            \
			     N_CACHE_WRITE_1H),                                              \
		FIELD_NUMBER(at "usage.output_tokens_details.thinking_tokens", N_REASONING), \
		FIELD_NUMBER(at "usage.server_tool_use.web_search_requests", N_SEARCHES),    \
		FIELD_TEXT(at "usage.service_tier", T_TIER),                                 \
		FIELD_TEXT(at "usage.speed", T_SPEED),                                       \
		FIELD_TEXT(at "usage.inference_geo", T_REGION)

/* What it costs, as others who speak it say: OpenRouter and gateways; xAI */
#define COST_FIELDS                                                                         \
	FIELD_MONEY("usage.cost", N_COST),                                                  \
		FIELD_MONEY("usage.cost_details.upstream_inference_cost", N_COST_UPSTREAM), \
		FIELD_NUMBER("usage.is_byok", N_OWN_KEY),                                   \
		FIELD_NUMBER("usage.cost_in_usd_ticks", N_COST_TICKS)

const struct field anthropic_response[] = {
	FIELD_FIRST("id", T_ID),
	FIELD_FIRST("model", T_MODEL),
	FIELD_TEXT("stop_reason", T_FINISH),
	FIELD_TEXT("error.type", T_ERROR),
	USAGE_FIELDS("", N_OUTPUT),
	COST_FIELDS,
	FIELD_END,
};

const struct field anthropic_event[] = {
	FIELD_FIRST("message.id", T_ID),
	FIELD_FIRST("message.model", T_MODEL),
	FIELD_TEXT("delta.stop_reason", T_FINISH),
	FIELD_TEXT("error.type", T_ERROR),
	USAGE_FIELDS("message.", N_OUTPUT_SO_FAR),
	USAGE_FIELDS("", N_OUTPUT),
	COST_FIELDS,
	FIELD_END,
};

static const struct field anthropic_count[] = {
	FIELD_TEXT("error.type", T_ERROR),
	FIELD_NUMBER("input_tokens", N_INPUT),
	FIELD_END,
};

enum event_worth anthropic_judge(const struct fields *f, struct span name, struct span data)
{
	static const struct span types[] = {
		{ (const uint8_t *)"\"message\"", 9 },
		{ (const uint8_t *)"\"usage\"", 7 },
		{ (const uint8_t *)"\"error\"", 7 },
	};

	if (span__eq(name, SPAN("message_stop")))
		return EVENT_LAST;
	if (span__eq(name, SPAN("message_start")) || span__eq(name, SPAN("message_delta")) ||
	    span__eq(name, SPAN("error")))
		return EVENT_READ;
	if (span__eq(name, SPAN("ping")))
		return EVENT_IDLE;
	if (name.n)
		return EVENT_SKIP; /* content_block_* */
	/* A proxy may leave the event's name out. Most events are these: a cheap look first. */
	if (span__starts(data, SPAN("{\"type\":\"content_block_delta\"")))
		return EVENT_SKIP;
	if (span__find(data, SPAN("\"message_stop\"")))
		return EVENT_LAST;
	if (event_has(data, types, sizeof(types) / sizeof(types[0])))
		return EVENT_READ;
	return span__find(data, SPAN("\"ping\"")) ? EVENT_IDLE : EVENT_SKIP;
}

void anthropic_settle(const struct fields *f, struct usage *ret_use)
{
	struct usage u = { .reasoning = -1 };
	int64_t written = fields__get(f, N_CACHE_WRITE), hour = fields__get(f, N_CACHE_WRITE_1H);
	int64_t parts = hour + fields__get(f, N_CACHE_WRITE_5M);

	settle_take(f, N_INPUT, &u, USAGE_INPUT);
	settle_take(f, N_OUTPUT, &u, USAGE_OUTPUT);
	settle_take(f, N_CACHED, &u, USAGE_CACHE_READ);
	if (fields__knows(f, N_CACHE_WRITE) || parts) {
		/*
		 * The sum may grow after the split was told: what it does not cover is 5 m. Without
		 * a split (the object is younger than caching) all is 5 m; without a sum, its parts
		 * are it.
		 */
		if (!fields__knows(f, N_CACHE_WRITE))
			written = parts;
		if (hour > written)
			hour = written;
		usage__set(&u, USAGE_CACHE_WRITE_5M, written - hour);
		if (fields__knows(f, N_CACHE_WRITE_1H))
			usage__set(&u, USAGE_CACHE_WRITE_1H, hour);
	}
	settle_take(f, N_SEARCHES, &u, USAGE_SEARCHES);
	if (fields__knows(f, N_REASONING))
		u.reasoning = fields__get(f, N_REASONING);
	*ret_use = u;
}

const struct provider_ops provider_anthropic_messages = {
	.provider = "anthropic",
	.operation = "chat",
	.api = "messages",
	.path = "*/v1/messages",
	.request = anthropic_request,
	.response = anthropic_response,
	.event = anthropic_event,
	.note = iterations_note,
	.judge = anthropic_judge,
	.figures_end = true,
	.beside = iterations_tell,
	.settle = anthropic_settle,
	.tool_sign = { SPAN_OF("\"content_block\""), SPAN_OF("\"partial_json\"") },
};

const struct provider_ops provider_anthropic_count_tokens = {
	.provider = "anthropic",
	.operation = "count_tokens",
	.api = "messages.count_tokens",
	.free = true,
	.path = "*/v1/messages/count_tokens",
	.request = anthropic_request,
	.response = anthropic_count,
	.judge = anthropic_judge,
	.settle = anthropic_settle,
};

/* On Vertex AI the path names the model: .../publishers/anthropic/models/claude-sonnet-4@20250514
 */
const struct provider_ops provider_anthropic_vertex = {
	.provider = "gcp.vertex_ai",
	.operation = "chat",
	.api = "messages",
	.path = "*/publishers/anthropic/models/*:rawPredict "
		"*/publishers/anthropic/models/*:streamRawPredict",
	.model_after = "/models/",
	.request = anthropic_request,
	.response = anthropic_response,
	.event = anthropic_event,
	.note = iterations_note,
	.judge = anthropic_judge,
	.figures_end = true,
	.beside = iterations_tell,
	.settle = anthropic_settle,
	.tool_sign = { SPAN_OF("\"content_block\""), SPAN_OF("\"partial_json\"") },
};

const struct provider_ops provider_anthropic_vertex_count_tokens = {
	.provider = "gcp.vertex_ai",
	.operation = "count_tokens",
	.api = "messages.count_tokens",
	.free = true,
	.path = "*/publishers/anthropic/models/count-tokens:rawPredict",
	.request = anthropic_request,
	.response = anthropic_count,
	.judge = anthropic_judge,
	.settle = anthropic_settle,
};

/*
 * The results of a batch, a line each. They are one call, of the batch's id; all of one model, as a
 * rule.
 *
 *   {"custom_id":"0","result":{"type":"succeeded","message":{"id":"msg_1","model":"claude-haiku-4-5",
 *    "usage":{"input_tokens":20,"output_tokens":5,"service_tier":"batch"}}}}
 */
#define LINE(name, slot) FIELD_SUM("result.message.usage." name, slot)

static const struct field anthropic_result_line[] = {
	FIELD_FIRST("result.message.model", T_MODEL),
	FIELD_TEXT("result.message.usage.service_tier", T_TIER),
	LINE("input_tokens", N_INPUT),
	LINE("output_tokens", N_OUTPUT),
	LINE("cache_read_input_tokens", N_CACHED),
	LINE("cache_creation_input_tokens", N_CACHE_WRITE),
	LINE("cache_creation.ephemeral_5m_input_tokens", N_CACHE_WRITE_5M),
	LINE("cache_creation.ephemeral_1h_input_tokens", N_CACHE_WRITE_1H),
	LINE("output_tokens_details.thinking_tokens", N_REASONING),
	LINE("server_tool_use.web_search_requests", N_SEARCHES),
	FIELD_TEXT("result.message.usage.inference_geo", T_REGION),
	FIELD_END,
};

const struct provider_ops provider_anthropic_batch_results = {
	.provider = "anthropic",
	.operation = "chat",
	.api = "messages.batches",
	.polled = true,
	.method = "GET",
	.path = "*/v1/messages/batches/*/results",
	.id_after = "/batches/",
	.tier = "batch",
	.request = anthropic_request,
	.response = anthropic_result_line,
	.note = iterations_note_batch,
	.judge = judge_all,
	.body_ends = true,
	.beside = iterations_tell,
	.settle = anthropic_settle,
};

/*
 * What came before messages (https://docs.anthropic.com/en/api/complete) tells no figures: streams
 * of it are estimated.
 *
 *   event: completion
 *   data: {"type":"completion","completion":"
 * Hi","stop_reason":"stop_sequence","model":"claude-2.1"}
 */
static const struct field anthropic_complete_request[] = {
	FIELD_TEXT("model", T_REQUEST_MODEL),
	FIELD_NUMBER("max_tokens_to_sample", N_MAX_TOKENS),
	FIELD_END,
};

static enum event_worth judge_complete(const struct fields *f, struct span name, struct span data)
{
	static const struct span keys[] = {
		{ (const uint8_t *)"\"stop_reason\"", 13 },
		{ (const uint8_t *)"\"error\"", 7 },
	};

	if (span__eq(name, SPAN("ping")))
		return EVENT_IDLE;
	return !fields__told(f, T_MODEL) || event_has(data, keys, 2) ? EVENT_READ : EVENT_SKIP;
}

const struct provider_ops provider_anthropic_complete = {
	.provider = "anthropic",
	.operation = "text_completion",
	.api = "complete",
	.path = "*/v1/complete",
	.request = anthropic_complete_request,
	.response = anthropic_response,
	.judge = judge_complete,
	.finish_ends = true,
	.settle = anthropic_settle,
};
