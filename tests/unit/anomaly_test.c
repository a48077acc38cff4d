// SPDX-License-Identifier: BSD-2-Clause
/* What is unusual for an owner, and trust that has ended. */
#include <errno.h>

#include "detect_fixture.h"

#define USD 1000000000ll

/* So many days of the same: an hour at noon that costs a dollar, ten of them on Mondays. */
static void live(struct watch *w, int days)
{
	for (int day = 0; day < days; day++, w->now = START + day * DAY)
		for (int i = 0; i < 10; i++, w->now += 60 * SECOND)
			SAY(w, .nano = (day % 7 == 5 ? 10 : 1) * USD / 10, .model = "gpt-4o",
			    .key = "k1");
}

TEST(an_hour_that_costs_what_none_did)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	live(&w, 13);
	ASSERT_STR(w.kinds, "");
	/* A Monday's ten dollars are known; fifty-one are not. */
	for (int i = 0; i < 51; i++, w.now += 30 * SECOND)
		SAY(&w, .nano = USD, .model = "gpt-4o", .key = "k1");
	ASSERT_STR(w.kinds, "anomaly.spend ");
	ASSERT_EQ(w.last.severity, FINDING_NOTICE);
	ASSERT_EQ(w.last.figures[1].value, 10 * USD);
	detect__free(w.d);
}

TEST(nothing_is_unusual_for_who_is_not_known)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	live(&w, 5);
	for (int i = 0; i < 51; i++, w.now += 30 * SECOND)
		SAY(&w, .nano = USD, .model = "gpt-4o", .key = "k1");
	ASSERT_STR(w.kinds, "");
	detect__free(w.d);
}

TEST(a_model_a_key_and_a_host_that_are_new)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	live(&w, 5);
	SAY(&w, .model = "gpt-9", .key = "k1");
	ASSERT_STR(w.last.what, "gpt-9");
	SAY(&w, .model = "gpt-9", .key = "k2");
	SAY(&w, .model = "gpt-4o", .key = "k1", .host = "api.shadow.example");
	ASSERT_STR(w.kinds, "anomaly.new_model anomaly.new_key anomaly.new_host ");
	ASSERT_STR(w.last.what, "api.shadow.example");
	ASSERT_EQ(w.again, 0);
	detect__free(w.d);
}

TEST(a_key_in_two_places)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	SAY(&w, .service = "a", .key = "k1", .uid = 1000);
	SAY(&w, .service = "b", .key = "k1", .uid = 1000); /* another program of his */
	ASSERT_STR(w.kinds, "");
	SAY(&w, .service = "c", .key = "k1", .uid = 1001);
	ASSERT_STR(w.kinds, "trust.shared_key ");
	ASSERT_STR(w.last.what, "k1, also of a");
	detect__free(w.d);
}

TEST(forged_figures_are_a_finding_on_who_forges_them)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	SAY(&w, .service = "a", .nano = 1000000 * USD, .input = 1000000000000, .implausible = true);
	ASSERT_STR(w.kinds, "trust.implausible ");
	ASSERT_STR(w.last.service, "a");
	ASSERT_EQ(w.last.nano_usd, 0);
	ASSERT_EQ(w.last.proc.tgid, 4711);
	detect__free(w.d);
}

static void remember(void *ctx, const struct learnt *l)
{
	ASSERT_EQ(detect__past_learnt(ctx, l), 0);
}

/* Numbers that no detector wrote, and each beginning of those that one did. */
static void remember_wrong(void *ctx, const struct learnt *l)
{
	int64_t wrong[LEARNT_MAX];
	struct learnt bad = *l;

	for (bad.count = 0; bad.count < l->count; bad.count++)
		ASSERT_EQ(detect__past_learnt(ctx, &bad), -EBADMSG);
	bad.n = wrong;
	bad.count = l->count;
	for (size_t i = 0; i < l->count; i++) {
		memcpy(wrong, l->n, l->count * sizeof(wrong[0]));
		wrong[i] = INT64_MIN;
		detect__past_learnt(ctx, &bad);
	}
	wrong[0] = 99;
	ASSERT_EQ(detect__past_learnt(ctx, &bad), -EBADMSG);
	bad.detector = "trust";
	ASSERT_EQ(detect__past_learnt(ctx, &bad), -EBADMSG);
}

static void count(void *ctx, const struct learnt *l)
{
	++*(int *)ctx;
}

TEST(who_is_started_again_knows_its_owners)
{
	struct watch w = watch(), again = watch();
	int rows = 0;

	watch_with(&w, NULL);
	live(&w, 13);
	again.now = w.now;
	watch_with(&again, NULL);
	detect__each_learnt(w.d, remember, again.d);
	detect__each_learnt(w.d, count, &rows);
	ASSERT_EQ(rows, 0); /* nobody was seen since */
	SAY(&again, .nano = USD, .model = "gpt-4o", .key = "k1");
	detect__each_learnt(again.d, count, &rows);
	ASSERT_EQ(rows, 2); /* the owner, of both detectors that learn */
	for (int i = 0; i < 50; i++, again.now += 30 * SECOND)
		SAY(&again, .nano = USD, .model = "gpt-4o", .key = "k1");
	SAY(&again, .model = "gpt-9", .key = "k1");
	ASSERT_STR(again.kinds, "anomaly.spend anomaly.new_model ");
	ASSERT_EQ(again.last.severity, FINDING_NOTICE);
	detect__free(w.d);
	detect__free(again.d);
}

TEST(what_no_detector_has_learnt_is_refused)
{
	struct watch w = watch(), again = watch();

	watch_with(&w, NULL);
	watch_with(&again, NULL);
	live(&w, 3);
	detect__each_learnt(w.d, remember_wrong, again.d);
	SAY(&again, .nano = USD, .model = "gpt-4o", .key = "k1");
	detect__free(w.d);
	detect__free(again.d);
}

TEST_MAIN()
