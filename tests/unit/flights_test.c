// SPDX-License-Identifier: BSD-2-Clause
/* Calls under way: held from their request to their end, and written into a ledger. */
#include "flight/flights.h"
#include "ledger_fixture.h"

static void ask(struct flights *f, uint64_t id, const char *service)
{
	struct exchange x = { .id = id, .proc = { .tgid = 7 } };
	struct call c = { .x = &x, .requested_model = "gpt-x" };
	struct owner o = { .known = true };
	struct entry e = { .call = &c, .owner = &o, .wall_end_ns = (int64_t)id * 1000 };

	owner__set(&o, OWNER_SERVICE, span_str(service), TRUST_KERNEL, "exe");
	flights__asked(f, &e);
}

TEST(each_is_held_from_its_request_to_its_end)
{
	struct flights *f = flights__new();
	const struct flight *at;
	size_t n;
	bool changed;

	flights__all(f, &n, &changed);
	ASSERT(!n && !changed);
	ask(f, 1, "a");
	ask(f, 2, "b");
	ask(f, 2, "b"); /* its request came in two pieces */
	ask(f, 3, "c");
	at = flights__all(f, &n, &changed);
	ASSERT_EQ(n, 3);
	ASSERT(changed);
	ASSERT_STR(at[1].text[FLIGHT_SERVICE], "b");
	ASSERT_STR(at[1].model, "gpt-x");
	ASSERT_EQ(at[1].start_ns, 2000);
	flights__ended(f, 1);
	flights__ended(f, 1);
	flights__ended(f, 99);
	flights__all(f, &n, &changed);
	ASSERT_EQ(n, 2);
	flights__ended(f, 3);
	at = flights__all(f, &n, &changed);
	ASSERT_EQ(n, 1);
	ASSERT_STR(at[0].text[FLIGHT_SERVICE], "b");
	flights__all(f, &n, &changed);
	ASSERT(!changed);
	flights__free(f);
}

TEST(more_than_are_told_are_let_be)
{
	struct flights *f = flights__new();
	size_t n;
	bool changed;

	for (uint64_t id = 1; id <= 3 * FLIGHTS_MAX; id++)
		ask(f, id, "a");
	flights__all(f, &n, &changed);
	ASSERT_EQ(n, FLIGHTS_MAX);
	for (uint64_t id = 3 * FLIGHTS_MAX; id; id--)
		flights__ended(f, id);
	flights__all(f, &n, &changed);
	ASSERT_EQ(n, 0);
	ask(f, 4 * FLIGHTS_MAX, "a");
	flights__all(f, &n, &changed);
	ASSERT_EQ(n, 1);
	flights__free(f);
}

static void on_flight(void *ctx, const struct ledger_flight *fl)
{
	struct told *t = ctx;

	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%s,%s,%s %lld %lld; ",
				 fl->key[0], fl->key[1], fl->key[2], (long long)fl->start_ns,
				 (long long)fl->pid);
}

static const char *in_ledger(struct told *t)
{
	static const char *const by[] = { "service", "run", "model" };
	struct ledger_view *v;
	char err[200];

	*t = (struct told){ .n = 0 };
	if (ledger_view__open(path, &v, err, sizeof(err)))
		return "it does not open";
	if (ledger_view__in_flight(v, by, 3, on_flight, t))
		snprintf(t->text, sizeof(t->text), "it failed");
	ledger_view__close(v);
	return t->text;
}

TEST(a_ledger_has_those_of_its_last_tick)
{
	struct flights *f = flights__new();
	struct drops drops = { { 0 } };
	const struct flight *at;
	struct ledger *l;
	struct told t;
	bool changed;
	size_t n;

	setup();
	l = open_ledger();
	ask(f, 1, "it's");
	ask(f, 2, "b");
	at = flights__all(f, &n, &changed);
	ASSERT_EQ(ledger__tick(l, 1, &drops), 0);
	ASSERT_EQ(ledger__put_flights(l, at, n), 0);
	ASSERT_EQ(ledger__tick(l, 1000000001, &drops), 0);
	ASSERT_STR(in_ledger(&t), "it's,,gpt-x 1000 7; b,,gpt-x 2000 7; ");
	flights__ended(f, 1);
	at = flights__all(f, &n, &changed);
	ASSERT_EQ(ledger__put_flights(l, at, n), 0);
	ASSERT_EQ(ledger__tick(l, 2000000001, &drops), 0);
	ASSERT_STR(in_ledger(&t), "b,,gpt-x 2000 7; ");
	ledger__close(l);
	/* what a meter left when it was killed is no more when another starts */
	l = open_ledger();
	ASSERT_EQ(ledger__tick(l, 3000000001, &drops), 0);
	ASSERT_STR(in_ledger(&t), "");
	ledger__close(l);
	flights__free(f);
	teardown();
}

TEST_MAIN()
