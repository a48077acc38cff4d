// SPDX-License-Identifier: BSD-2-Clause
/* Runs of agents that shorten their context, start others, work at the same time: as they are seen.
 */
#include "run_fixture.h"

/* Claude Code's summary: what was said before the last step, and after it what that step did. */
TEST(a_summary_is_behind_the_last_step)
{
	struct fixture f;

	open_pipeline(&f);
	chat(&f, CHAT(USER("plan")), CALLS("call_1", "{}"));
	chat(&f, CHAT(USER("plan") "," ASSISTANT("call_1") "," RESULT("call_1", "x")),
	     CALLS("call_2", "{}"));
	chat(&f,
	     CHAT(USER("plan") "," ASSISTANT("call_1") "," RESULT("call_1",
								  "x") "," USER("sum up")),
	     SAYS("so far"));
	chat(&f, CHAT(USER("so far") "," ASSISTANT("call_2") "," RESULT("call_2", "y")), SAYS("1"));
	CHECK(&f, "1<- root 0.1(-)\n1<1 tool_call 0.2(-)\n1<2 rewound 0.3(-)\n"
		  "1<3 rewound 0.4(-)\n");
}

/* Codex keeps the beginning of a context that it makes shorter. */
TEST(a_context_that_begins_anew_is_behind_the_last_step)
{
	struct fixture f;

	open_pipeline(&f);
	chat(&f, CHAT(USER("plan")), CALLS("call_1", "{}"));
	chat(&f, CHAT(USER("plan") "," ASSISTANT("call_1") "," RESULT("call_1", "x")), SAYS("2"));
	chat(&f, CHAT(USER("plan") "," USER("so far")), SAYS("3"));
	CHECK(&f, "1<- root 0.1(-)\n1<1 tool_call 0.2(-)\n1<2 rewound 0.3(-)\n");
}

/* Who began before the other one ended did not come of it. */
TEST(two_at_once_are_beside_one_another)
{
	struct fixture f;
	uint64_t off[2] = { 0, 0 }, conn;

	open_pipeline(&f);
	chat(&f, CHAT(USER("plan")), SAYS("1"));
	ask(&f, "/v1/chat/completions", "", CHAT(USER("plan") "," USER("left")), off);
	conn = f.conn;
	chat(&f, CHAT(USER("plan") "," USER("right")), SAYS("3"));
	f.conn = conn;
	answer(&f, "200 OK", "application/json", SAYS("2"), off);
	CHECK(&f, "1<- root 0.1(-)\n1<1 messages 0.2(-)\n1<1 messages 0.2(-)\n");
}

#define CODEX(list)                                                                         \
	"{\"model\":\"gpt-5-codex\",\"tools\":[{\"type\":\"function\",\"name\":\"look\"}]," \
	"\"input\":[{\"type\":\"message\",\"role\":\"developer\",\"content\":[{\"type\":"   \
	"\"input_text\",\"text\":\"You are an agent\"}]}," list "]}"
#define INPUT(text)                                                                      \
	"{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\"," \
	"\"text\":\"" text "\"}]}"
#define STARTED(id)                                                                    \
	"{\"type\":\"function_call\",\"call_id\":\"" id "\",\"name\":\"spawn_agent\"," \
	"\"arguments\":\"{\\\"message\\\":\\\"" ORDER "\\\"}\"}"
#define GIVEN(id, text) \
	"{\"type\":\"function_call_output\",\"call_id\":\"" id "\",\"output\":\"" text "\"}"
#define ANSWERS(id, item)                                                                \
	"{\"id\":\"" id                                                                  \
	"\",\"object\":\"response\",\"status\":\"completed\",\"model\":\"gpt-5-codex\"," \
	"\"output\":[" item                                                              \
	"],\"usage\":{\"input_tokens\":9,\"output_tokens\":3,\"total_tokens\":12}}"

static void responses(struct fixture *f, const char *headers, const char *body, const char *said)
{
	call(f, "/v1/responses", headers, body, said);
}

/* Codex tells a sub-agent where it is before it tells it what to do. */
TEST(an_order_is_found_behind_other_words)
{
	struct fixture f;

	open_pipeline(&f);
	responses(&f, "", CODEX(INPUT("You are in /tmp/of/this/host") "," INPUT("Make it faster")),
		  ANSWERS("resp_1", STARTED("call_1")));
	responses(&f, "", CODEX(INPUT("You are in /tmp/of/this/host") "," INPUT(ORDER)),
		  ANSWERS("resp_2", ""));
	CHECK(&f, "1<- root 0.1(-)\n2<1 subagent 1.1(1)\n");
}

#define FORK_OFFERS                                                                              \
	"{\"model\":\"gpt-6\",\"input\":[{\"type\":\"additional_tools\",\"role\":\"developer\"," \
	"\"tools\":[{\"type\":\"custom\",\"name\":\"exec\"}]},"
#define TOLD                                                                                      \
	"{\"type\":\"agent_message\",\"author\":\"/root\",\"content\":[{\"type\":\"input_text\"," \
	"\"text\":\"Task\"},{\"type\":\"encrypted_content\",\"encrypted_content\":\"" ORDER       \
	"\"}]}"

/* Codex's sub-agents are given all that was said; what they are told is behind it. */
TEST(a_forked_sub_agent_is_a_run_below)
{
	struct fixture f;

	open_pipeline(&f);
	responses(&f, "", FORK_OFFERS INPUT("Make it faster") "]}",
		  ANSWERS("resp_1", STARTED("call_1")));
	responses(&f, "",
		  FORK_OFFERS INPUT("Make it faster") "," STARTED(
			  "call_1") "," GIVEN("call_1", "aborted") "," TOLD "]}",
		  ANSWERS("resp_2", "{\"type\":\"custom_tool_call\",\"call_id\":\"call_2\"}"));
	responses(&f, "",
		  FORK_OFFERS INPUT("Make it faster") "," STARTED("call_1") "," GIVEN("call_1",
										      "1") "]}",
		  ANSWERS("resp_3", ""));
	responses(&f, "",
		  FORK_OFFERS INPUT("Make it faster") "," STARTED("call_1") "," GIVEN(
			  "call_1", "aborted") "," TOLD "," GIVEN("call_2", "2") "]}",
		  ANSWERS("resp_4", ""));
	CHECK(&f, "1<- root 0.1(-)\n2<1 subagent 1.1(1)\n1<1 tool_call 0.2(-)\n"
		  "2<2 tool_call 1.2(1)\n");
}

/* An agent that passes on what it was told itself is no sub-agent of itself. */
TEST(an_order_passed_on_starts_one_agent)
{
	struct fixture f;

	open_pipeline(&f);
	messages(&f, CLAUDE(BLOCKS(ORDER)), claude_calls_agents);
	messages(&f, CLAUDE(BLOCKS(ORDER) "," TASK "," FOUND), claude_says);
	CHECK(&f, "1<- root 0.1(-)\n1<1 tool_call 0.2(-)\n");
}

/* Two of one process give the same order: the first of them is obeyed first. */
TEST(agents_alike_start_one_each)
{
	struct fixture f;

	open_pipeline(&f);
	messages(&f, CLAUDE(BLOCKS("Make it faster")), claude_calls_agents);
	messages(&f, CLAUDE(BLOCKS("Make it faster")), claude_calls_agents);
	messages(&f, CLAUDE(BLOCKS(ORDER)), claude_says);
	messages(&f, CLAUDE(BLOCKS(ORDER)), claude_says);
	CHECK(&f, "1<- root 0.1(-)\n2<- root 0.1(-)\n3<1 subagent 1.1(1)\n4<2 subagent 1.1(2)\n");
}

#define SESSION(more) "x-claude-code-session-id: 5fb38ca8\r\n" more
#define AGENT_A	      SESSION("x-claude-code-agent-id: aae0\r\n")
#define AGENT_B	      SESSION("x-claude-code-agent-id: bbf1\r\nx-claude-code-parent-agent-id: aae0\r\n")

static void named(struct fixture *f, const char *headers, const char *body)
{
	call(f, "/v1/messages", headers, body, claude_says);
}

/* Nothing that is said ties them, but the client names them. */
TEST(a_thread_that_is_named_is_gone_on_with)
{
	struct fixture f;

	open_pipeline(&f);
	named(&f, SESSION(""), CLAUDE(BLOCKS("Make it faster")));
	named(&f, AGENT_A, CLAUDE(BLOCKS("Look")));
	named(&f, AGENT_B, CLAUDE(BLOCKS("Look here")));
	named(&f, SESSION(""), CLAUDE(BLOCKS("So far so good")));
	named(&f, SESSION(""),
	      "{\"model\":\"claude-haiku-4-5\",\"max_tokens\":9,\"stream\":true,\"messages\":[" BLOCKS(
		      "Which title has it?") "]}");
	named(&f, "x-claude-code-session-id: another\r\n", CLAUDE(BLOCKS("Make it slower")));
	CHECK(&f, "1<- root 0.1(-)\n2<1 thread 1.1(1)\n3<2 thread 2.1(2)\n1<1 thread 0.2(-)\n"
		  "5<4 thread 1.1(1)\n6<- root 0.1(-)\n");
}

/* Two windows of an editor, whose process is one. */
TEST(another_session_is_not_the_shortened_one)
{
	struct fixture f;

	open_pipeline(&f);
	named(&f, SESSION(""), CLAUDE(BLOCKS("a") "," BLOCKS("b") "," BLOCKS("c") "," BLOCKS("d")));
	named(&f, "x-claude-code-session-id: another\r\n", CLAUDE(BLOCKS("something else")));
	CHECK(&f, "1<- root 0.1(-)\n2<- root 0.1(-)\n");
}

TEST_MAIN()
