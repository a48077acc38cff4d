// SPDX-License-Identifier: BSD-2-Clause
/* Calls read as they are written, and what was spent before. */
#include <errno.h>

#include "ledger_fixture.h"

static void put(struct ledger *l, int number, const char *service, int64_t nano)
{
	struct drops drops = { .n = { [DROP_NO_MEMORY] = 2 } };

	ASSERT_EQ(add(l, number, service, nano), 0);
	ASSERT_EQ(ledger__tick(l, 5000000000ll, &drops), 0);
}

static void on_call(void *ctx, const struct ledger_call *c)
{
	struct told *t = ctx;

	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n,
				 "%s %s %s in %lld out %lld $%lld; ", c->id + 30, c->key[0],
				 c->key[1], (long long)c->input, (long long)c->output,
				 (long long)c->nano_usd);
}

static const char *const by[] = { "service", "model" };

static struct ledger_view *view(void)
{
	struct ledger_view *v = NULL;
	char err[200] = "";

	if (ledger_view__open(path, &v, err, sizeof(err)))
		fprintf(stderr, "%s\n", err);
	return v;
}

TEST(each_call_is_told_once_and_in_the_order_of_writing)
{
	struct ledger *l;
	struct ledger_view *v;
	struct ledger_follow *f = NULL;
	struct told t = { .n = 0 };

	setup();
	l = open_ledger();
	put(l, 1, "shop", 100);
	put(l, 2, "desk", -1);
	v = view();
	ASSERT_EQ(ledger_follow__new(v, by, 2, 0, &f), 0);
	put(l, 3, "late", 50); /* written while the ones before are told */
	ASSERT_EQ(ledger_follow__next(f, 1, on_call, &t), 1);
	ASSERT_STR(t.text, "01 shop gpt-x in 10 out 3 $100; ");
	t.n = 0;
	ASSERT_EQ(ledger_follow__next(f, 10, on_call, &t), 2);
	ASSERT_STR(t.text, "02 desk gpt-x in -1 out -1 $-1; 03 late gpt-x in 10 out 3 $50; ");
	ASSERT_EQ(ledger_follow__next(f, 10, on_call, &t), 0);
	put(l, 3, "late", 50); /* it is there already */
	put(l, 4, "new", 7);
	ledger__close(l);
	l = open_ledger(); /* another meter goes on counting */
	put(l, 5, "newer", 8);
	t.n = 0;
	ASSERT_EQ(ledger_follow__next(f, 1, on_call, &t), 1);
	ASSERT_EQ(ledger_follow__next(f, 10, on_call, &t), 1);
	ASSERT_STR(t.text, "04 new gpt-x in 10 out 3 $7; 05 newer gpt-x in 10 out 3 $8; ");
	ledger_follow__free(f);
	ledger_view__close(v);
	ledger__close(l);
	teardown();
}

TEST(calls_that_ended_before_are_not_told)
{
	struct ledger *l;
	struct ledger_view *v;
	struct ledger_follow *f = NULL;
	struct told t = { .n = 0 };

	setup();
	l = open_ledger();
	put(l, 1, "shop", 100);
	v = view();
	/* its end is at 1 s; what is written later is told whenever it ended */
	ASSERT_EQ(ledger_follow__new(v, by, 2, 1000000001, &f), 0);
	ASSERT_EQ(ledger_follow__next(f, 10, on_call, &t), 0);
	put(l, 2, "shop", 1);
	ASSERT_EQ(ledger_follow__next(f, 10, on_call, &t), 1);
	ledger_follow__free(f);
	ASSERT_EQ(ledger_follow__new(v, (const char *const[]){ "colour" }, 1, 0, &f), -EINVAL);
	ledger_view__close(v);
	ledger__close(l);
	teardown();
}

TEST(what_was_spent_before_belongs_to_the_same_moment)
{
	struct ledger *l;
	struct ledger_view *v;
	struct ledger_follow *f = NULL;
	struct ledger_spent spent;
	struct told t = { .n = 0 };

	setup();
	l = open_ledger();
	put(l, 1, "shop", 100);
	put(l, 2, "shop", -1);
	v = view();
	ASSERT_EQ(ledger_follow__new(v, by, 2, 0, &f), 0);
	put(l, 3, "shop", 1000);
	ASSERT_EQ(ledger_view__spent(v, 0, &spent), 0);
	ASSERT_EQ(spent.calls, 2);
	ASSERT_EQ(spent.unpriced, 1);
	ASSERT_EQ(spent.nano_usd, 100);
	ASSERT_EQ(ledger_follow__next(f, 10, on_call, &t), 3);
	ASSERT_EQ(ledger_view__spent(v, 0, &spent), 0);
	ASSERT_EQ(spent.nano_usd, 1100);
	ASSERT_EQ(ledger_view__spent(v, 60000000000, &spent), 0);
	ASSERT_EQ(spent.calls, 0);
	ledger_follow__free(f);
	ledger_view__close(v);
	ledger__close(l);
	teardown();
}

static void on_drop(void *ctx, const char *name, const char *help, int64_t n)
{
	struct told *t = ctx;

	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%s %lld; ", name,
				 (long long)n);
}

TEST(the_pulse_is_the_status_without_its_calls)
{
	struct ledger *l;
	struct ledger_view *v;
	struct ledger_status s;
	struct told t = { .n = 0 };

	setup();
	l = open_ledger();
	put(l, 1, "shop", 100);
	v = view();
	ASSERT_EQ(ledger_view__pulse(v, &s, on_drop, &t), 0);
	ASSERT_STR(t.text, "no_memory 2; ");
	ASSERT(s.known);
	ASSERT_EQ(s.last_ns, 5000000000ll);
	ASSERT_EQ(s.pid, getpid());
	ASSERT_EQ(s.calls, 0);
	ledger_view__close(v);
	ledger__close(l);
	teardown();
}

TEST_MAIN()
