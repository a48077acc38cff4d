/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of agents as bytes, and what is told of their runs: a line for each call. */
#ifndef WT_TESTS_RUN_FIXTURE_H
#define WT_TESTS_RUN_FIXTURE_H

#include "pipeline.h"
#include "price/price.h"
#include "test.h"

#define CALLS_MAX 32

struct fixture {
	struct price_list *prices;
	struct pipeline *p;
	struct wire *w;
	uint64_t ts, conn;
	uint32_t tgid;
	char ids[CALLS_MAX][33];
	char runs[CALLS_MAX][17];
	size_t count;
	char told[2048]; /* "2<1 tool_call step 2, " */
	size_t n;
};

/* "3" for the third call's id or run; "-" for none. */
static inline const char *number_of(const struct fixture *f, const char *id, size_t len, char *dst)
{
	strcpy(dst, "-");
	for (size_t i = 0; i < f->count && *id; i++)
		if (!strncmp(f->ids[i], id, len))
			sprintf(dst, "%u", (unsigned int)(i + 1) % 100);
	return dst;
}

static inline void on_entry(void *ctx, const struct entry *e)
{
	const struct run_link *l = e->link;
	struct fixture *f = ctx;
	char follows[8], run[8], parent[8];

	if (f->count == CALLS_MAX)
		return;
	strcpy(f->ids[f->count++], e->id);
	f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, "%s<%s %s %u.%u(%s)\n",
				 number_of(f, l->run, 16, run),
				 number_of(f, l->parent_call, 32, follows), run_how_name(l->how),
				 l->depth, l->step, number_of(f, l->parent_run, 16, parent));
}

static inline void open_pipeline(struct fixture *f)
{
	struct pipeline_opts o = { .emit = on_entry, .ctx = f };

	*f = (struct fixture){ .prices = price_list__builtin(), .tgid = 7 };
	o.prices = f->prices;
	f->p = pipeline__new(&o);
	f->w = malloc(sizeof(*f->w) + WIRE_CHUNK_MAX);
}

static inline void close_pipeline(struct fixture *f)
{
	pipeline__finish(f->p, ++f->ts);
	pipeline__free(f->p);
	price_list__free(f->prices);
	free(f->w);
}

static inline void bytes(struct fixture *f, uint8_t dir, const char *text, uint64_t *off)
{
	size_t n = strlen(text);

	*f->w = (struct wire){ .kind = WIRE_DATA,
			       .conn = f->conn,
			       .ts = ++f->ts,
			       .tgid = f->tgid,
			       .start_ns = f->tgid,
			       .dir = dir,
			       .off = *off,
			       .len = (uint32_t)n,
			       .call_len = (uint32_t)n,
			       .flags = WIRE_CALL_FIRST | WIRE_CALL_LAST };
	memcpy(f->w->data, text, n);
	*off += n;
	pipeline__feed(f->p, f->w);
}

static inline void ask(struct fixture *f, const char *path, const char *headers, const char *body,
		       uint64_t off[2])
{
	char head[16384];

	f->conn++;
	snprintf(head, sizeof(head),
		 "POST %s HTTP/1.1\r\nHost: api.example\r\n%sContent-Length: %zu\r\n\r\n%s", path,
		 headers, strlen(body), body);
	bytes(f, WIRE_OUT, head, &off[WIRE_OUT]);
}

static inline void answer(struct fixture *f, const char *status, const char *type, const char *body,
			  uint64_t off[2])
{
	char head[16384];

	snprintf(head, sizeof(head),
		 "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", status, type,
		 strlen(body), body);
	bytes(f, WIRE_IN, head, &off[WIRE_IN]);
}

static inline void call(struct fixture *f, const char *path, const char *headers, const char *body,
			const char *said)
{
	uint64_t off[2] = { 0, 0 };

	ask(f, path, headers, body, off);
	answer(f, "200 OK", *said == '{' ? "application/json" : "text/event-stream", said, off);
}

static inline void chat(struct fixture *f, const char *body, const char *said)
{
	call(f, "/v1/chat/completions", "", body, said);
}

static inline void messages(struct fixture *f, const char *body, const char *said)
{
	call(f, "/v1/messages", "", body, said);
}

#define CHECK(f, want)                                                           \
	do {                                                                     \
		close_pipeline(f);                                               \
		if (strcmp((f)->told, want))                                     \
			TEST_FAIL("it told\n%s, expected\n%s", (f)->told, want); \
	} while (0)

#define TOOLS "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"look\"}}]"
#define USAGE "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"total_tokens\":12}"
#define CALLS(id, args)                                                                \
	"{\"id\":\"chatcmpl-" id "\",\"model\":\"gpt-4o\",\"choices\":[{\"message\":{" \
	"\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"" id "\","  \
	"\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"" args  \
	"\"}}]},\"finish_reason\":\"tool_calls\"}]," USAGE "}"
#define SAYS(text)                                                                \
	"{\"id\":\"c\",\"model\":\"gpt-4o\",\"choices\":[{\"message\":{\"role\":" \
	"\"assistant\",\"content\":\"" text "\"},\"finish_reason\":\"stop\"}]," USAGE "}"

#define USER(text) "{\"role\":\"user\",\"content\":\"" text "\"}"
#define ASSISTANT(id)                                                                       \
	"{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"" id "\",\"type\":\"function\"," \
	"\"function\":{\"name\":\"look\",\"arguments\":\"{}\"}}]}"
#define RESULT(id, text) "{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"" text "\"}"
#define CHAT(list)	 "{\"model\":\"gpt-4o\"," TOOLS ",\"messages\":[" list "]}"

#define ORDER		 "Look through all of the sources and tell what is slow"

static const char claude_calls_agents[] =
	"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\","
	"\"model\":\"claude-sonnet-4-5\",\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n"
	"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
	"\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"Task\",\"input\":"
	"{}}}\n\n"
	"event: content_block_delta\ndata: {\"delta\":{\"type\":\"input_json_delta\","
	"\"partial_json\":\"{\\\"description\\\":\\\"look\\\",\\\"prompt\\\":\\\"Look through all "
	"\"}}\n\n"
	"event: content_block_delta\ndata: {\"delta\":{\"type\":\"input_json_delta\","
	"\"partial_json\":\"of the sources and tell what is slow\\\"}\"}}\n\n"
	"event: message_delta\ndata: {\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":"
	"{\"output_tokens\":20}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

static const char claude_says[] =
	"event: message_start\ndata: {\"message\":{\"id\":\"msg_2\",\"model\":\"claude-sonnet-4-5\""
	",\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n"
	"event: message_delta\ndata: {\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":"
	"{\"output_tokens\":20}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

#define CLAUDE(list)                                                                             \
	"{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":99,\"stream\":true,\"messages\":[" list \
	"],\"system\":[{\"type\":\"text\",\"text\":\"You are an agent\"}],"                      \
	"\"tools\":[{\"name\":\"Task\"}]}"
#define BLOCKS(text) "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"" text "\"}]}"
#define TASK                                                                                      \
	"{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\"" \
	":\"Task\",\"input\":{\"prompt\":\"" ORDER "\"}}]}"
#define FOUND                                                                                    \
	"{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\"," \
	"\"content\":\"nothing\"}]}"

#endif
