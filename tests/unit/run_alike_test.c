// SPDX-License-Identifier: BSD-2-Clause
/* Agents that say the same at the same time: only when each was told something tells who is whose.
 */
#include "run_fixture.h"

#define ALIKE	 6
#define TASK_FOR "{\\\"task\\\":\\\"" ORDER "\\\"}"

/* A call whose answer is to come: it is answered on its own connection. */
struct asked {
	uint64_t conn, off[2];
};

static struct asked asked(struct fixture *f, const char *body)
{
	struct asked a = { .off = { 0, 0 } };

	ask(f, "/v1/chat/completions", "", body, a.off);
	a.conn = f->conn;
	return a;
}

static void answered(struct fixture *f, struct asked *a, const char *body)
{
	uint64_t conn = f->conn;

	f->conn = a->conn;
	answer(f, "200 OK", "application/json", body, a->off);
	f->conn = conn;
}

/* An answer that starts a sub-agent, by the second of its two tool calls. */
static const char *starts(const char *agent)
{
	static char text[1024];

	snprintf(text, sizeof(text),
		 "{\"id\":\"chatcmpl-%s\",\"model\":\"gpt-4o\",\"choices\":[{\"message\":{\"role\":"
		 "\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"look_%s\",\"type\":"
		 "\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"{}\"}},{\"id\":"
		 "\"call_%s\",\"type\":\"function\",\"function\":{\"name\":\"delegate\","
		 "\"arguments\":\"%s\"}}]},\"finish_reason\":\"tool_calls\"}]," USAGE "}",
		 agent, agent, agent, TASK_FOR);
	return text;
}

static void shuffle(size_t *order, uint32_t *seed)
{
	for (size_t i = 0; i < ALIKE; i++)
		order[i] = i;
	for (size_t i = ALIKE; i > 1; i--) {
		size_t j = (*seed = *seed * 1664525 + 1013904223) / 65536 % i, was = order[j];

		order[j] = order[i - 1];
		order[i - 1] = was;
	}
}

/* Which call the n-th that was told follows, both from 0; -1: none. */
static int followed_by(const struct fixture *f, size_t n)
{
	const char *line = f->told;
	int run, follows;

	for (size_t i = 0; i < n && line; i++)
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL;
	return line && sscanf(line, "%d<%d", &run, &follows) == 2 ? follows - 1 : -1;
}

/*
 * In lockstep: all ask, are told to start one each, in any order, do so in that order, and the
 * sub-agents' answers come in any order.
 */
TEST(each_has_its_own_in_whichever_order_they_end)
{
	for (uint32_t seed = 1; seed <= 200; seed++) {
		size_t told[ALIKE], ended[ALIKE];
		struct asked above[ALIKE], below[ALIKE];
		uint32_t state = seed;
		struct fixture f;

		open_pipeline(&f);
		shuffle(told, &state);
		shuffle(ended, &state);
		for (size_t i = 0; i < ALIKE; i++)
			above[i] = asked(&f, CHAT(USER("plan")));
		for (size_t i = 0; i < ALIKE; i++) {
			char agent[8];

			snprintf(agent, sizeof(agent), "%zu", told[i]);
			answered(&f, &above[told[i]], starts(agent));
		}
		for (size_t i = 0; i < ALIKE; i++)
			below[i] = asked(&f, CHAT(USER(ORDER)));
		for (size_t i = 0; i < ALIKE; i++)
			answered(&f, &below[ended[i]], SAYS("done"));
		close_pipeline(&f);
		/* The i-th that was told is the i-th row; below[i] is its sub-agent. */
		for (size_t i = 0; i < ALIKE; i++)
			if (followed_by(&f, ALIKE + i) != (int)ended[i])
				TEST_FAIL("seed %u: sub-agent %zu follows %d\n%s", seed, ended[i],
					  followed_by(&f, ALIKE + i), f.told);
	}
}

/* Who is told first starts first, also while the other one is not told yet. */
TEST(one_that_waits_is_nobody_elses)
{
	struct asked one, two, below;
	struct fixture f;

	open_pipeline(&f);
	one = asked(&f, CHAT(USER("plan")));
	two = asked(&f, CHAT(USER("plan")));
	answered(&f, &one, starts("1"));
	below = asked(&f, CHAT(USER(ORDER)));
	answered(&f, &two, starts("2"));
	chat(&f, CHAT(USER(ORDER)), SAYS("2"));
	answered(&f, &below, SAYS("1"));
	CHECK(&f, "1<- root 0.1(-)\n2<- root 0.1(-)\n3<2 subagent 1.1(2)\n4<1 subagent 1.1(1)\n");
}

/* One that tells two the same has both, when nobody else does. */
TEST(two_are_told_the_same_by_one)
{
	struct fixture f;

	open_pipeline(&f);
	chat(&f, CHAT(USER("plan")), starts("1"));
	chat(&f, CHAT(USER(ORDER)), SAYS("1"));
	chat(&f, CHAT(USER(ORDER)), SAYS("2"));
	CHECK(&f, "1<- root 0.1(-)\n2<1 subagent 1.1(1)\n3<1 subagent 1.1(1)\n");
}

/* A sub-agent that was refused and asks again is still the one that was started. */
TEST(a_sub_agent_that_asks_again_is_one)
{
	uint64_t off[2] = { 0, 0 };
	struct fixture f;

	open_pipeline(&f);
	chat(&f, CHAT(USER("plan")), starts("1"));
	chat(&f, CHAT(USER("plan")), starts("2"));
	ask(&f, "/v1/chat/completions", "", CHAT(USER(ORDER)), off);
	answer(&f, "429 Too Many Requests", "application/json", "{\"error\":{}}", off);
	chat(&f, CHAT(USER(ORDER)), SAYS("1"));
	chat(&f, CHAT(USER(ORDER)), SAYS("2"));
	CHECK(&f, "1<- root 0.1(-)\n2<- root 0.1(-)\n3<1 subagent 1.1(1)\n3<1 again 1.1(1)\n"
		  "5<2 subagent 1.1(2)\n");
}

TEST_MAIN()
