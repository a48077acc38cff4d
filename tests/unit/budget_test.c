// SPDX-License-Identifier: BSD-2-Clause
/* Budgets: how they are written, what is spent, in which time, and what is told of it. */
#include <time.h>

#include "detect/budget.h"
#include "detect_fixture.h"

#define USD 1000000000ll

static struct budgets budgets;

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static const char *budget(const char *text)
{
	return budgets__add_text(&budgets, text);
}

static struct watch begin(const char *text)
{
	struct watch w = watch();
	const char *wrong;

	zone("UTC");
	budgets__fini(&budgets);
	wrong = budget(text);
	if (wrong)
		fprintf(stderr, "%s: %s\n", text, wrong);
	w.budgets = &budgets;
	return w;
}

TEST(as_they_are_written)
{
	budgets__fini(&budgets);
	ASSERT(!budget("limit=2000 USD,per=month"));
	ASSERT_EQ(budgets.at[0].limit, 2000 * USD);
	ASSERT_STR(budgets.at[0].name, "2000 USD per month");
	ASSERT_EQ(budgets.at[0].step[0], 70);
	ASSERT_EQ(budgets.at[0].step[1], 100);
	ASSERT(!budget("name=x,limit=$0.25,per=run,when=service:web*,each=user,alert=50%"));
	ASSERT_EQ(budgets.at[1].limit, USD / 4);
	ASSERT(!budget("limit=5000000 tokens,per=day"));
	ASSERT(!budget("limit=100 calls,per=hour"));
	ASSERT_EQ(budgets.at[3].limit, 100);
	ASSERT_STR(budget("limit=100 calls,per=hour"), "two budgets have one name");
	ASSERT(budget("limit=1.5 calls,per=hour"));
	ASSERT(budget("limit=0 USD,per=hour"));
	ASSERT(budget("limit=5 EUR,per=hour"));
	ASSERT(budget("limit=5 USD,per=fortnight"));
	ASSERT(budget("limit=5 USD,per=day,each=shoe"));
	ASSERT(budget("limit=5 USD,per=day,when=shoe:1"));
	ASSERT(budget("limit=5 USD,per=day,alert=100%"));
	ASSERT(budget("limit=5 USD"));
	ASSERT(budget("per=day"));
	ASSERT(budget("limit"));
	ASSERT_EQ((int)budgets.count, 4);
	budgets__fini(&budgets);
}

TEST(who_is_asked_beforehand)
{
	budgets__fini(&budgets);
	ASSERT(!budget("limit=5 USD,per=day,mode=hold,when=cgroup:/nightly.slice,each=user"));
	ASSERT(budgets.at[0].hold);
	ASSERT_STR(budget__pattern(&budgets.at[0], "cgroup"), "/nightly.slice");
	ASSERT(!budget__pattern(&budgets.at[0], "exe"));
	ASSERT(!budget("limit=5 USD,per=day,when=exe:/opt/worker*,name=x,mode=hold"));
	ASSERT(!budget("limit=6 USD,per=day,when=exe:/opt/worker*"));
	ASSERT(!budgets.at[2].hold);
	/* Whoever may claim to be one would be stopped, and a run is known when a call is over. */
	ASSERT(budget("limit=7 USD,per=day,mode=hold"));
	ASSERT(budget("limit=7 USD,per=day,mode=hold,when=service:worker"));
	ASSERT(budget("limit=7 USD,per=run,mode=hold,when=exe:/opt/worker"));
	ASSERT(budget("limit=7 USD,per=day,mode=stop,when=exe:/opt/worker"));
	budgets__fini(&budgets);
}

TEST(a_cgroup_is_all_below_it)
{
	int cgroup = subject_of("cgroup"), service = subject_of("service");

	ASSERT(budget_fits(cgroup, SPAN("/shop.slice/a.service"), "/shop.slice"));
	ASSERT(budget_fits(cgroup, SPAN("/shop.slice"), "/shop.slice"));
	ASSERT(!budget_fits(cgroup, SPAN("/shop.slice2"), "/shop.slice"));
	ASSERT(budget_fits(cgroup, SPAN("/shop.slice2"), "/shop.slice*"));
	ASSERT(!budget_fits(service, SPAN("web/a"), "web"));
}

/* Two instants as text, to be compared by eye. */
static const char *ends(int period, int64_t at, char *dst)
{
	int64_t start, end;

	period_at(period, at, &start, &end);
	sprintf(dst, "%lld %lld", (long long)((start - at) / SECOND),
		(long long)((end - at) / SECOND));
	return dst;
}

TEST(days_and_months_of_a_time_zone)
{
	char text[64];

	zone("Europe/Berlin");
	/* 2025-10-26 12:00 CET: that day had 25 hours, and the hour from 2:00 twice. */
	ASSERT_STR(ends(PERIOD_DAY, 1761476400 * SECOND, text), "-46800 43200");
	ASSERT_STR(ends(PERIOD_HOUR, 1761476460 * SECOND, text), "-60 3540");
	/* Its month began in summer time. */
	ASSERT_STR(ends(PERIOD_MONTH, 1761476400 * SECOND, text), "-2206800 475200");
	/* A Sunday: the week began on Monday, in summer time. */
	ASSERT_STR(ends(PERIOD_WEEK, 1761476400 * SECOND, text), "-565200 43200");
	zone("UTC");
	ASSERT_STR(ends(PERIOD_MONTH, 1764547200 * SECOND, text), "0 2678400");
	ASSERT_STR(ends(PERIOD_MONTH, 1764547199 * SECOND, text), "-2591999 1");
	ASSERT_STR(ends(PERIOD_WEEK, 1764547200 * SECOND, text), "0 604800");
}

TEST(at_each_step_once)
{
	struct watch w = begin("name=day,limit=10 USD,per=day");

	watch_with(&w, NULL);
	for (int i = 0; i < 6; i++, w.now += SECOND)
		SAY(&w, .nano = USD);
	ASSERT_STR(w.kinds, "");
	SAY(&w, .nano = USD);
	ASSERT_STR(w.kinds, "budgets.step ");
	ASSERT_STR(w.last.budget, "day");
	ASSERT_STR(w.last.field, "all");
	ASSERT_EQ(w.last.figures[0].value, 70);
	ASSERT_EQ(w.last.nano_usd, 7 * USD);
	ASSERT_EQ(w.last.since_ns, START - 12 * 3600 * SECOND);
	for (int i = 0; i < 5; i++, w.now += SECOND)
		SAY(&w, .nano = USD);
	ASSERT_STR(w.kinds, "budgets.step budgets.exceeded ");
	ASSERT_EQ(w.last.severity, FINDING_CRITICAL);
	ASSERT_EQ(w.last.figures[0].value, 100);
	ASSERT_EQ(w.again, 0);
	/* The next day. */
	w.now += DAY;
	for (int i = 0; i < 7; i++, w.now += SECOND)
		SAY(&w, .nano = USD);
	ASSERT_STR(w.kinds, "budgets.step budgets.exceeded budgets.step ");
	detect__free(w.d);
}

TEST(one_call_over_all_steps_is_one_finding)
{
	struct watch w = begin("limit=10 USD,per=month,when=user:ann");

	watch_with(&w, NULL);
	SAY(&w, .nano = 11 * USD, .user = "bob");
	SAY(&w, .nano = 11 * USD, .user = "ann");
	ASSERT_STR(w.kinds, "budgets.exceeded ");
	ASSERT_STR(w.last.field, "user");
	ASSERT_STR(w.last.value, "ann");
	ASSERT_EQ(w.last.trust, TRUST_CLAIMED);
	detect__free(w.d);
}

TEST(an_allowance_for_each)
{
	struct watch w = begin("limit=1000 tokens,per=hour,each=user");

	watch_with(&w, NULL);
	for (int i = 0; i < 9; i++, w.now += SECOND) {
		SAY(&w, .user = "ann"); /* 120 tokens */
		SAY(&w, .user = i ? "carl" : "bob");
	}
	ASSERT_STR(w.kinds, "budgets.step budgets.step budgets.exceeded ");
	ASSERT_STR(w.last.value, "ann");
	detect__free(w.d);
}

TEST(what_cannot_be_true_uses_up_nothing)
{
	struct watch w = begin("limit=1000 tokens,per=hour");

	watch_with(&w, NULL);
	SAY(&w, .input = 1000000000000, .implausible = true);
	ASSERT_STR(w.kinds, "trust.implausible ");
	detect__free(w.d);
}

TEST(a_sub_agent_has_no_allowance_of_its_own)
{
	struct watch w = begin("limit=1 USD,per=run");

	watch_with(&w, NULL);
	SAY(&w, .run = "1", .nano = USD / 4);
	SAY(&w, .run = "2", .parent_run = "1", .depth = 1, .nano = USD / 4);
	SAY(&w, .run = "3", .parent_run = "2", .depth = 2, .nano = USD / 4);
	SAY(&w, .run = "9", .nano = USD / 4);
	ASSERT_STR(w.kinds, "budgets.step ");
	ASSERT_STR(w.last.run, "1");
	SAY(&w, .run = "3", .parent_run = "2", .depth = 2, .step = 2, .nano = USD / 4);
	ASSERT_STR(w.kinds, "budgets.step budgets.exceeded ");
	detect__free(w.d);
}

TEST(a_month_that_will_not_do)
{
	struct watch w = begin("limit=100 USD,per=month");

	watch_with(&w, NULL);
	w.now = 1764547200 * SECOND; /* 2025-12-01 */
	for (int day = 0; day < 10; day++, w.now += DAY)
		SAY(&w, .nano = 4 * USD);
	/* After a fifth of the month. */
	ASSERT_STR(w.kinds, "budgets.projection ");
	ASSERT_EQ(w.last.figures[4].value / USD, 124);
	detect__free(w.d);
}

/* ---- what is in flight ----------------------------------------------------------------------- */

/* Behind it, or before it is sent: returns whether it might break a budget that holds. */
static bool asks(struct watch *w, struct story s, uint32_t seq, int64_t nano, bool sent)
{
	struct exchange x;
	struct call c;
	struct charge ch;
	struct owner o;
	struct run_link l;
	struct entry e = { .call = &c, .charge = &ch, .owner = &o };
	struct worst_case worst = { .nano = nano, .tokens = 500 };

	call_of(w, &s, &x, &c, &ch, &o, &l);
	x.seq = seq;
	e.wall_end_ns = w->now;
	if (!sent)
		return detect__broken(w->d, &e, &worst);
	detect__asked(w->d, &e, &worst);
	return false;
}

static void asked_by(struct watch *w, struct story s, uint32_t seq, int64_t nano)
{
	asks(w, s, seq, nano, true);
}

static void asked(struct watch *w, uint32_t seq, int64_t nano)
{
	asked_by(w, (struct story){ .user = "ann" }, seq, nano);
}

static void answered_by(struct watch *w, struct story s, uint32_t seq)
{
	struct exchange x;
	struct call c;
	struct charge ch;
	struct owner o;
	struct run_link l;
	struct entry e = { .call = &c, .charge = &ch, .owner = &o, .link = &l };

	call_of(w, &s, &x, &c, &ch, &o, &l);
	x.seq = seq;
	e.wall_end_ns = w->now;
	detect__entry(w->d, &e);
}

static void answered(struct watch *w, uint32_t seq, int64_t nano)
{
	answered_by(w, (struct story){ .user = "ann", .nano = nano }, seq);
}

static struct budget_state state;
static int states;

static void on_state(void *ctx, const struct budget_state *s)
{
	state = *s;
	states++;
}

TEST(a_request_holds_its_worst_case)
{
	struct watch w = begin("limit=10 USD,per=day,each=user");

	watch_with(&w, NULL);
	for (uint32_t i = 0; i < 4; i++)
		asked(&w, i, 2 * USD);
	asked(&w, 3, 2 * USD); /* a second piece of the same request */
	detect__each_budget(w.d, w.now, on_state, NULL);
	ASSERT_EQ(state.reserved, 8 * USD);
	ASSERT_EQ(state.spent, 0);
	ASSERT_STR(w.kinds, "");
	asked(&w, 4, 2 * USD);
	ASSERT_STR(w.kinds, "budgets.in_flight ");
	/* They cost less. */
	for (uint32_t i = 0; i < 3; i++)
		answered(&w, i, USD / 10);
	/* One ends and is no call: it is let go a minute later. */
	detect__ended(w.d, &(struct exchange){ .seq = 3 }, w.now);
	detect__tick(w.d, w.now + 61 * SECOND);
	states = 0;
	detect__each_reserved(w.d, w.now, on_state, NULL);
	detect__each_reserved(w.d, w.now, on_state, NULL);
	ASSERT_EQ(states, 1);
	ASSERT_EQ(state.reserved, 2 * USD);
	ASSERT_EQ(state.spent, 3 * USD / 10);
	detect__free(w.d);
}

/* "in_flight 4711 closed; in_flight 4711 open; " */
static char gates[512];
static char gated_id[33]; /* of the finding of the last one */

static void on_closed(void *ctx, const struct finding *f, bool closed)
{
	size_t n = strlen(gates);

	memcpy(gated_id, f->id, sizeof(gated_id));
	snprintf(gates + n, sizeof(gates) - n, "%s %u %s; ", finding_kind_name(f->kind),
		 f->proc.tgid, closed ? "closed" : "open");
}

static struct watch begin_gated(const char *budget)
{
	struct watch w = begin(budget);

	*gates = '\0';
	return w;
}

static void watch_gated(struct watch *w)
{
	w->d = detect__new(&(struct detect_opts){
		.budgets = w->budgets, .emit = on_finding, .closed = on_closed, .ctx = w });
}

TEST(what_is_in_flight_closes_a_budget_and_opens_it_again)
{
	struct watch w = begin_gated("limit=10 USD,per=day");

	watch_gated(&w);
	asked(&w, 1, 4 * USD);
	ASSERT_STR(gates, "");
	asked_by(&w, (struct story){ .pid = 12 }, 2, 6 * USD);
	/* Both processes are told of, with the finding that is told. */
	ASSERT_STR(gates, "in_flight 4711 closed; in_flight 12 closed; ");
	ASSERT_STR(w.kinds, "budgets.in_flight ");
	ASSERT_STR(gated_id, w.last.id);
	*gates = '\0';
	/* It came to less: it is not open for a moment between what it held and what it cost. */
	answered_by(&w, (struct story){ .pid = 12, .nano = USD }, 2);
	ASSERT_STR(gates, "in_flight 4711 open; in_flight 12 open; ");
	*gates = '\0';
	answered(&w, 1, 9 * USD);
	ASSERT_STR(gates, "exceeded 4711 closed; exceeded 12 closed; in_flight 4711 closed; "
			  "in_flight 12 closed; ");
	*gates = '\0';
	/* Whoever comes later is told of, too, at his first request. */
	asked_by(&w, (struct story){ .pid = 13 }, 3, USD);
	ASSERT_STR(gates, "exceeded 13 closed; in_flight 13 closed; ");
	*gates = '\0';
	w.now += DAY;
	asked(&w, 4, USD);
	ASSERT_STR(gates, "");
	detect__free(w.d);
}

TEST(two_hundred_at_once_are_closed_at_the_one_that_reaches_the_limit)
{
	struct watch w = begin_gated("limit=100 USD,per=day");
	int before = 0;

	watch_gated(&w);
	for (uint32_t i = 0; i < 200; i++) {
		before += !*gates;
		asked(&w, i, USD);
	}
	/* Those that left before the first ninety-nine were settled: none is let go after it. */
	ASSERT_EQ(before, 100);
	ASSERT(strstr(gates, "in_flight 4711 closed"));
	detect__free(w.d);
}

static bool breaks(struct watch *w, uint32_t seq, int64_t nano)
{
	return asks(w, (struct story){ .user = "ann" }, seq, nano, false);
}

TEST(what_is_proposed_is_held_and_closes_nothing_until_it_is_sent)
{
	struct watch w = begin_gated("limit=10 USD,per=day,mode=hold,when=exe:*");

	watch_gated(&w);
	ASSERT(!breaks(&w, 1, 4 * USD));
	ASSERT(!breaks(&w, 2, 6 * USD));
	ASSERT(!breaks(&w, 2, 6 * USD)); /* the write is tried again */
	ASSERT(breaks(&w, 3, 1));
	detect__each_budget(w.d, w.now, on_state, NULL);
	ASSERT_EQ(state.reserved, 10 * USD);
	/* A gate that was shut now would hold back what has leave to go. */
	ASSERT_STR(gates, "");
	ASSERT_STR(w.kinds, "");
	asked(&w, 1, 4 * USD);
	ASSERT_STR(gates, "");
	asked(&w, 2, 6 * USD);
	detect__each_budget(w.d, w.now, on_state, NULL);
	ASSERT_EQ(state.reserved, 10 * USD);
	ASSERT(strstr(gates, "in_flight 4711 closed; "));
	ASSERT_STR(w.kinds, "budgets.in_flight ");
	/* What is left over is there for the next. */
	answered(&w, 2, 5 * USD);
	ASSERT(breaks(&w, 3, USD + 1));
	ASSERT(!breaks(&w, 3, USD));
	ASSERT(breaks(&w, 4, 1));
	detect__free(w.d);
}

TEST(two_hundred_proposed_at_once_are_held_to_the_limit)
{
	struct watch w = begin_gated("limit=100 calls,per=day,mode=hold,when=exe:*");
	int allowed = 0;

	watch_gated(&w);
	for (uint32_t i = 0; i < 200; i++)
		allowed += !breaks(&w, i, USD);
	ASSERT_EQ(allowed, 100);
	for (uint32_t i = 0; i < 100; i++) {
		asked(&w, i, USD);
		ASSERT(breaks(&w, 200 + i, USD));
		answered(&w, i, USD);
		ASSERT(breaks(&w, 200 + i, USD));
	}
	detect__free(w.d);
}

TEST(a_claimed_budget_is_closed_to_who_used_it_up_alone)
{
	struct watch w = begin_gated("limit=10 USD,per=day,each=user");
	struct story victim = { .user = "ann", .uid = 1000, .pid = 12 },
		     thief = { .user = "ann", .uid = 1001, .pid = 13, .nano = 10 * USD };

	watch_gated(&w);
	asked_by(&w, victim, 1, USD);
	answered_by(&w, thief, 2);
	ASSERT_STR(gates, "exceeded 13 closed; in_flight 13 closed; ");
	*gates = '\0';
	asked_by(&w, victim, 3, USD);
	ASSERT_STR(gates, "");
	asked_by(&w, thief, 4, USD);
	ASSERT(strstr(gates, "exceeded 13 closed"));
	ASSERT(!strstr(gates, " 12 "));
	detect__free(w.d);
}

/* ---- going on -------------------------------------------------------------------------------- */

TEST(after_a_start_in_mid_month)
{
	struct budget_past past = { .value = "", .run = "", .spent = 8 * USD, .calls = 80 };
	struct watch w = begin("name=m,limit=10 USD,per=month"), again;

	watch_with(&w, NULL);
	for (int i = 0; i < 8; i++, w.now += SECOND)
		SAY(&w, .nano = USD);
	ASSERT_STR(w.kinds, "budgets.step ");
	detect__free(w.d);
	again = watch();
	again.budgets = &budgets;
	again.now = w.now;
	watch_with(&again, NULL);
	detect__past_finding(again.d, &w.last);
	detect__past_spent(again.d, &past, again.now);
	detect__tick(again.d, again.now + 61 * SECOND);
	SAY(&again, .nano = USD);
	ASSERT_STR(again.kinds, "");
	ASSERT_EQ(again.again, 0);
	SAY(&again, .nano = USD);
	ASSERT_STR(again.kinds, "budgets.exceeded ");
	detect__free(again.d);
}

TEST(a_budget_that_was_over_before_it_was_set)
{
	struct budget_past past = { .value = "", .run = "", .spent = 12 * USD, .calls = 80 };
	struct watch w = begin("name=m,limit=10 USD,per=month");

	watch_with(&w, NULL);
	detect__past_spent(w.d, &past, w.now);
	detect__tick(w.d, w.now + 61 * SECOND);
	ASSERT_STR(w.kinds, "budgets.exceeded ");
	ASSERT_EQ(w.last.proc.tgid, 0);
	detect__free(w.d);
	budgets__fini(&budgets);
}

TEST_MAIN()
