// SPDX-License-Identifier: BSD-2-Clause
/* Findings: what is told of runaways, how often, and whom a flood can blind. */
#include "detect/fair.h"
#include "detect/telling.h"
#include "detect_fixture.h"

static const char *run_name(char dst[17], int i)
{
	snprintf(dst, 17, "%016x", i + 1);
	return dst;
}

TEST(an_agent_that_starts_itself)
{
	struct watch w = watch();
	char run[2][17];

	watch_with(&w, NULL);
	for (int i = 0; i < 12; i++, w.now += 2 * SECOND)
		SAY(&w, .run = run_name(run[i % 2], i), .parent_run = i ? run[1 - i % 2] : NULL,
		    .depth = (uint32_t)i, .nano = 1000000);
	ASSERT_STR(w.kinds, "runaway.depth ");
	ASSERT_EQ(w.last.severity, FINDING_WARNING);
	ASSERT_EQ(w.last.figures[0].value, 6);
	ASSERT_EQ(w.last.figures[1].value, 5);
	ASSERT_STR(w.last.value, "agent");
	ASSERT_EQ(w.last.trust, TRUST_CLAIMED);
	/* Seven calls of one tree, since the first of them began. */
	ASSERT_EQ(w.last.calls, 7);
	ASSERT_EQ(w.last.nano_usd, 7000000);
	ASSERT_EQ(w.last.since_ns, START - SECOND / 2);
	ASSERT_EQ(w.last.hour_nano, 7000000ll * 3600 * 2 / 25);
	detect__finish(w.d);
	ASSERT_EQ(w.again, 1);
	ASSERT_EQ((long long)w.last.count, 6);
	ASSERT_EQ(w.last.calls, 12);
	detect__free(w.d);
}

TEST(a_planner_with_a_hundred_workers_is_none)
{
	struct watch w = watch();
	char run[17];

	watch_with(&w, NULL);
	for (int i = 0; i < 100; i++, w.now += SECOND)
		SAY(&w, .run = run_name(run, i), .parent_run = i ? "0000000000000001" : NULL,
		    .depth = i > 0, .nano = 1000);
	ASSERT_STR(w.kinds, "");
	detect__free(w.d);
}

TEST(a_run_that_starts_workers_without_end)
{
	struct watch w = watch();
	char run[17];

	watch_with(&w, NULL);
	for (int i = 0; i < 110; i++, w.now += SECOND / 4)
		SAY(&w, .run = run_name(run, i), .parent_run = i ? "0000000000000001" : NULL,
		    .depth = i > 0);
	ASSERT_STR(w.kinds, "runaway.fan_out ");
	ASSERT_EQ(w.last.figures[0].value, 101);
	detect__free(w.d);
}

TEST(a_run_without_end_by_what_its_owner_is_known_for)
{
	struct watch w = watch();
	char run[17];

	watch_with(&w, NULL);
	for (int i = 0; i < 60; i++, w.now += 900 * SECOND)
		for (uint32_t step = 1; step <= 15; step++, w.now += SECOND)
			SAY(&w, .run = run_name(run, i), .step = step);
	ASSERT_STR(w.kinds, "");
	w.now += 900 * SECOND;
	for (uint32_t step = 1; step <= 70; step++, w.now += 3 * SECOND)
		SAY(&w, .run = "ffff", .step = step, .input = 100 + step * step);
	ASSERT_STR(w.kinds, "runaway.steps ");
	ASSERT_EQ(w.last.figures[0].value, 61);
	ASSERT_EQ(w.last.figures[1].value, 60);
	detect__free(w.d);
}

TEST(a_run_that_is_too_quick_for_people)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	for (uint32_t step = 1; step <= 310; step++, w.now += SECOND / 10)
		SAY(&w, .run = "1", .step = step);
	ASSERT_STR(w.kinds, "runaway.speed ");
	detect__free(w.d);
}

TEST(a_run_that_is_stuck)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	for (uint32_t step = 1; step <= 18; step++, w.now += 3 * SECOND)
		SAY(&w, .run = "1", .step = step, .input = 1000 + 150 * step + step % 2,
		    .output = 40, .nano = 1000);
	ASSERT_STR(w.kinds, "runaway.growth ");
	ASSERT_EQ(w.last.figures[0].value, 16);
	detect__free(w.d);
}

TEST(a_run_that_reads_pages_is_none)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	for (uint32_t step = 1, in = 1000; step <= 100; step++, w.now += 3 * SECOND)
		SAY(&w, .run = "1", .step = step, .input = in += 500 + step * step * 37 % 400,
		    .output = 40);
	ASSERT_STR(w.kinds, "");
	detect__free(w.d);
}

TEST(the_same_tools_and_the_same_request)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	for (uint32_t i = 1; i <= 13; i++, w.now += 3 * SECOND)
		SAY(&w, .run = "1", .step = i, .repeats = i, .input = 100 + i * i);
	ASSERT_STR(w.kinds, "runaway.same_tools ");
	for (uint32_t i = 1; i <= 14; i++, w.now += 3 * SECOND)
		SAY(&w, .same = i, .nano = 1000, .failed = true, .pid = 9);
	ASSERT_STR(w.kinds, "runaway.same_tools runaway.resent ");
	ASSERT_EQ(w.last.calls, 13);
	ASSERT_EQ(w.last.nano_usd, 13000);
	ASSERT_EQ(w.last.figures[2].value, 0);
	detect__free(w.d);
}

TEST(prompts_in_prompts)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	for (int i = 0; i < 13; i++, w.now += 3 * SECOND)
		SAY(&w, .input = 100 + 60 * i, .output = 50);
	ASSERT_STR(w.kinds, "runaway.recursion ");
	/* Sorted by length. */
	for (int i = 0; i < 40; i++, w.now += 3 * SECOND)
		SAY(&w, .input = 100 + 8 * i, .output = 50, .pid = 7);
	ASSERT_STR(w.kinds, "runaway.recursion ");
	detect__free(w.d);
}

TEST(two_agents_that_answer_each_other)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	for (uint32_t i = 0; i < 20; i++, w.now += SECOND)
		SAY(&w, .run = i % 2 ? "a" : "b", .step = i / 2 + 1, .took = SECOND * 9 / 10,
		    .input = 100 + i * i, .nano = 500);
	ASSERT_STR(w.kinds, "runaway.turns ");
	/* Both tell it: it is one. */
	ASSERT_EQ(w.again, 0);
	ASSERT_EQ(w.last.figures[0].value, 18);
	detect__free(w.d);
}

TEST(two_people_who_talk_to_one_service_are_none)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	for (uint32_t i = 0; i < 60; i++, w.now += 10 * SECOND)
		SAY(&w, .run = i % 2 ? "a" : "b", .step = i / 2 + 1, .took = 2 * SECOND,
		    .input = 100 + i * i);
	ASSERT_STR(w.kinds, "");
	detect__free(w.d);
}

TEST(callers_that_start_callers)
{
	struct watch w = watch();
	char lineage[64];

	watch_with(&w, NULL);
	/* A shell's are none of each other's. */
	for (uint32_t i = 0; i < 80; i++, w.now += SECOND / 4)
		SAY(&w, .pid = 1000 + i, .lineage = "bash[77] < sshd[5]");
	ASSERT_STR(w.kinds, "");
	for (uint32_t i = 0; i < 60; i++, w.now += SECOND / 4) {
		snprintf(lineage, sizeof(lineage), "sh[3] < agent[%u]", 1999 + i);
		SAY(&w, .pid = 2000 + i, .lineage = lineage);
	}
	ASSERT_STR(w.kinds, "runaway.callers ");
	detect__free(w.d);
}

TEST(dollars_a_minute_as_configured)
{
	struct detect_settings s;
	struct watch w = watch();

	detect_settings__init(&s);
	ASSERT(!detect_settings__set_text(&s, "runaway.usd-per-minute=2.5"));
	watch_with(&w, &s);
	for (int i = 0; i < 10; i++, w.now += SECOND)
		SAY(&w, .nano = 300000000);
	ASSERT_STR(w.kinds, "runaway.spend ");
	ASSERT_EQ(w.last.figures[1].value, 2500000000);
	ASSERT_EQ(w.last.figures[1].unit, FIGURE_NANO_USD);
	/* A minute later it is quiet, and then begins anew. */
	detect__tick(w.d, w.now + 61 * SECOND);
	detect__free(w.d);
}

TEST(steps_a_minute_by_what_is_known)
{
	struct watch w = watch();
	char run[17];
	int id = 0;

	watch_with(&w, NULL);
	for (int day = 0; day < 5; day++, w.now = START + day * DAY)
		for (int i = 0; i < 40; i++, w.now += 10 * SECOND)
			SAY(&w, .run = run_name(run, id++), .step = 2);
	/* A backfill follows nothing. */
	for (int i = 0; i < 2000; i++, w.now += SECOND / 20)
		SAY(&w, .run = run_name(run, id++));
	ASSERT_STR(w.kinds, "");
	for (int i = 0; i < 90; i++, w.now += SECOND / 20)
		SAY(&w, .run = run_name(run, id++), .step = 2);
	ASSERT_STR(w.kinds, "runaway.rate ");
	ASSERT_EQ(w.last.figures[0].value, 61);
	ASSERT_EQ(w.last.figures[1].value, 60);
	detect__free(w.d);
}

TEST(a_detector_that_is_off)
{
	struct detect_settings s;
	struct watch w = watch();

	detect_settings__init(&s);
	ASSERT(!detect_settings__set_text(&s, "runaway=off"));
	watch_with(&w, &s);
	for (uint32_t i = 0; i < 30; i++)
		SAY(&w, .run = "1", .depth = i);
	ASSERT_STR(w.kinds, "");
	detect__free(w.d);
}

TEST(settings_with_mistakes)
{
	struct detect_settings s;

	detect_settings__init(&s);
	ASSERT_STR(detect_settings__set_text(&s, "runawy.depth=3"), "is no detector");
	ASSERT_STR(detect_settings__set_text(&s, "runaway.dpeth=3"),
		   "is nothing that this detector goes by");
	ASSERT_STR(detect_settings__set_text(&s, "runaway.depth=-3"),
		   "give a number; 0: not at all");
	ASSERT_STR(detect_settings__set_text(&s, "runaway.steps-learned=3"),
		   "give a percentage: 300%");
	ASSERT(!detect_settings__set_text(&s, "runaway.steps-learned=0"));
	ASSERT_STR(detect_settings__set_text(&s, "runaway.usd-per-minute=x"),
		   "give dollars: 12.5; 0: not at all");
	ASSERT_STR(detect_settings__set_text(&s, "runaway=3"), "give on or off, or its settings");
	ASSERT_STR(detect_settings__set_text(&s, "runaway"),
		   "give DETECTOR.SETTING=VALUE or DETECTOR=off");
	ASSERT_EQ(s.value[SET_DEPTH], 5);
}

/* ---- what is told how often ------------------------------------------------------------------ */

struct sum {
	int told, distinct;
	uint64_t count;
};

static void on_told(void *ctx, const struct finding *f)
{
	struct sum *s = ctx;

	s->told++;
	s->distinct += !f->again;
	s->count = f->count;
}

static void find(struct telling *t, uint64_t what, uint64_t tenant, int64_t now)
{
	struct finding f = { .since_ns = START };

	telling__add(t, &f, what, tenant, now);
}

TEST(ten_thousand_a_second_are_one)
{
	struct sum s = { 0 };
	struct telling t;
	int64_t now = START;

	telling__init(&t, on_told, &s);
	for (int second = 0; second < 120; second++) {
		for (int i = 0; i < 10000; i++, now += SECOND / 10000)
			find(&t, 1, 1, now);
		telling__tick(&t, now);
	}
	telling__finish(&t);
	ASSERT_EQ(s.distinct, 1);
	ASSERT_EQ(s.told, 3);
	ASSERT_EQ((long long)s.count, 1200000);
	telling__fini(&t);
}

static uint64_t counted; /* of all findings, by their ids' last count */

static void on_counted(void *ctx, const struct finding *f)
{
	static uint64_t last[4096];
	static char ids[4096][33];
	int *n = ctx, i;

	for (i = 0; i < *n && strcmp(ids[i], f->id); i++)
		;
	if (i == *n) {
		strcpy(ids[(*n)++], f->id);
		last[i] = 0;
	}
	counted += f->count - last[i];
	last[i] = f->count;
}

TEST(a_flood_of_different_ones_loses_no_count)
{
	struct telling t;
	int n = 0;

	counted = 0;
	telling__init(&t, on_counted, &n);
	for (uint64_t i = 0; i < 10000; i++)
		find(&t, i, 7, START);
	find(&t, 20000, 8, START); /* another tenant's is told as it is */
	telling__finish(&t);
	ASSERT_EQ((long long)counted, 10001);
	ASSERT_EQ(n, TELLING_NEW + 2);
	telling__fini(&t);
}

TEST(what_was_over_is_another_one)
{
	struct sum s = { 0 };
	struct telling t;

	telling__init(&t, on_told, &s);
	find(&t, 1, 1, START);
	find(&t, 1, 1, START + TELLING_QUIET_NS);
	find(&t, 1, 1, START + 3 * TELLING_QUIET_NS);
	ASSERT_EQ(s.distinct, 2);
	telling__fini(&t);
}

/* ---- who makes room -------------------------------------------------------------------------- */

TEST(a_flood_makes_room_of_its_own)
{
	struct fair f;
	int left = 0;

	fair__init(&f, 100, sizeof(struct fair_item), NULL, NULL);
	for (uint64_t tenant = 1; tenant <= 5; tenant++)
		for (uint64_t i = 0; i < 10; i++)
			ASSERT(fair__make(&f, tenant << 32 | i, tenant));
	for (uint64_t i = 0; i < 10000; i++)
		ASSERT(fair__make(&f, 99ull << 32 | i, 99));
	for (uint64_t tenant = 1; tenant <= 5; tenant++)
		for (uint64_t i = 0; i < 10; i++)
			left += fair__get(&f, tenant << 32 | i) != NULL;
	ASSERT_EQ(left, 50);
	/* Of its own the newest are left. */
	ASSERT(fair__get(&f, 99ull << 32 | 9999));
	ASSERT(!fair__get(&f, 99ull << 32 | 9949));
	fair__fini(&f);
}

TEST(what_is_used_stays)
{
	struct fair f;

	fair__init(&f, 10, sizeof(struct fair_item), NULL, NULL);
	for (uint64_t i = 0; i < 10; i++)
		fair__make(&f, i, 1);
	fair__get(&f, 0);
	fair__make(&f, 10, 1);
	ASSERT(fair__get(&f, 0));
	ASSERT(!fair__get(&f, 1));
	fair__fini(&f);
}

TEST_MAIN()
