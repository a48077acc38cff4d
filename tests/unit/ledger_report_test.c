// SPDX-License-Identifier: BSD-2-Clause
/* What a ledger holds, summed. */
#include <errno.h>

#include "ledger_fixture.h"

static void on_total(void *ctx, const struct ledger_sum *s)
{
	*(struct ledger_sum *)ctx = *s;
}

static struct ledger_sum total(void)
{
	struct ledger_query q = { .since_ns = INT64_MIN, .until_ns = INT64_MAX };
	struct ledger_sum sum = { .calls = -1 };
	struct ledger_view *v;
	char err[200];

	if (ledger_view__open(path, &v, err, sizeof(err)))
		return sum;
	ledger_view__report(v, &q, on_total, &sum);
	ledger_view__close(v);
	return sum;
}

static void change(const char *sql)
{
	sqlite3 *db;

	ASSERT_EQ(sqlite3_open(path, &db), SQLITE_OK);
	ASSERT_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	/* Sums are made anew of what the calls are now. */
	ASSERT_EQ(sqlite3_exec(db,
			       "DELETE FROM minutes; DELETE FROM hours; DELETE FROM days;"
			       "UPDATE rollups SET upto = 0",
			       NULL, NULL, NULL),
		  SQLITE_OK);
	sqlite3_close(db);
	ledger__close(open_ledger());
}

TEST(what_a_subscription_pays_is_summed_apart)
{
	struct told t;
	struct ledger *l;

	setup();
	l = open_ledger();
	ASSERT(l);
	add(l, 1, "agent", 5);
	add_paid(l, 2, "agent", 70, true);
	add_paid(l, 3, "agent", -1, true);
	ledger__close(l);
	report(&t, "service");
	ASSERT_STR(t.text, "agent: 3 calls 20 in 6 out $5 1 unpriced, $70 by subscription\n"
			   "total: 3 calls 20 in 6 out $5 1 unpriced, $70 by subscription\n");
	/* Of the one without a price it is known, too. */
	change("DELETE FROM entries WHERE subscription = 1");
	ASSERT_EQ(total().calls, 1);
	teardown();
}

static void on_keys(void *ctx, const struct ledger_sum *s)
{
	struct told *t = ctx;

	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%s/%s: %lld $%lld\n",
				 s->total ? "total" : s->key[0], s->total ? "" : s->key[1],
				 (long long)s->calls, (long long)s->nano_usd);
}

TEST(several_dimensions_and_conditions_at_once)
{
	struct ledger_query q = { .by = { "service", "model" },
				  .by_count = 2,
				  .since_ns = INT64_MIN,
				  .until_ns = INT64_MAX };
	struct told t = { .n = 0 };
	struct ledger_view *v;
	struct ledger *l;
	char err[200];

	setup();
	l = open_ledger();
	ASSERT(l);
	add(l, 1, "shop", 5);
	add(l, 2, "shop", 6);
	add(l, 3, "it's \"quoted\"; DROP TABLE calls", 7);
	ledger__close(l);
	ASSERT_EQ(ledger_view__open(path, &v, err, sizeof(err)), 0);
	ASSERT_EQ(ledger_view__report(v, &q, on_keys, &t), 0);
	q.where_count = 1;
	q.where[0].dimension = "service";
	q.where[0].value = "it's \"quoted\"; DROP TABLE calls";
	ASSERT_EQ(ledger_view__report(v, &q, on_keys, &t), 0);
	q.where[0].dimension = "service; DROP TABLE calls";
	ASSERT_EQ(ledger_view__report(v, &q, on_keys, &t), -EINVAL);
	ledger_view__close(v);
	ASSERT_STR(t.text, "shop/gpt-x: 2 $11\nit's \"quoted\"; DROP TABLE calls/gpt-x: 1 $7\n"
			   "total/: 3 $18\nit's \"quoted\"; DROP TABLE calls/gpt-x: 1 $7\n"
			   "total/: 1 $7\n");
	teardown();
}

TEST(sums_with_the_dearest_first_and_unknown_apart)
{
	struct told t;
	struct ledger *l;

	setup();
	l = open_ledger();
	ASSERT(l);
	add(l, 1, "small", 5);
	add(l, 2, "large", 70);
	add(l, 3, "large", 30);
	add(l, 4, "large", -1);
	ledger__close(l);
	report(&t, "service");
	ASSERT_STR(t.text, "large: 3 calls 20 in 6 out $100 1 unpriced\n"
			   "small: 1 calls 10 in 3 out $5 0 unpriced\n"
			   "total: 4 calls 30 in 9 out $105 1 unpriced\n");
	report(&t, "model");
	ASSERT(strstr(t.text, "gpt-x: 4 calls"));
	teardown();
}

/* What can't be true, and what was estimated and got its price later, are no exact figures. */
TEST(what_is_not_exact_is_told_apart)
{
	struct ledger_sum sum;
	struct ledger *l;

	setup();
	l = open_ledger();
	ASSERT(l);
	for (int i = 1; i <= 4; i++)
		add(l, i, "shop", i);
	add(l, 5, "shop", -1);
	add(l, 6, "shop", -1);
	ledger__close(l);
	change("UPDATE entries SET usage_source = 'implausible' WHERE nano_usd = 4 OR n = 5;"
	       "UPDATE entries SET usage_source = 'estimated', basis = 'estimated' WHERE nano_usd = 2;"
	       "UPDATE entries SET usage_source = 'estimated' WHERE n = 6;"
	       "INSERT INTO corrections SELECT n, 1, 70, '', '' FROM calls WHERE id LIKE '%6'");
	sum = total();
	ASSERT_EQ(sum.calls, 6);
	ASSERT_EQ(sum.nano_usd, 80);
	ASSERT_EQ(sum.implausible, 1); /* the other one has no price */
	ASSERT_EQ(sum.implausible_nano, 4);
	ASSERT_EQ(sum.unpriced, 1);
	ASSERT_EQ(sum.estimated, 2);
	ASSERT_EQ(sum.estimated_nano, 72);
	teardown();
}

TEST(every_dimension_can_be_asked_for)
{
	struct ledger *l;
	struct told t;
	char list[1024], *rest = list, *name;

	setup();
	l = open_ledger();
	ASSERT(l);
	add(l, 1, "web", 5);
	ledger__close(l);
	snprintf(list, sizeof(list), "%s", ledger_view_dimensions());
	while ((name = strsep(&rest, " "))) {
		ASSERT(ledger_view_dimension(name));
		report(&t, name);
		ASSERT(strstr(t.text, "total: 1 calls"));
	}
	teardown();
}

TEST_MAIN()
