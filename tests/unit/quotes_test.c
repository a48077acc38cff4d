// SPDX-License-Identifier: BSD-2-Clause
#include "run/quotes.h"
#include "test.h"

#define SECOND 1000000000ull

/* A call of a run, that was answered at that second with runs of words from `first` on. */
static void answered(struct quotes *q, const char *id, const char *run, uint64_t at, uint32_t first,
		     struct run_link *ret_link, const struct conversation *quoting)
{
	struct conversation c = quoting ? *quoting : (struct conversation){ .answer_count = 5 };
	struct exchange x = { .t_request = (at - 1) * SECOND, .t_last_byte = at * SECOND };
	struct call call = { .x = &x, .conversation = &c };
	struct entry e = { .call = &call };

	for (uint32_t i = 0; i < c.answer_count; i++)
		c.answer[i] = first + i;
	snprintf(e.id, sizeof(e.id), "%s", id);
	*ret_link = (struct run_link){ .step = 1 };
	snprintf(ret_link->run, sizeof(ret_link->run), "%s", run);
	quotes__add(q, &e, ret_link);
}

/* Which answer a prompt with these runs of words holds, that was sent at that second. */
static const char *holds(struct quotes *q, const char *run, uint64_t at, const uint32_t *hash,
			 uint32_t count)
{
	static struct run_link link;
	struct exchange x = { .t_request = at * SECOND };
	struct conversation c = { .messages = 1 };

	c.quoted_count = quotes__find(q, &x, hash, count, c.quoted);
	answered(q, "judge", run, at + 1, 0, &link, &c);
	return link.holds;
}

TEST(a_prompt_holds_the_answer_that_it_quotes)
{
	static const uint32_t some[] = { 101, 900, 102, 104 }, few[] = { 101, 900, 102 };
	static const uint32_t both[] = { 101, 102, 103, 201, 202, 203, 204 };
	struct quotes *q = quotes__new();
	struct run_link link;

	answered(q, "first", "a", 10, 101, &link, NULL);
	answered(q, "second", "b", 11, 201, &link, NULL);
	ASSERT_STR(holds(q, "c", 12, some, 4), "first");
	ASSERT_STR(holds(q, "c", 12, few, 3), "");
	/* Of several the one that it has most of; not what its own run said. */
	ASSERT_STR(holds(q, "c", 12, both, 7), "second");
	ASSERT_STR(holds(q, "b", 12, both, 7), "first");
	/* What was not answered when it was sent. */
	ASSERT_STR(holds(q, "c", 9, some, 4), "");
	ASSERT_STR(holds(q, "c", 12, some, 0), "");
	quotes__free(q);
}

/* A prompt of many answers, each with as many runs as are needed, fits. */
TEST(as_many_answers_as_a_prompt_can_hold)
{
	struct conversation_quote quoted[CONVERSATION_QUOTED];
	struct exchange x = { .t_request = 1000 * SECOND };
	uint32_t hash[CONVERSATION_QUOTES];
	struct quotes *q = quotes__new();
	struct run_link link;

	for (uint32_t i = 0; i < CONVERSATION_QUOTES; i++)
		answered(q, "one", "a", 10, 1000 + 10 * i, &link, NULL);
	for (uint32_t i = 0; i < CONVERSATION_QUOTES; i++)
		hash[i] = 1000 + 10 * (i / 3) + i % 3;
	ASSERT_EQ(quotes__find(q, &x, hash, CONVERSATION_QUOTES, quoted), CONVERSATION_QUOTED);
	for (uint32_t i = 0; i < CONVERSATION_QUOTED; i++)
		ASSERT_EQ(quoted[i].runs, 3);
	quotes__free(q);
}

TEST_MAIN()
