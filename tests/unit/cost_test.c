// SPDX-License-Identifier: BSD-2-Clause
/* What a provider says that a call cost, against what a list gives. */
#include "detect_fixture.h"

#define CENT 10000000ll

struct priced {
	const char *provider, *model, *service;
	int64_t told, list;
	bool gateway, one_figure, estimated, unpriced, subscription;
};

/* A provider's own figure is the charge; a gateway's is beside the list's. */
static void ask(struct watch *w, struct priced p)
{
	struct story s = { .service = p.service, .model = p.model ? p.model : "qwen3-coder" };
	struct exchange x;
	struct call c;
	struct charge ch;
	struct owner o;
	struct run_link l;
	struct entry e = { .call = &c, .charge = &ch, .owner = &o, .link = &l };

	call_of(w, &s, &x, &c, &ch, &o, &l);
	c.provider = p.provider ? p.provider : "openrouter";
	c.cost_told = !p.gateway;
	c.cost_claimed = p.gateway;
	if (p.estimated)
		c.usage_source = USAGE_ESTIMATED;
	ch = (struct charge){ .basis = p.gateway ? CHARGE_COMPUTED : CHARGE_REPORTED,
			      .total = p.gateway ? p.list : p.told,
			      .compared = !p.one_figure,
			      .compared_nano = p.gateway ? p.told : p.list,
			      .unpriced = p.unpriced,
			      .price_id = "openrouter/qwen/qwen3-coder" };
	if (p.subscription)
		charge__not_spent(&ch);
	e.wall_end_ns = w->now;
	detect__entry(w->d, &e);
	w->now += SECOND;
}

#define ASK(w, ...) ask(w, (struct priced){ __VA_ARGS__ })

TEST(a_price_that_is_right_is_none)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	for (int i = 0; i < 1000; i++)
		ASK(&w, .told = 100 * CENT, .list = i % 2 ? 99 * CENT : 101 * CENT - 1);
	/* Rounding of each class is none either, however much it is of a small call. */
	for (int i = 0; i < 1000; i++)
		ASK(&w, .told = 10, .list = 5);
	detect__finish(w.d);
	ASSERT_STR(w.kinds, "");
	detect__free(w.d);
}

TEST(calls_of_a_model_are_one_finding_that_counts_them)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	ASK(&w, .told = 40 * CENT, .list = 40 * CENT);
	for (int i = 0; i < 9; i++)
		ASK(&w, .told = 22 * CENT / 2, .list = 10 * CENT);
	ASSERT_STR(w.kinds, ""); /* nine cents of a day's */
	for (int i = 0; i < 11; i++)
		ASK(&w, .told = 11 * CENT, .list = 10 * CENT, .service = i % 2 ? "shop" : "search");
	detect__finish(w.d);
	ASSERT_STR(w.kinds, "cost.differs ");
	ASSERT_STR(w.last.what, "openrouter qwen3-coder, priced as openrouter/qwen/qwen3-coder");
	ASSERT_EQ(w.last.severity, FINDING_NOTICE);
	ASSERT_EQ(w.last.count, 11);
	ASSERT_EQ(w.last.calls, 20);
	ASSERT_EQ(w.last.nano_usd, 220 * CENT);
	ASSERT_EQ(w.last.since_ns, START + SECOND - SECOND / 2);
	ASSERT_STR(w.last.figures[0].name, "provider_tells");
	ASSERT_EQ(w.last.figures[0].value, 220 * CENT);
	ASSERT_EQ(w.last.figures[1].value, 200 * CENT);
	ASSERT_EQ(w.last.figures[2].value, 20 * CENT);
	ASSERT_EQ(w.last.figures[3].value, 9);
	ASSERT_EQ(w.last.figures[5].value, 21);
	detect__free(w.d);
}

TEST(models_and_who_tells_are_told_apart)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	for (int i = 0; i < 3; i++) {
		ASK(&w, .told = 100 * CENT, .list = 10 * CENT);
		ASK(&w, .told = 10 * CENT, .list = 100 * CENT, .model = "glm-4.6");
		ASK(&w, .told = 100 * CENT, .list = 10 * CENT, .provider = "perplexity");
		ASK(&w, .told = 100 * CENT, .list = 10 * CENT, .gateway = true);
	}
	ASSERT_STR(w.kinds, "cost.differs cost.differs cost.differs cost.differs ");
	ASSERT_STR(w.last.figures[0].name, "gateway_tells");
	ASSERT_EQ(w.last.figures[0].value, 100 * CENT);
	ASSERT_EQ(w.last.figures[1].value, 10 * CENT);
	detect__free(w.d);
}

TEST(what_is_no_measure_is_not_compared)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	ASK(&w, .told = 100 * CENT, .one_figure = true);
	ASK(&w, .told = 100 * CENT, .list = 10 * CENT, .estimated = true);
	ASK(&w, .told = 100 * CENT, .list = 10 * CENT, .estimated = true, .gateway = true);
	ASK(&w, .told = 100 * CENT, .list = 10 * CENT, .unpriced = true);
	ASK(&w, .told = 100 * CENT, .list = 10 * CENT, .subscription = true);
	detect__finish(w.d);
	ASSERT_STR(w.kinds, "");
	detect__free(w.d);
}

TEST(each_day_is_added_up_by_itself)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	ASK(&w, .told = 11 * CENT, .list = 10 * CENT);
	w.now += DAY;
	for (int i = 0; i < 9; i++)
		ASK(&w, .told = 11 * CENT, .list = 10 * CENT);
	ASSERT_STR(w.kinds, "");
	ASK(&w, .told = 11 * CENT, .list = 10 * CENT);
	ASSERT_STR(w.kinds, "cost.differs ");
	ASSERT_EQ(w.last.calls, 10);
	detect__free(w.d);
}

TEST(it_goes_by_what_is_set)
{
	struct detect_settings s;
	struct watch w = watch(), off = watch();

	detect_settings__init(&s);
	ASSERT(!detect_settings__set_text(&s, "cost.apart=20%"));
	ASSERT(!detect_settings__set_text(&s, "cost.apart-usd=0"));
	watch_with(&w, &s);
	ASK(&w, .told = 12 * CENT, .list = 10 * CENT);
	ASSERT_STR(w.kinds, "");
	ASK(&w, .told = 130, .list = 100);
	ASSERT_STR(w.kinds, "cost.differs ");
	detect__free(w.d);
	ASSERT(!detect_settings__set_text(&s, "cost.apart=0"));
	watch_with(&off, &s);
	ASK(&off, .told = 100 * CENT, .list = 1);
	ASSERT_STR(off.kinds, "");
	detect__free(off.d);
}

/* Sums of what can't be are the largest there is, not less than nothing. */
TEST(sums_do_not_wrap)
{
	struct watch w = watch();

	watch_with(&w, NULL);
	for (int i = 0; i < 3; i++)
		ASK(&w, .told = INT64_MAX, .list = CENT, .gateway = true);
	detect__finish(w.d);
	ASSERT_EQ(w.last.calls, 3);
	ASSERT_EQ(w.last.figures[0].value, INT64_MAX);
	ASSERT_EQ(w.last.figures[1].value, 3 * CENT);
	ASSERT_EQ(w.last.figures[2].value, INT64_MAX);
	ASSERT_EQ(w.last.figures[3].value, 100);
	detect__free(w.d);
}

TEST_MAIN()
