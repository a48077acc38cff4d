// SPDX-License-Identifier: BSD-2-Clause
/* Runs of agents, as they are shown. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sink/run_tree.h"
#include "test.h"

#define SECOND 1000000000ll
#define HEADING \
	"STEP MODEL                              IN     MORE  HIT     OUT TOOLS    TOOK          COST\n"

/* The n-th call, a second long. */
static struct ledger_step step(const char *id, const char *run, const char *parent_run,
			       const char *follows, int64_t n)
{
	return (struct ledger_step){ .id = id,
				     .run = run,
				     .parent_run = parent_run,
				     .follows = follows,
				     .link = "tool_call",
				     .model = "gpt-x",
				     .service = "analyst",
				     .result = "ok",
				     .finish = "stop",
				     .step = n,
				     .pid = 7,
				     .input = 100 * n,
				     .cache_read = 50 * (n - 1),
				     .output = 9,
				     .nano_usd = 2000000,
				     .start_ns = n * SECOND,
				     .end_ns = (n + 1) * SECOND };
}

static char *printed(struct run_tree *t, bool singles, size_t *ret_runs)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	*ret_runs = run_tree__print(t, out, singles);
	fclose(out);
	run_tree__free(t);
	return text;
}

#define CHECK(t, singles, want, text)                                       \
	do {                                                                \
		size_t runs;                                                \
		char *got = printed(t, singles, &runs);                     \
		ASSERT_EQ(runs, want);                                      \
		if (strcmp(got, text))                                      \
			TEST_FAIL("it shows\n%s, expected\n%s", got, text); \
		free(got);                                                  \
	} while (0)

TEST(a_sub_agent_stands_below_its_step)
{
	struct run_tree *t = run_tree__new();
	struct ledger_step s = step("a3", "a", "", "a1", 3), sub = step("b1", "b", "a", "a1", 2);

	/* In the order in which they ended: by start they stand. */
	s.link = "rewound";
	s.input = 60;
	s.nano_usd = -1;
	ASSERT_EQ(run_tree__add(t, &s), 0);
	sub.step = sub.depth = 1;
	sub.link = "subagent";
	ASSERT_EQ(run_tree__add(t, &sub), 0);
	s = step("a1", "a", "", "", 1);
	s.tool_calls = 2;
	ASSERT_EQ(run_tree__add(t, &s), 0);
	CHECK(t, false, 1,
	      "run a  analyst[7]  answered after 3.0s: 3 calls, 1 sub-agent, depth 1  $0.004+?\n"
	      "sent 360 tokens: 16% sent before, 41% from a cache; got 27\n" HEADING
	      "1    gpt-x                             100                     9     2    1.0s        $0.002\n"
	      "  sub-agent b: 1 call, 1.0s  $0.002\n"
	      "  1    gpt-x                           200           25%       9          1.0s        $0.002\n"
	      "3    gpt-x                              60      -40 166%       9          1.0s             ?  (rewound)\n");
}

TEST(single_calls_are_shown_when_they_are_asked_for)
{
	struct ledger_step s = step("a1", "a", "", "", 1);
	struct run_tree *t = run_tree__new();

	ASSERT_EQ(run_tree__add(t, &s), 0);
	CHECK(t, false, 0, "");
	t = run_tree__new();
	s.model = "\033[2Jevil";
	s.service = "a\nb";
	s.result = "aborted";
	s.estimated = true;
	ASSERT_EQ(run_tree__add(t, &s), 0);
	CHECK(t, true, 1,
	      "run a  a?b[7]  aborted after 1.0s: 1 call  $0.002\n"
	      "sent 100 tokens: 0% sent before, 0% from a cache; got 9\n" HEADING
	      "1    ?[2Jevil                         ~100                    ~9          1.0s        $0.002  aborted\n");
}

TEST(runs_stand_by_themselves)
{
	const char *ids[] = { "a1", "b1", "a2", "b2" };
	struct run_tree *t = run_tree__new();
	size_t runs;
	char *text;

	for (int i = 0; i < 4; i++) {
		char run[2] = { ids[i][0], 0 }, first[3] = { ids[i][0], '1', 0 };
		struct ledger_step s = step(ids[i], run, "", i > 1 ? first : "", i + 1);

		ASSERT_EQ(run_tree__add(t, &s), 0);
	}
	text = printed(t, false, &runs);
	ASSERT_EQ(runs, 2);
	ASSERT(strstr(text, "run a  ") < strstr(text, "\n\nrun b  "));
	free(text);
}

/* Whoever wrote them: each is shown once, and it ends. */
TEST(runs_that_name_one_another_end)
{
	struct run_tree *t = run_tree__new();
	struct ledger_step s = step("a1", "a", "b", "b1", 1);
	size_t runs;
	char *text;

	ASSERT_EQ(run_tree__add(t, &s), 0);
	s = step("b1", "b", "a", "a1", 2);
	ASSERT_EQ(run_tree__add(t, &s), 0);
	s = step("c1", "c", "c", "c1", 3);
	ASSERT_EQ(run_tree__add(t, &s), 0);
	text = printed(t, true, &runs);
	ASSERT_EQ(runs, 0);
	ASSERT_EQ(strcmp(text, ""), 0);
	free(text);
}

TEST(too_many_steps_are_cut)
{
	struct run_tree *t = run_tree__new();
	char id[16], parent[16] = "";
	json_t *list;
	size_t runs;
	char *text;

	/* each is a sub-agent of the one before */
	for (int i = 0; i < RUN_TREE_STEPS_MAX; i++) {
		struct ledger_step s;

		snprintf(id, sizeof(id), "%d", i);
		s = step(id, id, parent, parent, i + 1);
		ASSERT_EQ(run_tree__add(t, &s), 0);
		strcpy(parent, id);
	}
	ASSERT_EQ(run_tree__add(t, &(struct ledger_step){ .id = "x" }), -EMSGSIZE);
	list = run_tree__json(t);
	ASSERT_EQ(json_array_size(list), RUN_TREE_STEPS_MAX);
	json_decref(list);
	text = printed(t, false, &runs);
	ASSERT_EQ(runs, 1);
	ASSERT(strstr(text, "64 sub-agents"));
	free(text);
}

TEST(how_a_run_ended)
{
	ASSERT_EQ(strcmp(run_end_name("ok", "end_turn", 0), "answered"), 0);
	ASSERT_EQ(strcmp(run_end_name("ok", "tool_use", 1), "open"), 0);
	ASSERT_EQ(strcmp(run_end_name("ok", "max_tokens", 0), "cut"), 0);
	ASSERT_EQ(strcmp(run_end_name("refused", "", 0), "refused"), 0);
	ASSERT_EQ(strcmp(run_end_name("ok", "", 0), "ok"), 0);
}

TEST_MAIN()
