// SPDX-License-Identifier: BSD-2-Clause
/* Runs, from the bytes of requests and answers: which call follows which, and how that is known. */
#include "pipeline.h"
#include "price/price.h"
#include "test.h"

#define CALLS_MAX 16

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
static const char *number_of(const struct fixture *f, const char *id, size_t len, char *dst)
{
	strcpy(dst, "-");
	for (size_t i = 0; i < f->count && *id; i++)
		if (!strncmp(f->ids[i], id, len))
			sprintf(dst, "%zu", i + 1);
	return dst;
}

static void on_entry(void *ctx, const struct entry *e)
{
	static const char *const hows[] = { "root",  "explicit", "tool_call", "messages",
					    "again", "subagent", "trace",     "process" };
	const struct run_link *l = e->link;
	struct fixture *f = ctx;
	char follows[8], run[8], parent[8];

	if (f->count == CALLS_MAX)
		return;
	strcpy(f->ids[f->count++], e->id);
	f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, "%s<%s %s %u.%u(%s)\n",
				 number_of(f, l->run, 16, run),
				 number_of(f, l->parent_call, 32, follows), hows[l->how], l->depth,
				 l->step, number_of(f, l->parent_run, 16, parent));
}

static void open_pipeline(struct fixture *f)
{
	struct pipeline_opts o = { .emit = on_entry, .ctx = f };

	*f = (struct fixture){ .prices = price_list__builtin(), .tgid = 7 };
	o.prices = f->prices;
	f->p = pipeline__new(&o);
	f->w = malloc(sizeof(*f->w) + WIRE_CHUNK_MAX);
}

static void close_pipeline(struct fixture *f)
{
	pipeline__finish(f->p, ++f->ts);
	pipeline__free(f->p);
	price_list__free(f->prices);
	free(f->w);
}

static void bytes(struct fixture *f, uint8_t dir, const char *text, uint64_t *off)
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

static void ask(struct fixture *f, const char *path, const char *headers, const char *body,
		uint64_t off[2])
{
	char head[8192];

	f->conn++;
	snprintf(head, sizeof(head),
		 "POST %s HTTP/1.1\r\nHost: api.example\r\n%sContent-Length: %zu\r\n\r\n%s", path,
		 headers, strlen(body), body);
	bytes(f, WIRE_OUT, head, &off[WIRE_OUT]);
}

static void answer(struct fixture *f, const char *status, const char *type, const char *body,
		   uint64_t off[2])
{
	char head[8192];

	snprintf(head, sizeof(head),
		 "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", status, type,
		 strlen(body), body);
	bytes(f, WIRE_IN, head, &off[WIRE_IN]);
}

static void call(struct fixture *f, const char *path, const char *headers, const char *body,
		 const char *said)
{
	uint64_t off[2] = { 0, 0 };

	ask(f, path, headers, body, off);
	answer(f, "200 OK", *said == '{' ? "application/json" : "text/event-stream", said, off);
}

static void chat(struct fixture *f, const char *body, const char *said)
{
	call(f, "/v1/chat/completions", "", body, said);
}

static void messages(struct fixture *f, const char *body, const char *said)
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

TEST(an_agent_is_one_run)
{
	struct fixture f;

	open_pipeline(&f);
	chat(&f, CHAT(USER("plan")), CALLS("call_1", "{}"));
	chat(&f, CHAT(USER("plan") "," ASSISTANT("call_1") "," RESULT("call_1", "x")),
	     CALLS("call_2", "{}"));
	chat(&f,
	     CHAT(USER("plan") "," ASSISTANT("call_1") "," RESULT("call_1", "x") "," ASSISTANT(
		     "call_2") "," RESULT("call_2", "y")),
	     SAYS("done"));
	CHECK(&f, "1<- root 0.1(-)\n1<1 tool_call 0.2(-)\n1<2 tool_call 0.3(-)\n");
}

TEST(a_chat_without_tools_is_found_by_its_messages)
{
	struct fixture f;

	open_pipeline(&f);
	chat(&f, "{\"model\":\"m\",\"messages\":[" USER("hi") "]}", SAYS("ho"));
	chat(&f,
	     "{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"hi\",\"cache_control\":{}"
	     "}],\"role\":\"user\"},{\"role\":\"assistant\",\"content\":\"ho\"}," USER(
		     "more") "],"
			     "\"model\":\"m\"}",
	     SAYS("he"));
	CHECK(&f, "1<- root 0.1(-)\n1<1 messages 0.2(-)\n");
}

/* The same words in the same process: ids of tool calls tell who is who. */
TEST(two_agents_alike_are_two_runs)
{
	struct fixture f;

	open_pipeline(&f);
	chat(&f, CHAT(USER("plan")), CALLS("call_a", "{}"));
	chat(&f, CHAT(USER("plan")), CALLS("call_b", "{}"));
	chat(&f, CHAT(USER("plan") "," ASSISTANT("call_a") "," RESULT("call_a", "x")), SAYS("1"));
	chat(&f, CHAT(USER("plan") "," ASSISTANT("call_b") "," RESULT("call_b", "x")), SAYS("2"));
	CHECK(&f, "1<- root 0.1(-)\n2<- root 0.1(-)\n1<1 tool_call 0.2(-)\n2<2 tool_call 0.2(-)\n");
}

TEST(another_process_with_the_same_words_is_another)
{
	struct fixture f;

	open_pipeline(&f);
	chat(&f, CHAT(USER("plan")), CALLS("call_1", "{}"));
	f.tgid = 8;
	chat(&f, CHAT(USER("plan") "," ASSISTANT("call_1") "," RESULT("call_1", "x")), SAYS("1"));
	CHECK(&f, "1<- root 0.1(-)\n2<- root 0.1(-)\n");
}

#define ORDER "Look through all of the sources and tell what is slow"

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

TEST(a_sub_agent_is_a_run_below)
{
	struct fixture f;

	open_pipeline(&f);
	messages(&f, CLAUDE(BLOCKS("Make it faster")), claude_calls_agents);
	messages(&f, CLAUDE(BLOCKS(ORDER)), claude_says);
	messages(&f, CLAUDE(BLOCKS("Make it faster") "," TASK "," FOUND), claude_says);
	CHECK(&f, "1<- root 0.1(-)\n2<1 subagent 1.1(1)\n1<1 tool_call 0.2(-)\n");
}

TEST(a_shortened_context_goes_on)
{
	struct fixture f;

	open_pipeline(&f);
	messages(&f, CLAUDE(BLOCKS("a") "," BLOCKS("b") "," BLOCKS("c") "," BLOCKS("d")),
		 claude_says);
	messages(&f, CLAUDE(BLOCKS("This session goes on from one that was too long")),
		 claude_says);
	CHECK(&f, "1<- root 0.1(-)\n1<1 process 0.2(-)\n");
}

#define RESPONSE(id)                                                                     \
	"{\"id\":\"" id "\",\"object\":\"response\",\"status\":\"completed\",\"model\":" \
	"\"gpt-4o\",\"output\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":3,"    \
	"\"total_tokens\":12}}"

TEST(a_response_that_is_named_is_followed)
{
	struct fixture f;

	open_pipeline(&f);
	call(&f, "/v1/responses", "", "{\"model\":\"gpt-4o\",\"input\":\"hi\"}",
	     RESPONSE("resp_1"));
	call(&f, "/v1/responses", "",
	     "{\"model\":\"gpt-4o\",\"input\":\"more\",\"previous_response_id\":\"resp_1\"}",
	     RESPONSE("resp_2"));
	CHECK(&f, "1<- root 0.1(-)\n1<1 explicit 0.2(-)\n");
}

TEST(a_retry_is_beside_its_first_try)
{
	struct fixture f;
	uint64_t off[2] = { 0, 0 };

	open_pipeline(&f);
	ask(&f, "/v1/chat/completions", "", CHAT(USER("plan")), off);
	answer(&f, "429 Too Many Requests", "application/json", "{\"error\":{}}", off);
	chat(&f, CHAT(USER("plan")), SAYS("x"));
	/* A person who asks the same again is no retry. */
	chat(&f, CHAT(USER("plan")), SAYS("x"));
	CHECK(&f, "1<- root 0.1(-)\n1<- again 0.1(-)\n3<- root 0.1(-)\n");
}

TEST(a_trace_is_a_run)
{
	static const char trace[] =
		"traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
	struct fixture f;

	open_pipeline(&f);
	call(&f, "/v1/chat/completions", trace, CHAT(USER("first")), SAYS("x"));
	call(&f, "/v1/chat/completions", trace, CHAT(USER("something else")), SAYS("y"));
	call(&f, "/v1/chat/completions", "traceparent: 00-short-01\r\n", CHAT(USER("third")),
	     SAYS("z"));
	CHECK(&f, "1<- root 0.1(-)\n1<1 trace 0.2(-)\n3<- root 0.1(-)\n");
}

/* More messages than hashes are kept of, and an agent that was not seen before. */
TEST(long_conversations_are_bounded)
{
	char list[8000] = "", body[8192];
	struct fixture f;
	size_t n = 0;

	open_pipeline(&f);
	for (int i = 0; i < 120; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s" USER("%d"), i ? "," : "", i);
	snprintf(body, sizeof(body), "{\"model\":\"m\",\"messages\":[%s]}", list);
	chat(&f, body, SAYS("x"));
	snprintf(body, sizeof(body), "{\"model\":\"m\",\"messages\":[%s," USER("more") "]}", list);
	chat(&f, body, SAYS("y"));
	CHECK(&f, "1<- root 0.1(-)\n1<1 messages 0.2(-)\n");
}

TEST_MAIN()
