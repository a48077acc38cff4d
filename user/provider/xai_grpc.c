// SPDX-License-Identifier: BSD-2-Clause
/*
 * xAI by gRPC, as its own library for Python speaks it (xai-sdk): the numbers are of xai/api/v1 in
 * https://github.com/xai-org/xai-proto. Messages are told with the names that a chat has in
 * OpenAI's API, so that a conversation is one by either.
 *
 *   POST /xai_api.Chat/GetCompletion
 *   request  0a { 0a { 0a "Hi" } 10 01 } 12 "grok-4" 38 200
 *   response 0a "x" 12 { 08 03 1a { 0a "Hello." 10 02 } } 32 "grok-4-0709" 4a { 08 2 10 8 18 50
 *            30 40 }
 *
 * Its figures are those of its chat completions: the input includes what came from a cache, the
 * total has thought beside the output. Each event of a stream tells all of them so far. A number
 * that is zero is not sent.
 */
#include "provider/rpc.h"
#include "provider/shapes.h"

static const char *const roles[] = { "",	 "user", "assistant", "system",
				     "function", "tool", "developer" };
static const char *const reasons[] = { "",     "length",     "max_context",
				       "stop", "tool_calls", "time_limit" };
static const char *const tiers[] = { "", "default", "priority" };

static const struct protobuf_field called[] = { TEXT(1, "name"), TEXT(2, "arguments"), END };
static const struct protobuf_field tool_call[] = { TEXT(1, "id"), ONE(10, "function", called),
						   END };
static const struct protobuf_field image[] = { TEXT(1, "url"), TEXT(3, "file_id"), END };
static const struct protobuf_field file[] = { TEXT(1, "file_id"), BYTES(2, "data"), TEXT(5, "url"),
					      END };
static const struct protobuf_field content[] = { TEXT(1, "text"), ONE(2, "image_url", image),
						 ONE(3, "file", file), END };
static const struct protobuf_field message[] = {
	EACH(1, "content", content),  ENUM(2, "role", roles),  EACH(4, "tool_calls", tool_call),
	TEXT(6, "encrypted_content"), TEXT(7, "tool_call_id"), END
};
static const struct protobuf_field declared[] = { TEXT(1, "name"), TEXT(2, "description"),
						  TEXT(4, "parameters"), END };
static const struct protobuf_field tool[] = { ONE(1, "function", declared), END };
static const struct protobuf_field asked[] = {
	EACH(1, "messages", message),
	TEXT(2, "model"),
	NUMBER(7, "max_tokens"),
	TEXT(16, "user"),
	EACH(17, "tools", tool),
	TEXT(22, "previous_response_id"),
	END,
};

static const struct protobuf_field said[] = { TEXT(1, "content"), ENUM(2, "role", roles),
					      EACH(3, "tool_calls", tool_call),
					      TEXT(4, "reasoning_content"), END };
static const struct protobuf_field output[] = { ENUM(1, "finish_reason", reasons),
						ONE(3, "message", said), END };
static const struct protobuf_field piece[] = { ONE(1, "delta", said),
					       ENUM(3, "finish_reason", reasons), END };
static const struct protobuf_field usage[] = {
	NUMBER(1, "completion_tokens"),	    NUMBER(2, "prompt_tokens"),
	NUMBER(3, "total_tokens"),	    NUMBER(5, "prompt_image_tokens"),
	NUMBER(6, "reasoning_tokens"),	    NUMBER(7, "cached_prompt_text_tokens"),
	BYTES(9, "server_side_tools_used"), /* a list of enums, packed */
	NUMBER(11, "cost_in_usd_ticks"),    END,
};
static const struct protobuf_field answer[] = {
	TEXT(1, "id"),		EACH(2, "choices", output),	 TEXT(6, "model"),
	ONE(9, "usage", usage), ENUM(15, "service_tier", tiers), END
};
static const struct protobuf_field chunk[] = {
	TEXT(1, "id"),		EACH(2, "choices", piece),	 TEXT(4, "model"),
	ONE(6, "usage", usage), ENUM(12, "service_tier", tiers), END
};

#define ANSWER_FIELDS(at)                                                     \
	FIELD_FIRST(at "id", T_ID), FIELD_FIRST(at "model", T_MODEL),         \
		FIELD_TEXT(at "service_tier", T_TIER),                        \
		FIELD_FIRST(at "choices[].finish_reason", T_FINISH),          \
		FIELD_NUMBER(at "usage.prompt_tokens", N_INPUT),              \
		FIELD_NUMBER(at "usage.completion_tokens", N_OUTPUT),         \
		FIELD_NUMBER(at "usage.total_tokens", N_TOTAL),               \
		FIELD_NUMBER(at "usage.reasoning_tokens", N_REASONING),       \
		FIELD_NUMBER(at "usage.cached_prompt_text_tokens", N_CACHED), \
		FIELD_NUMBER(at "usage.prompt_image_tokens", N_IMAGE_IN),     \
		FIELD_NUMBER(at "usage.cost_in_usd_ticks", N_COST_TICKS)

static const struct field answered[] = {
	ANSWER_FIELDS(""),
	ANSWER_FIELDS("response."), /* of what is asked for later */
	FIELD_END,
};

/* What a tool of xAI's found is input of the same call, and was not in the request. */
static void note_tools(struct fields *f, const struct json_value *v)
{
	if (span__ends(v->path, SPAN("usage.server_side_tools_used")) && v->text.n)
		f->refers = f->elsewhere = true;
}

static void settle_xai(const struct fields *f, struct usage *ret_use)
{
	int64_t out = fields__get(f, N_TOTAL) - fields__get(f, N_INPUT);

	openai_settle(f, ret_use);
	if (fields__knows(f, N_TOTAL) && fields__knows(f, N_INPUT) &&
	    !usage__knows(ret_use, USAGE_OUTPUT) && out >= 0)
		usage__set(ret_use, USAGE_OUTPUT, out);
}

const struct provider_ops provider_xai_rpc_chat = {
	.provider = "x_ai",
	.operation = "chat",
	.api = "Chat.GetCompletion",
	.path = "/xai_api.Chat/GetCompletion",
	.request = openai_request,
	.response = answered,
	.rpc_request = asked,
	.rpc_response = answer,
	.note = note_tools,
	.judge = judge_all,
	.body_ends = true,
	.settle = settle_xai,
	.tool_sign = { SPAN_OF("\"tool_calls\"") },
};

const struct provider_ops provider_xai_rpc_stream = {
	.provider = "x_ai",
	.operation = "chat",
	.api = "Chat.GetCompletionChunk",
	.stream = true,
	.path = "/xai_api.Chat/GetCompletionChunk",
	.request = openai_request,
	.response = answered,
	.rpc_request = asked,
	.rpc_response = chunk,
	.note = note_tools,
	.judge = judge_all,
	.body_ends = true,
	.settle = settle_xai,
	.tool_sign = { SPAN_OF("\"tool_calls\"") },
};

/* Asked for later, by the id that StartDeferredCompletion gave; before it is done it is empty. */
static const struct protobuf_field to_poll[] = { END };
static const struct protobuf_field polled[] = { ONE(1, "response", answer), END };

const struct provider_ops provider_xai_rpc_deferred = {
	.provider = "x_ai",
	.operation = "chat",
	.api = "Chat.GetDeferredCompletion",
	.polled = true,
	.path = "/xai_api.Chat/GetDeferredCompletion",
	.request = openai_request,
	.response = answered,
	.rpc_request = to_poll,
	.rpc_response = polled,
	.note = note_tools,
	.judge = judge_all,
	.body_ends = true,
	.settle = settle_xai,
};

static const struct protobuf_field to_draw[] = { TEXT(1, "prompt"), TEXT(2, "model"), END };
static const struct protobuf_field picture[] = { BYTES(1, "b64_json"), TEXT(3, "url"), END };
static const struct protobuf_field drawn[] = { EACH(1, "data", picture), TEXT(2, "model"),
					       ONE(3, "usage", usage), END };

/* Pictures are sold by the piece. */
static void note_picture(struct fields *f, const struct json_value *v)
{
	if (v->kind == JSON_STRING && v->text.n && span__starts(v->path, SPAN("data[].")))
		fields__set(f, N_IMAGES, fields__get(f, N_IMAGES) + 1);
}

const struct provider_ops provider_xai_rpc_image = {
	.provider = "x_ai",
	.operation = "image_generation",
	.api = "Image.GenerateImage",
	.path = "/xai_api.Image/GenerateImage",
	.request = openai_request,
	.response = answered,
	.rpc_request = to_draw,
	.rpc_response = drawn,
	.note = note_picture,
	.judge = judge_all,
	.body_ends = true,
	.settle = settle_pictures,
};

/* A video is asked for by the id that GenerateVideo gave, and told when it is done. */
static const struct protobuf_field to_watch[] = { TEXT(1, "request_id"), END };
static const struct protobuf_field film[] = { NUMBER(4, "duration"), END };
static const struct protobuf_field filmed[] = { ONE(1, "video", film), TEXT(2, "model"),
						ONE(3, "usage", usage), END };
static const struct protobuf_field watched[] = { ONE(2, "response", filmed), END };

static const struct field film_request[] = {
	FIELD_TEXT("request_id", T_ID),
	FIELD_END,
};

static const struct field film_answered[] = {
	FIELD_TEXT("response.model", T_MODEL),
	FIELD_MILLI("response.video.duration", N_VIDEO_MS),
	FIELD_NUMBER("response.usage.cost_in_usd_ticks", N_COST_TICKS),
	FIELD_END,
};

static void settle_film(const struct fields *f, struct usage *ret_use)
{
	*ret_use = (struct usage){ .reasoning = -1 };
	settle_take(f, N_VIDEO_MS, ret_use, USAGE_VIDEO_MS);
}

const struct provider_ops provider_xai_rpc_video = {
	.provider = "x_ai",
	.operation = "video_generation",
	.api = "Video.GetDeferredVideo",
	.polled = true,
	.path = "/xai_api.Video/GetDeferredVideo",
	.request = film_request,
	.response = film_answered,
	.rpc_request = to_watch,
	.rpc_response = watched,
	.judge = judge_all,
	.body_ends = true,
	.settle = settle_film,
};
