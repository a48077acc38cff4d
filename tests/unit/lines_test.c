// SPDX-License-Identifier: BSD-2-Clause
/* Lines of a report: by their keys, in their order, bounded, and no sum is lost. */
#include <errno.h>
#include <string.h>

#include "ledger/lines.h"
#include "test.h"

struct told {
	char text[4096];
	size_t n, lines;
	int64_t calls, nano;
};

static void on_line(void *ctx, const struct ledger_sum *s)
{
	struct told *t = ctx;

	if (t->n < sizeof(t->text))
		t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%s|%s%s %lld\n",
					 s->key[0], s->key[1], s->other ? " other" : "",
					 (long long)s->nano_usd);
	t->lines++;
	t->calls += s->calls;
	t->nano += s->nano_usd;
}

static int add(struct lines *l, struct span a, struct span b, int64_t nano)
{
	int64_t figures[LINE_FIGURES] = { [LINE_calls] = 1, [LINE_nano_usd] = nano };

	return lines__add(l, (const struct span[]){ a, b }, figures);
}

TEST(lines_are_told_the_dearest_first_and_the_others_last)
{
	struct told t = { .n = 0 };
	struct ledger_sum sum;
	struct lines *l;
	int64_t none[LINE_FIGURES] = { 0 };

	ASSERT_EQ(lines__new(2, 100, &l), 0);
	ASSERT_EQ(add(l, SPAN("b"), SPAN("x"), 5), 0);
	ASSERT_EQ(add(l, SPAN("a"), SPAN(""), 5), 0);
	ASSERT_EQ(add(l, SPAN(""), SPAN("a"), 4), 0);
	ASSERT_EQ(add(l, (struct span){ NULL, 0 }, SPAN("day"), 900), 0);
	ASSERT_EQ(add(l, SPAN("cheap"), (struct span){ NULL, 0 }, 1), 0);
	ASSERT_EQ(add(l, SPAN("b"), SPAN("x"), 7), 0);
	/* What has no call is no line. */
	ASSERT_EQ(lines__add(l, (const struct span[]){ SPAN("no"), SPAN("call") }, none), 0);
	ASSERT_EQ(lines__tell(l, LINES_BY_COST, on_line, &t, &sum), 0);
	ASSERT_STR(t.text, "b|x 12\na| 5\n|a 4\ncheap|(other) other 1\n(other)|day other 900\n");
	ASSERT_EQ(sum.calls, 6);
	ASSERT_EQ(sum.nano_usd, 922);
	ASSERT(!sum.total);
	lines__free(l);
}

TEST(times_are_told_in_their_order)
{
	struct told t = { .n = 0 };
	struct ledger_sum sum;
	struct lines *l;

	ASSERT_EQ(lines__new(2, 100, &l), 0);
	ASSERT_EQ(add(l, SPAN("2026-11-02"), SPAN("b"), 9), 0);
	ASSERT_EQ(add(l, SPAN("2026-11-02"), SPAN("a"), 9), 0);
	ASSERT_EQ(add(l, SPAN("2026-11-10"), SPAN("b"), 90), 0);
	ASSERT_EQ(add(l, SPAN("2026-11-01"), SPAN("b"), 1), 0);
	ASSERT_EQ(add(l, SPAN("2026-11-02"), (struct span){ NULL, 0 }, 7), 0);
	ASSERT_EQ(lines__tell(l, LINES_BY_TIME, on_line, &t, &sum), 0);
	ASSERT_STR(t.text, "2026-11-01|b 1\n2026-11-02|a 9\n2026-11-02|b 9\n"
			   "2026-11-02|(other) other 7\n2026-11-10|b 90\n");
	lines__free(l);
}

/* A key's end is no part of the next one. */
TEST(keys_do_not_run_into_each_other)
{
	struct told t = { .n = 0 };
	struct ledger_sum sum;
	struct lines *l;

	ASSERT_EQ(lines__new(2, 100, &l), 0);
	ASSERT_EQ(add(l, SPAN("ab"), SPAN("c"), 1), 0);
	ASSERT_EQ(add(l, SPAN("a"), SPAN("bc"), 1), 0);
	ASSERT_EQ(add(l, SPAN("abc"), SPAN(""), 1), 0);
	ASSERT_EQ(add(l, SPAN("ab\0c"), SPAN("c"), 1), 0); /* a text ends at its NUL */
	ASSERT_EQ(lines__tell(l, LINES_BY_COST, on_line, &t, &sum), 0);
	ASSERT_EQ(t.lines, 3);
	lines__free(l);
}

TEST(a_flood_of_keys_is_bounded_and_every_cent_is_there)
{
	struct told t = { .n = 0 };
	struct ledger_sum sum;
	struct lines *l;
	char key[16];

	ASSERT_EQ(lines__new(2, 50, &l), 0);
	for (int i = 0; i < 2000; i++) {
		snprintf(key, sizeof(key), "%d", i % 1000);
		ASSERT_EQ(add(l, span_str(key), SPAN("x"), i), 0);
	}
	ASSERT_EQ(lines__tell(l, LINES_BY_COST, on_line, &t, &sum), 0);
	ASSERT_EQ(t.lines, 51);
	ASSERT_EQ(t.calls, 2000);
	ASSERT_EQ(t.nano, 1999 * 1000);
	ASSERT_EQ(sum.nano_usd, t.nano);
	lines__free(l);
}

TEST(what_is_too_large_is_said)
{
	static char text[LINE_KEY_BYTES];
	struct ledger_sum sum;
	struct lines *l;

	memset(text, 'x', sizeof(text));
	ASSERT_EQ(lines__new(2, 50, &l), 0);
	ASSERT_EQ(add(l, SPAN("a"), span_of(text, sizeof(text)), 1), -E2BIG);
	ASSERT_EQ(add(l, SPAN("a"), SPAN("b"), INT64_MAX), 0);
	ASSERT_EQ(add(l, SPAN("c"), SPAN("b"), INT64_MAX), 0);
	ASSERT_EQ(lines__tell(l, LINES_BY_COST, NULL, NULL, &sum), -EOVERFLOW);
	ASSERT_EQ(add(l, SPAN("a"), SPAN("b"), 1), -EOVERFLOW);
	lines__free(l);
}

/* A total has no keys: it is there, also of nothing. */
TEST(a_total_of_nothing_is_a_total)
{
	struct ledger_sum sum = { .calls = 7 };
	struct lines *l;

	ASSERT_EQ(lines__new(0, 1, &l), 0);
	ASSERT_EQ(lines__tell(l, LINES_BY_COST, NULL, NULL, &sum), 0);
	ASSERT(sum.total);
	ASSERT_EQ(sum.calls, 0);
	ASSERT_EQ(add(l, SPAN(""), SPAN(""), 3), 0);
	ASSERT_EQ(add(l, SPAN(""), SPAN(""), 4), 0);
	ASSERT_EQ(lines__tell(l, LINES_BY_COST, NULL, NULL, &sum), 0);
	ASSERT_EQ(sum.nano_usd, 7);
	lines__free(l);
}

TEST_MAIN()
