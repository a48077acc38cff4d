// SPDX-License-Identifier: BSD-2-Clause
/* The whole row of stages on the wire's bytes: what a call comes out as. */
#include "pipeline.h"
#include "price/price.h"
#include "test.h"

struct fixture {
	struct price_list *prices;
	struct pipeline *p;
	struct wire *w;
	uint64_t off[2];
	char told[4096];
	size_t n;
};

static void number(struct fixture *f, const struct call *c, enum usage_class class,
		   const char *name)
{
	if (usage__knows(&c->use, class))
		f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, " %s=%lld", name,
					 (long long)c->use.n[class]);
}

static void on_entry(void *ctx, const struct entry *e)
{
	static const char *const results[] = {
		"?", "ok", "refused", "error", "aborted", "unknown"
	};
	struct fixture *f = ctx;
	const struct call *c = e->call;

	f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, "%s %s %s/%s", c->provider,
				 c->api, c->requested_model, c->served_model);
	number(f, c, USAGE_INPUT, "in");
	number(f, c, USAGE_CACHE_READ, "read");
	number(f, c, USAGE_CACHE_WRITE_5M, "w5m");
	number(f, c, USAGE_CACHE_WRITE_1H, "w1h");
	number(f, c, USAGE_AUDIO_IN, "audio");
	number(f, c, USAGE_OUTPUT, "out");
	if (c->use.reasoning >= 0)
		f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, " reasoning=%lld",
					 (long long)c->use.reasoning);
	if (e->charge->basis != CHARGE_UNKNOWN)
		f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, " $%lld",
					 (long long)e->charge->total);
	f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, " %s%s\n",
				 results[c->result], c->complete ? "" : " incomplete");
}

static void open_pipeline(struct fixture *f)
{
	struct pipeline_opts o = { .emit = on_entry, .ctx = f };

	*f = (struct fixture){ .prices = price_list__builtin() };
	o.prices = f->prices;
	f->p = pipeline__new(&o);
	f->w = malloc(sizeof(*f->w) + WIRE_CHUNK_MAX);
}

/* The TLS object is freed. */
static void end_connection(struct fixture *f)
{
	struct wire_end end = { .seen = { f->off[0], f->off[1] } };

	*f->w = (struct wire){ .kind = WIRE_END, .conn = 1, .len = sizeof(end) };
	memcpy(f->w->data, &end, sizeof(end));
	pipeline__feed(f->p, f->w);
}

static void close_pipeline(struct fixture *f)
{
	pipeline__finish(f->p, 1);
	pipeline__free(f->p);
	price_list__free(f->prices);
	free(f->w);
}

static void call_bytes(struct fixture *f, uint8_t dir, const char *bytes, size_t n, size_t piece)
{
	for (size_t at = 0; at < n; at += piece) {
		size_t len = n - at < piece ? n - at : piece;

		*f->w = (struct wire){ .kind = WIRE_DATA,
				       .conn = 1,
				       .tgid = 5,
				       .dir = dir,
				       .off = f->off[dir],
				       .len = (uint32_t)len,
				       .flags = at ? 0 : WIRE_CALL_FIRST };
		memcpy(f->w->data, bytes + at, len);
		f->off[dir] += len;
		pipeline__feed(f->p, f->w);
	}
}

static void call(struct fixture *f, uint8_t dir, const char *bytes, size_t piece)
{
	call_bytes(f, dir, bytes, strlen(bytes), piece);
}

#define POST(path, host, body)                                              \
	"POST " path " HTTP/1.1\r\nHost: " host "\r\nConnection: close\r\n" \
	"Transfer-Encoding: chunked\r\n\r\n" body
#define JSON_OK	  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
#define STREAM_OK "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
/* One chunk of less than 256 bytes, its length written by hand in hex, and the last chunk. */
#define BODY(hex, text) hex "\r\n" text "\r\n0\r\n\r\n"
#define ASK_CHAT	BODY("12", "{\"model\":\"gpt-4o\"}")
#define ASK_CLAUDE	BODY("1d", "{\"model\":\"claude-sonnet-4-5\"}")

static const struct {
	const char *name, *out, *in, *told;
} cases[] = {
	{ "chat", POST("/v1/chat/completions", "api.openai.com", ASK_CHAT),
	  JSON_OK
	  "{\"id\":\"chatcmpl-1\",\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"message\":"
	  "{\"content\":\"usage: \\\"prompt_tokens\\\": 9\"},\"finish_reason\":\"stop\"}],"
	  "\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":100,\"total_tokens\":1100,"
	  "\"prompt_tokens_details\":{\"cached_tokens\":600},"
	  "\"completion_tokens_details\":{\"reasoning_tokens\":40}}}",
	  "openai chat.completions gpt-4o/gpt-4o-2024-08-06 in=400 read=600 out=100 reasoning=40"
	  " $2750000 ok\n" },
	{ "chat, streamed", POST("/v1/chat/completions", "api.openai.com", ASK_CHAT),
	  STREAM_OK
	  "data: {\"id\":\"c\",\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"delta\":{},"
	  "\"finish_reason\":null}],\"usage\":null}\n\n"
	  "data: {\"id\":\"c\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],"
	  "\"usage\": null}\n\n"
	  "data: {\"id\":\"c\",\"choices\":[],\"usage\" : {\"prompt_tokens\":10,"
	  "\"completion_tokens\":2,\"total_tokens\":12}}\n\ndata: [DONE]\n\n",
	  "openai chat.completions gpt-4o/gpt-4o-2024-08-06 in=10 out=2 $45000 ok\n" },
	{ "chat, streamed, no usage asked for",
	  POST("/v1/chat/completions", "api.openai.com", ASK_CHAT),
	  STREAM_OK "data: {\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"delta\":{}}]}\n\n"
		    "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
	  "openai chat.completions gpt-4o/gpt-4o-2024-08-06 in=1 ok\n" },
	{ "usage that only looks like it, in a tool's arguments",
	  POST("/v1/chat/completions", "api.openai.com", ASK_CHAT),
	  JSON_OK "{\"model\":\"gpt-4o\",\"choices\":[{\"message\":{\"tool_calls\":[{\"function\":"
		  "{\"arguments\":\"{\\\"usage\\\":{\\\"prompt_tokens\\\":999}}\"}}]}}],"
		  "\"metadata\":{\"usage\":{\"prompt_tokens\":999}},"
		  "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}",
	  "openai chat.completions gpt-4o/gpt-4o in=1 out=1 $12500 ok\n" },
	{ "reasoning beside the output (xAI)",
	  POST("/v1/chat/completions", "api.x.ai", BODY("12", "{\"model\":\"grok-4\"}")),
	  JSON_OK "{\"model\":\"grok-4\",\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,"
		  "\"total_tokens\":35,\"completion_tokens_details\":{\"reasoning_tokens\":20}}}",
	  "x_ai chat.completions grok-4/grok-4 in=10 out=25 reasoning=20 $405000 ok\n" },
	{ "audio", POST("/v1/chat/completions", "api.openai.com", ASK_CHAT),
	  JSON_OK "{\"model\":\"gpt-4o\",\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,"
		  "\"total_tokens\":15,\"prompt_tokens_details\":{\"audio_tokens\":4}}}",
	  "openai chat.completions gpt-4o/gpt-4o in=6 audio=4 out=5 ok\n" },
	{ "azure",
	  POST("/openai/deployments/mine/chat/completions?api-version=1", "x.openai.azure.com",
	       BODY("2", "{}")),
	  JSON_OK "{\"model\":\"gpt-4o-2024-08-06\",\"usage\":{\"prompt_tokens\":10,"
		  "\"completion_tokens\":1,\"total_tokens\":11}}",
	  "azure.ai.openai chat.completions mine/gpt-4o-2024-08-06 in=10 out=1 $35000 ok\n" },
	{ "responses, streamed", POST("/v1/responses", "api.openai.com", ASK_CHAT),
	  STREAM_OK
	  "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\","
	  "\"model\":\"gpt-4o-2024-08-06\",\"usage\":null}}\n\n"
	  "event: response.output_text.delta\ndata: {\"delta\":\"\\\"usage\\\":{}\"}\n\n"
	  "event: response.completed\ndata: {\"response\":{\"id\":\"r\",\"status\":\"completed\","
	  "\"model\":\"gpt-4o-2024-08-06\",\"usage\":{\"input_tokens\":50,\"input_tokens_details\":"
	  "{\"cached_tokens\":0},\"output_tokens\":4,\"output_tokens_details\":"
	  "{\"reasoning_tokens\":0},\"total_tokens\":54}}}\n\n",
	  "openai responses gpt-4o/gpt-4o-2024-08-06 in=50 read=0 out=4 reasoning=0 $165000 ok\n" },
	{ "embeddings",
	  POST("/v1/embeddings", "api.openai.com",
	       BODY("22", "{\"model\":\"text-embedding-3-small\"}")),
	  JSON_OK "{\"model\":\"text-embedding-3-small\",\"data\":[{\"embedding\":[0.1,-2e-3]}],"
		  "\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}",
	  "openai embeddings text-embedding-3-small/text-embedding-3-small in=7 $140 ok\n" },
	{ "messages", POST("/v1/messages", "api.anthropic.com", ASK_CLAUDE),
	  JSON_OK
	  "{\"id\":\"msg_1\",\"model\":\"claude-sonnet-4-5-20250929\",\"stop_reason\":"
	  "\"end_turn\",\"usage\":{\"input_tokens\":100,\"cache_creation_input_tokens\":30,"
	  "\"cache_read_input_tokens\":2000,\"cache_creation\":{\"ephemeral_5m_input_tokens\":"
	  "10,\"ephemeral_1h_input_tokens\":20},\"output_tokens\":10,\"service_tier\":"
	  "\"standard\"}}",
	  "anthropic messages claude-sonnet-4-5/claude-sonnet-4-5-20250929 in=100 read=2000 w5m=10"
	  " w1h=20 out=10 $1207500 ok\n" },
	{ "messages, streamed; the last figure stands, the split is told once",
	  POST("/v1/messages?beta=true", "api.anthropic.com", ASK_CLAUDE),
	  STREAM_OK
	  "event: message_start\ndata: {\"type\": \"message_start\", \"message\": {\"id\":\"m\","
	  "\"model\":\"claude-sonnet-4-5-20250929\",\"usage\":{\"input_tokens\":10,"
	  "\"cache_creation_input_tokens\":8,\"cache_read_input_tokens\":0,\"cache_creation\":"
	  "{\"ephemeral_5m_input_tokens\":3,\"ephemeral_1h_input_tokens\":5},\"output_tokens\":1}}"
	  "        }\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\n"
	  "event: content_block_delta\ndata: {\"delta\":{\"text\":\"message_stop\"}}\n\n"
	  "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
	  "\"end_turn\"},\"usage\":{\"input_tokens\":12,\"output_tokens\":15}}\n\n"
	  "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
	  "anthropic messages claude-sonnet-4-5/claude-sonnet-4-5-20250929 in=12 read=0 w5m=3 w1h=5"
	  " out=15 $302250 ok\n" },
	{ "messages, streamed, names left out by a proxy",
	  POST("/v1/messages", "proxy.example", ASK_CLAUDE),
	  STREAM_OK
	  "data: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-sonnet-4-5-20250929\","
	  "\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n"
	  "data: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":5}}\n\n"
	  "data: {\"type\":\"message_stop\"}\n\n",
	  "anthropic messages claude-sonnet-4-5/claude-sonnet-4-5-20250929 in=10 out=5 $105000 ok\n" },
	{ "an abandoned stream", POST("/v1/messages", "api.anthropic.com", ASK_CLAUDE),
	  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "9f\r\nevent: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":"
	  "\"claude-sonnet-4-5-20250929\",\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n",
	  "anthropic messages claude-sonnet-4-5/claude-sonnet-4-5-20250929 in=10 out=0 $30000 aborted incomplete\n" },
	{ "an error in place of a stream", POST("/v1/messages", "api.anthropic.com", ASK_CLAUDE),
	  STREAM_OK "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"
		    "\"overloaded_error\",\"message\":\"x\"}}\n\n",
	  "anthropic messages claude-sonnet-4-5/ $0 error\n" },
	{ "refused", POST("/v1/messages", "api.anthropic.com", ASK_CLAUDE),
	  "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\n\r\n"
	  "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\"}}",
	  "anthropic messages claude-sonnet-4-5/ $0 refused\n" },
	{ "overloaded", POST("/v1/chat/completions", "api.openai.com", ASK_CHAT),
	  "HTTP/1.1 529 Overloaded\r\nContent-Length: 0\r\n\r\n",
	  "openai chat.completions gpt-4o/ $0 error\n" },
	{ "counting tokens costs nothing",
	  POST("/v1/messages/count_tokens", "api.anthropic.com", ASK_CLAUDE),
	  JSON_OK "{\"input_tokens\":14}",
	  "anthropic messages.count_tokens claude-sonnet-4-5/ in=14 $0 ok\n" },
	{ "somebody else's path", POST("/api/completions", "shop.example", BODY("2", "{}")),
	  JSON_OK "{\"items\":[]}", "" },
	{ "no call", "GET /v1/models HTTP/1.1\r\nHost: api.openai.com\r\n\r\n", JSON_OK "{}", "" },
};

TEST(calls_however_the_bytes_are_cut)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece < 5000; piece = piece * 3 + 1) {
			struct fixture f;

			open_pipeline(&f);
			call(&f, WIRE_OUT, cases[i].out, piece);
			call(&f, WIRE_IN, cases[i].in, piece);
			end_connection(&f);
			close_pipeline(&f);
			if (strcmp(f.told, cases[i].told))
				TEST_FAIL("%s, in pieces of %zu: %s, expected: %s", cases[i].name,
					  piece, f.told, cases[i].told);
		}
}

/* A lost piece anywhere in an answer: a row may be missing figures, but never be called whole. */
TEST(a_gap_never_yields_a_whole_row)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = strlen(cases[i].in),
		       body = (size_t)(strstr(cases[i].in, "\r\n\r\n") + 4 - cases[i].in);

		for (size_t at = body; at + 5 < n; at += 3) {
			struct fixture f;
			char *front = strndup(cases[i].in, at);

			open_pipeline(&f);
			call(&f, WIRE_OUT, cases[i].out, 5000);
			call(&f, WIRE_IN, front, 5000);
			f.off[WIRE_IN] += 5;
			call(&f, WIRE_IN, cases[i].in + at + 5, 5000);
			end_connection(&f);
			close_pipeline(&f);
			free(front);
			if (*f.told && !strstr(f.told, "incomplete"))
				TEST_FAIL("%s, 5 bytes lost at %zu: %s", cases[i].name, at, f.told);
			if (strstr(f.told, "aborted") || strstr(f.told, " out=0 "))
				TEST_FAIL("%s, 5 bytes lost at %zu: nobody saw it break off: %s",
					  cases[i].name, at, f.told);
		}
	}
}

/* A body without a length ends with its connection: one that ends in the middle is not whole. */
TEST(a_body_cut_anywhere_is_incomplete)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = strlen(cases[i].in);

		if (!span__starts(span_str(cases[i].in), SPAN(JSON_OK)) || !*cases[i].told)
			continue;
		for (size_t at = strlen(JSON_OK) + 1; at < n; at++) {
			struct fixture f;
			char *front = strndup(cases[i].in, at);

			open_pipeline(&f);
			call(&f, WIRE_OUT, cases[i].out, 5000);
			call(&f, WIRE_IN, front, 5000);
			end_connection(&f);
			close_pipeline(&f);
			free(front);
			if (*f.told && !strstr(f.told, "aborted incomplete"))
				TEST_FAIL("%s, up to %zu: %s", cases[i].name, at, f.told);
		}
	}
}

TEST(a_lost_tail_is_incomplete)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		struct wire_end end;
		size_t n = strlen(cases[i].in);
		char *front = strndup(cases[i].in, n - 30 < n ? n - 30 : 0);

		if (!strstr(cases[i].in, "200 OK") || !*cases[i].told) {
			free(front);
			continue;
		}
		open_pipeline(&f);
		call(&f, WIRE_OUT, cases[i].out, 5000);
		call(&f, WIRE_IN, front, 5000);
		end = (struct wire_end){ .seen = { f.off[0], n }, .lost = { 0, 30 } };
		*f.w = (struct wire){ .kind = WIRE_END, .conn = 1, .len = sizeof(end) };
		memcpy(f.w->data, &end, sizeof(end));
		pipeline__feed(f.p, f.w);
		close_pipeline(&f);
		free(front);
		if (!strstr(f.told, "incomplete"))
			TEST_FAIL("%s: %s", cases[i].name, f.told);
	}
}

/* The connection goes on: nobody can say that the answer broke off. */
TEST(watching_that_stops_leaves_the_end_unknown)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t n = strlen(cases[i].in), at = 1; at < n; at += 37) {
			char *front = strndup(cases[i].in, at);
			struct fixture f;

			open_pipeline(&f);
			call(&f, WIRE_OUT, cases[i].out, 5000);
			call(&f, WIRE_IN, front, 5000);
			close_pipeline(&f);
			free(front);
			if (strstr(f.told, "aborted"))
				TEST_FAIL("%s, up to %zu: %s", cases[i].name, at, f.told);
		}
}

#define PAIR "tests/golden/pairs/bedrock_converse_stream"

static size_t read_file(const char *path, char *dst, size_t cap)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(dst, 1, cap, f) : 0;

	if (f)
		fclose(f);
	return n;
}

/* Each message of it has checksums: a row of one that was wrong is not whole. */
TEST(no_row_of_a_broken_event_stream_is_complete)
{
	static char req[65536], resp[65536];
	size_t asked = read_file(PAIR ".req", req, sizeof(req));
	size_t n = read_file(PAIR ".resp", resp, sizeof(resp)), body;
	struct fixture f;

	ASSERT(asked && n && n < sizeof(resp));
	body = (size_t)((char *)memmem(resp, n, "\r\n\r\n", 4) + 4 - resp);
	for (size_t at = body - 1; at < n; at += 37) {
		bool whole = at < body;

		/* Behind the last message there is the last chunk alone. */
		if (at + 16 > n)
			break;
		open_pipeline(&f);
		call_bytes(&f, WIRE_OUT, req, asked, 1000);
		resp[at] ^= whole ? 0 : 0x15;
		call_bytes(&f, WIRE_IN, resp, n, 1000);
		resp[at] ^= whole ? 0 : 0x15;
		end_connection(&f);
		close_pipeline(&f);
		if (!f.n || !strstr(f.told, "incomplete") != whole)
			TEST_FAIL("byte %zu of %zu: %s", at, n, f.told);
	}
}

TEST_MAIN()
