// SPDX-License-Identifier: BSD-2-Clause
/* The live table: what it shows of calls, and what keys do. */
#include "top_fixture.h"

TEST(rows_have_what_their_calls_come_to)
{
	struct top *t = begun();

	tell(t, call_of("shop", 10, 2 * DOLLARS));
	tell(t, call_of("shop", 300, DOLLARS));
	tell(t, call_of("desk", 65, DOLLARS / 2));
	screen(t, 80, 24);
	ASSERT_STR(
		line(shown, "shop"),
		"shop                      0.3000     3.0000      4.0     0.2  25%    -    -  10s");
	ASSERT_STR(
		line(shown, "desk"),
		"desk                      0.0500     0.5000      2.0     0.1  25%    -    -  65s");
	/* the last minute's of all, today's, the window's */
	ASSERT(strstr(shown, "now $2.00/min"));
	ASSERT(strstr(shown, "today $3.50"));
	ASSERT(strstr(shown, "in 10 min  $3.50  3 calls"));
	ASSERT(strstr(shown, "priced: 100.0% exact"));
	/* the dearest first */
	ASSERT(strstr(shown, "\nshop") < strstr(shown, "\ndesk"));
	top__free(t);
}

TEST(unknown_is_not_zero)
{
	struct top *t = begun();
	struct ledger_call c = call_of("dark", 1, -1);

	c.input = c.output = c.cache_read = -1;
	tell(t, c);
	c = call_of("guess", 1, DOLLARS);
	c.estimated = true;
	tell(t, c);
	tell(t, call_of("part", 1, DOLLARS));
	tell(t, call_of("part", 1, -1));
	c = call_of("plan", 1, 0);
	c.subscription_nano = DOLLARS;
	tell(t, c);
	c = call_of("refused", 1, 0);
	c.result = "refused";
	c.not_billed = true;
	tell(t, c);
	c = call_of("liar", 1, DOLLARS);
	c.implausible = true;
	tell(t, c);
	screen(t, 80, 24);
	ASSERT_STR(
		line(shown, "dark"),
		"dark                           ?          ?        ?     0.1    -    -    -   1s");
	ASSERT(strstr(line(shown, "guess"), " ~1.0000 "));
	ASSERT(strstr(line(shown, "part"), " 1.0000? "));
	ASSERT(strstr(line(shown, "plan"), "  -  "));
	ASSERT(strstr(line(shown, "plan"), " (1.0000) "));
	ASSERT(strstr(line(shown, "refused"), " -  "));
	ASSERT(strstr(line(shown, "refused"), "   1    -   1s"));
	ASSERT(strstr(line(shown, "liar"), " 1.0000! "));
	ASSERT(strstr(shown, "priced: 42.9% exact, ~14.3% estimated, ?28.6% not"));
	/* what has no figure is behind all that has, whichever way it is sorted */
	ASSERT(strstr(shown, "\ndark") > strstr(shown, "\nplan"));
	type(t, "i");
	screen(t, 80, 24);
	ASSERT(strstr(shown, "\ndark") > strstr(shown, "\nplan"));
	ASSERT(strstr(shown, "\nguess") > strstr(shown, "\nplan"));
	top__free(t);
}

TEST(a_call_leaves_when_the_window_has_passed_it)
{
	struct top *t = begun();
	struct top_time later = noon;

	tell(t, call_of("old", 590, DOLLARS));
	tell(t, call_of("new", 5, DOLLARS));
	/* one that was written late, and ended before the first */
	tell(t, call_of("late", 595, DOLLARS));
	ASSERT(*line(screen(t, 80, 24), "late"));
	later.now_ns += 7 * SECOND;
	top__tick(t, &later);
	{
		struct page p;

		ASSERT_EQ(page__init(&p, 80, 24, false), 0);
		top__draw(t, &p);
		ASSERT(strstr(p.line[1].text, "2 calls"));
		later.now_ns += 600 * SECOND;
		top__tick(t, &later);
		top__draw(t, &p);
		ASSERT(strstr(p.line[1].text, "$0.00  0 calls"));
		ASSERT(strstr(p.line[6].text, "nothing in this window"));
		page__fini(&p);
	}
	top__free(t);
}

TEST(what_is_charged_elsewhere_is_in_no_sum)
{
	struct top *t = begun();
	struct ledger_call c = call_of("proxy", 1, 0);

	c.passed_through = true;
	tell(t, c);
	ASSERT(strstr(screen(t, 80, 24), "$0.00  0 calls"));
	top__free(t);
}

TEST(what_is_under_way_has_a_row)
{
	struct top *t = begun();
	struct ledger_flight f = { .start_ns = NOW - 42 * SECOND };

	for (size_t i = 0; i < LEDGER_CALL_KEYS; i++)
		f.key[i] = "";
	tell(t, call_of("shop", 3, DOLLARS));
	f.key[VIEW_SERVICE] = "shop";
	top__flight(t, &f);
	top__flight(t, &f);
	f.key[VIEW_SERVICE] = "first";
	top__flight(t, &f);
	screen(t, 80, 24);
	ASSERT(strstr(shown, "3 live"));
	ASSERT(strstr(line(shown, "shop"), "   2   3s"));
	ASSERT_STR(
		line(shown, "first"),
		"first                          ?          ?        ?     0.0    -    -    1  42s");
	top__forget_flights(t);
	screen(t, 80, 24);
	ASSERT(strstr(line(shown, "shop"), "   -   3s"));
	ASSERT(!*line(shown, "first"));
	top__free(t);
}

TEST(keys_choose_table_window_and_order)
{
	struct top *t = begun();
	int64_t since;

	tell(t, call_of("b", 1, 2 * DOLLARS));
	tell(t, call_of("a", 1, DOLLARS));
	type(t, "m");
	ASSERT(*line(screen(t, 80, 24), "gpt-x"));
	type(t, "s");
	screen(t, 80, 24);
	ASSERT(strstr(shown, "\nb ") < strstr(shown, "\na "));
	type(t, "i");
	screen(t, 80, 24);
	ASSERT(strstr(shown, "\nb ") > strstr(shown, "\na "));
	ASSERT(strstr(shown, "total $▴"));
	type(t, "i<<"); /* by name */
	screen(t, 80, 24);
	ASSERT(strstr(shown, "\nb ") > strstr(shown, "\na "));
	ASSERT(!top__wants_reading(t));
	type(t, "3");
	ASSERT(top__wants_reading(t));
	top__begin(t, &noon, &since);
	ASSERT_EQ(since, NOW - HOUR);
	type(t, "4");
	top__begin(t, &noon, &since);
	ASSERT_EQ(since, noon.today_ns);
	type(t, "1");
	top__begin(t, &noon, &since);
	ASSERT_EQ(since, NOW - MINUTE);
	ASSERT(!top__key(t, 'q'));
	top__free(t);
}

TEST(a_filter_is_typed)
{
	struct top *t = begun();

	tell(t, call_of("Checkout", 1, DOLLARS));
	tell(t, call_of("search", 1, DOLLARS));
	type(t, "/check");
	screen(t, 80, 24);
	ASSERT(*line(shown, "Checkout"));
	ASSERT(!*line(shown, "search"));
	ASSERT(strstr(shown, "/check_"));
	top__key(t, TOP_BACKSPACE);
	top__key(t, 0xe9); /* é */
	ASSERT(strstr(screen(t, 80, 24), "no name has these letters"));
	top__key(t, TOP_BACKSPACE);
	top__key(t, TOP_ENTER);
	ASSERT(*line(screen(t, 80, 24), "Checkout"));
	top__key(t, TOP_ESCAPE);
	ASSERT(*line(screen(t, 80, 24), "search"));
	for (int i = 0; i < 500; i++) /* more than it holds */
		type(t, "/\xff"
			"aaaa");
	screen(t, 80, 24);
	top__free(t);
}

TEST(keys_that_come_at_once_act_one_upon_the_other)
{
	struct top *t = begun();

	tell(t, call_of("shop", 3, DOLLARS));
	tell(t, call_of("desk", 3, DOLLARS / 2));
	screen(t, 80, 24);
	type(t, "/desk");
	top__key(t, TOP_ENTER);
	top__key(t, TOP_ENTER);
	ASSERT(strstr(screen(t, 80, 24), "desk › "));
	top__free(t);
}

TEST(an_owner_is_looked_into_and_left)
{
	struct top *t = begun();
	struct ledger_call c = call_of("shop", 3, DOLLARS);
	int64_t since;

	tell(t, c);
	tell(t, call_of("desk", 3, DOLLARS / 2));
	screen(t, 80, 24);
	top__key(t, TOP_DOWN);
	screen(t, 80, 24);
	top__key(t, TOP_ENTER);
	ASSERT(top__wants_reading(t));
	top__begin(t, &noon, &since);
	tell(t, c);
	c.key[VIEW_MODEL] = "gpt-y";
	c.key[VIEW_SERVICE] = "desk";
	c.nano_usd = 1234;
	tell(t, c);
	top__have_read(t);
	screen(t, 80, 24);
	ASSERT(strstr(shown, "desk › "));
	ASSERT(*line(shown, "gpt-y"));
	ASSERT(!*line(shown, "gpt-x"));
	ASSERT(strstr(shown, "the last calls"));
	ASSERT(strstr(shown, "$0.000001234"));
	top__key(t, TOP_ESCAPE);
	ASSERT(top__wants_reading(t));
	top__begin(t, &noon, &since);
	ASSERT(strstr(screen(t, 80, 24), "[services]"));
	top__free(t);
}

TEST(the_bar_stays_on_its_row)
{
	struct top *t = begun();
	struct page p;

	tell(t, call_of("a", 1, 3 * DOLLARS));
	tell(t, call_of("b", 1, 2 * DOLLARS));
	screen(t, 80, 24);
	top__key(t, TOP_DOWN);
	tell(t, call_of("b", 1, 9 * DOLLARS)); /* it is the first now */
	ASSERT_EQ(page__init(&p, 80, 24, false), 0);
	top__draw(t, &p);
	ASSERT_EQ(p.line[5].text[0], 'b');
	ASSERT_EQ(p.line[5].run[0].style, STYLE_CHOSEN);
	page__fini(&p);
	top__free(t);
}

TEST(a_run_is_its_tree)
{
	struct top *t = begun();
	struct ledger_call c = call_of("agent", 1, DOLLARS);

	c.key[VIEW_RUN] = "r1";
	tell(t, c);
	c.key[VIEW_RUN] = "r2"; /* its sub-agent is in its row */
	c.key[TOP_VIEWS] = "r1";
	tell(t, c);
	type(t, "r");
	ASSERT(strstr(line(screen(t, 80, 24), "r1 agent"), " 2.0000 "));
	ASSERT(!*line(shown, "r2"));
	top__key(t, TOP_ENTER);
	ASSERT_STR(top__wants_run(t, 80), "r1");
	ASSERT(!top__wants_run(t, 80)); /* until it has another call, or another screen */
	ASSERT(strstr(screen(t, 80, 24), "reading the run"));
	top__run(t, "run r1  agent\nSTEP MODEL\n1    gpt-x\x1b[2J\n2    gpt-x\n", NULL);
	screen(t, 80, 24);
	ASSERT(strstr(shown, "\nrun r1  agent\nSTEP MODEL\n1    gpt-x?[2J\n2    gpt-x\n"));
	screen(t, 80, 8); /* two lines at a time */
	ASSERT(*line(shown, "run r1"));
	ASSERT(!*line(shown, "1    gpt-x"));
	ASSERT(strstr(shown, "1-2 of 4"));
	top__key(t, TOP_END);
	screen(t, 80, 8);
	ASSERT(*line(shown, "2    gpt-x"));
	ASSERT(!*line(shown, "run r1"));
	ASSERT_STR(top__wants_run(t, 100), "r1");
	tell(t, c);
	ASSERT_STR(top__wants_run(t, 100), "r1");
	top__run(t, NULL, "it is gone");
	ASSERT(*line(screen(t, 80, 24), "it is gone"));
	top__key(t, TOP_ESCAPE);
	ASSERT(strstr(screen(t, 80, 24), "[runs]"));
	top__free(t);
}

TEST(a_meter_that_does_not_run_is_told)
{
	struct top *t = begun();

	top__meter(t, false, NOW - 300 * SECOND);
	ASSERT(strstr(screen(t, 80, 24), "no meter is running, the last wrote 5m ago"));
	top__free(t);
}

TEST(what_was_found_stands_below_the_table)
{
	static const char *const names[] = { "runaway.depth", "budgets.step", "trust.plain_text",
					     "budgets.exceeded" };
	struct top *t = begun();

	for (int i = 0; i < 30; i++) {
		char name[24];

		snprintf(name, sizeof(name), "service%d", i);
		tell(t, call_of(name, 5, DOLLARS));
	}
	ASSERT(!strstr(screen(t, 100, 24), "\n! "));
	for (int i = 0; i < 4; i++) {
		struct top_notice n = { .at_ns = NOW + i * MINUTE, .critical = i == 3 };

		strcpy(n.name, names[i]);
		memset(n.text, 'x', sizeof(n.text) - 1);
		top__notice(t, &n);
	}
	/* The newest three, cut at the edge, above the keys. */
	ASSERT_EQ(strlen(line(screen(t, 100, 24), "! 14:43 budgets.exceeded  xxx")) < 110, 1);
	ASSERT_EQ(*line(shown, "! 14:43") != '\0', 1);
	ASSERT_EQ(*line(shown, "! 14:41") != '\0', 1);
	ASSERT_EQ(*line(shown, "! 14:40") != '\0', 0);
	/* A page of no height keeps its table. */
	ASSERT(!strstr(screen(t, 100, 10), "\n! "));
	for (int height = 1; height < 30; height++)
		screen(t, 20, height);
	top__forget_notices(t);
	ASSERT(!strstr(screen(t, 100, 24), "\n! "));
	top__free(t);
}

TEST(midnight_begins_another_day)
{
	struct top *t = begun();
	struct top_time later = noon;

	later.today_ns += 24 * HOUR;
	later.now_ns += 12 * HOUR;
	ASSERT(!top__wants_reading(t));
	top__tick(t, &later);
	ASSERT(top__wants_reading(t));
	top__free(t);
}

TEST(the_json_has_every_row)
{
	struct top *t = begun();
	char *json = NULL;
	size_t n;
	FILE *out = open_memstream(&json, &n);

	tell(t, call_of("shop\n", 10, 1500000001));
	top__tick(t, &noon);
	ASSERT_EQ(top__json(t, out), 0);
	fclose(out);
	ASSERT(strstr(json, "\"name\":\"shop\\n\""));
	ASSERT(strstr(json, "\"nano_usd\":1500000001"));
	ASSERT(strstr(json, "\"usd\":\"1.500000001\""));
	ASSERT(strstr(json, "\"by\":\"service\",\"window\":\"10m\""));
	free(json);
	top__free(t);
}

/* What GPUs of this host cost stands beside what is paid for calls; without GPUs nothing of it. */
TEST(gpus_beside_dollars)
{
	struct top *t = begun();
	struct ledger_call local = call_of("vllm", 5, -1), other = call_of("vllm", 4, -1);
	struct ledger_call api = call_of("checkout", 3, 3 * DOLLARS);
	struct ledger_gpu_total g = { .devices = 2,
				      .ns = 1200 * SECOND,
				      .known_ns = 1000 * SECOND,
				      .busy_ns = 480 * SECOND,
				      .priced_ns = 1200 * SECOND,
				      .nano_usd = 983333333,
				      .part_nano = { [GPU_PART_REQUEST] = 420000000,
						     [GPU_PART_UNATTRIBUTED] = 12000000,
						     [GPU_PART_HELD] = 551333333 } };
	FILE *out;

	tell(t, api);
	ASSERT(!strstr(screen(t, 80, 24), "GPU"));
	local.gpu_ns = 3 * SECOND;
	local.gpu_nano = 400000000;
	other.gpu_ns = SECOND / 2;
	other.gpu_nano = 20000000;
	tell(t, local);
	tell(t, other);
	top__gpus(t, &g);
	screen(t, 80, 24);
	ASSERT_STR(line(shown, "GPUs:"),
		   "GPUs: 2 here, 48% busy  $0.9833: calls $0.4200, unseen $0.0120, idle $0.5513");
	ASSERT(strstr(line(shown, "services"), "GPU $"));
	ASSERT(strstr(line(shown, "vllm"), " 0.4200 "));
	ASSERT(strstr(line(shown, "checkout"), " 3.0000 "));
	ASSERT(strstr(line(shown, "checkout"), " - "));
	ASSERT(!strstr(line(shown, "services"), "GPU s"));
	/* One of them has no price now: the sum is less than it was, and is marked. */
	local.gpu_nano = -1;
	tell(t, local);
	ASSERT(strstr(line(screen(t, 110, 24), "vllm"), "0.4200?"));
	ASSERT(strstr(line(shown, "vllm"), "    6.5s "));
	out = fmemopen(shown, sizeof(shown) - 1, "w");
	ASSERT_EQ(top__json(t, out), 0);
	fclose(out);
	ASSERT(strstr(shown, "\"gpu_calls\":3,\"gpu_unpriced\":1"));
	ASSERT(strstr(shown, "\"gpu_ns\":6500000000,\"gpu_nano_usd\":420000000"));
	ASSERT(strstr(shown, "\"gpus\":{\"devices\":2"));
	top__free(t);
}

/* No price at all: their time alone. */
TEST(gpus_without_a_price)
{
	struct top *t = begun();
	struct ledger_call local = call_of("vllm", 5, -1);
	struct ledger_gpu_total g = { .devices = 1, .ns = 60 * SECOND };

	local.gpu_ns = 3 * SECOND + SECOND / 4;
	local.gpu_nano = -1;
	tell(t, local);
	top__gpus(t, &g);
	screen(t, 80, 24);
	ASSERT_STR(line(shown, "GPUs:"), "GPUs: 1 here, nobody can tell how busy  without a price");
	ASSERT(strstr(line(shown, "vllm"), " 3.2s "));
	top__free(t);
}

TEST_MAIN()
