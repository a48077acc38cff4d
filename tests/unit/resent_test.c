// SPDX-License-Identifier: BSD-2-Clause
#include "run/resent.h"
#include "test.h"

static struct resent *resent;

/* A call at that second, of so many input tokens. */
static struct run_link sent(const struct conversation *c, const char *model, uint64_t second)
{
	struct exchange x = { .t_request = second * 1000000000 };
	struct call call = { .x = &x,
			     .provider = "anthropic",
			     .conversation = c,
			     .result = CALL_OK,
			     .use.reasoning = -1 };
	struct owner owner = { .known = true };
	struct entry e = { .call = &call, .owner = &owner };
	struct run_link l = { .run = "" };

	usage__set(&call.use, USAGE_INPUT, 3000);
	snprintf(call.served_model, sizeof(call.served_model), "%s", model);
	resent__add(resent, &e, &l);
	return l;
}

TEST(the_longest_beginning_that_was_sent_before_is_told)
{
	struct conversation c = { .messages = 2,
				  .prefix = { 11, 12 },
				  .bytes = { 6000, 9000 },
				  .head = 5,
				  .head_bytes = 3000 };
	struct run_link l;

	resent = resent__new();
	ASSERT_EQ(sent(&c, "m", 10).prefix_tokens, 0);
	l = sent(&c, "m", 70); /* all of it */
	ASSERT(l.prefix != 0);
	ASSERT_EQ(l.prefix_tokens, 3000);
	ASSERT_EQ(l.prefix_age_ns, 60 * 1000000000ll);
	ASSERT_EQ(sent(&c, "other", 80).prefix_tokens, 0); /* a cache is a model's */
	c.prefix[1] = 13; /* another question behind the first message */
	l = sent(&c, "m", 90);
	ASSERT_EQ(l.prefix_tokens, 2250); /* 9,000 of 12,000 bytes */
	ASSERT_EQ(l.prefix_age_ns, 20 * 1000000000ll);
	c.prefix[0] = 21;
	c.prefix[1] = 22; /* tools and system prompt alone */
	ASSERT_EQ(sent(&c, "m", 100).prefix_tokens, 750);
	c.head = 6;
	ASSERT_EQ(sent(&c, "m", 110).prefix_tokens, 0);
	resent__free(resent);
}

TEST(a_long_message_is_known_by_its_beginning)
{
	struct conversation c = { .messages = 1,
				  .prefix = { 1 },
				  .bytes = { 12000 },
				  .mark = { { 100, 4096 }, { 101, 8192 } },
				  .mark_count = 2 };

	resent = resent__new();
	sent(&c, "m", 10);
	c.prefix[0] = 2; /* what is asked at its end differs */
	ASSERT_EQ(sent(&c, "m", 20).prefix_tokens, 3000 * 8192 / 12000);
	c.prefix[0] = 3;
	c.mark[1].hash = 7;
	ASSERT_EQ(sent(&c, "m", 30).prefix_tokens, 3000 * 4096 / 12000);
	/* One that was sent at the same moment can't have been read. */
	ASSERT_EQ(sent(&c, "n", 30).prefix_tokens, 0);
	ASSERT_EQ(sent(&c, "n", 30).prefix_tokens, 0);
	resent__free(resent);
}

TEST_MAIN()
