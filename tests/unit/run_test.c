// SPDX-License-Identifier: BSD-2-Clause
/* Runs, from the bytes of requests and answers: which call follows which, and how that is known. */
#include "run_fixture.h"

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

/* ---- how often ------------------------------------------------------------------------------- */

static char counts[512]; /* "same.repeats " of each call */

static void on_counts(void *ctx, const struct entry *e)
{
	snprintf(counts + strlen(counts), sizeof(counts) - strlen(counts), "%u.%u ", e->link->same,
		 e->link->repeats);
}

static void open_counts(struct fixture *f)
{
	struct pipeline_opts o = { .emit = on_counts, .ctx = f };

	*f = (struct fixture){ .prices = price_list__builtin(), .tgid = 7 };
	o.prices = f->prices;
	f->p = pipeline__new(&o);
	f->w = malloc(sizeof(*f->w) + WIRE_CHUNK_MAX);
	counts[0] = '\0';
}

TEST(the_same_request_in_a_row)
{
	static const char *const asked = "{" TOOLS ",\"model\":\"gpt-4o\",\"messages\":[" USER(
					 "What is it?") "]}",
				 *const other =
					 "{" TOOLS ",\"model\":\"gpt-4o\",\"messages\":[" USER(
						 "Or that?") "]}";
	struct fixture f;

	open_counts(&f);
	chat(&f, asked, SAYS("it"));
	chat(&f, asked, SAYS("it"));
	chat(&f, other, SAYS("that"));
	chat(&f, asked, SAYS("it"));
	f.ts += 21000000000ull; /* another occasion */
	chat(&f, asked, SAYS("it"));
	f.tgid = 8; /* another process */
	chat(&f, asked, SAYS("it"));
	close_pipeline(&f);
	ASSERT_STR(counts, "1.0 2.0 1.0 3.0 1.0 1.0 ");
}

TEST(the_same_tools_in_a_row)
{
	static const char *const answers[] = {
		CALLS("c1", "{\\\"a\\\":1}"), CALLS("c2", "{\\\"a\\\":1}"),
		CALLS("c3", "{\\\"a\\\":2}"), CALLS("c4", "{\\\"a\\\":1}"),
		CALLS("c5", "{\\\"a\\\":2}"), CALLS("c6", "{\\\"a\\\":1}")
	};
	char body[8192] = "{" TOOLS ",\"model\":\"gpt-4o\",\"messages\":[" USER("Go on, please");
	struct fixture f;
	char id[16];

	open_counts(&f);
	for (int i = 0; i < 6; i++) {
		char whole[9000];

		snprintf(whole, sizeof(whole), "%s]}", body);
		chat(&f, whole, answers[i]);
		snprintf(id, sizeof(id), "c%d", i + 1);
		snprintf(body + strlen(body), sizeof(body) - strlen(body),
			 ",{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"%s\",\"type\":"
			 "\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"{}\"}}]},"
			 "{\"role\":\"tool\",\"tool_call_id\":\"%s\",\"content\":\"%d\"}",
			 id, id, i);
	}
	close_pipeline(&f);
	/* The last two are as those two before them, of which the first was, too. */
	ASSERT_STR(counts, "1.1 1.2 1.1 1.1 1.2 1.2 ");
}

TEST_MAIN()
