// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "base/decimal.h"
#include "price/price.h"
#include "price/catalogue.h"
#include "test.h"

TEST(decimals_are_exact_both_ways)
{
	static const struct {
		const char *text;
		int64_t nano;
		int err;
		const char *back;
	} cases[] = {
		{ "0", 0, 0, "0.0" },
		{ "2.5", 2500000000, 0, "2.5" },
		{ "0.01875", 18750000, 0, "0.01875" },
		{ "0.000000001", 1, 0, "0.000000001" },
		{ "0.0000000010", 1, 0, "0.000000001" },
		{ "15", 15000000000, 0, "15.0" },
		{ ".5", 500000000, 0, "0.5" },
		{ "9223372036.854775807", INT64_MAX, 0, "9223372036.854775807" },
		{ "9223372036.854775808", 0, -ERANGE, NULL },
		{ "0.0000000001", 0, -ERANGE, NULL },
		{ "", 0, -EBADMSG, NULL },
		{ ".", 0, -EBADMSG, NULL },
		{ "1e3", 0, -EBADMSG, NULL },
		{ "-1", 0, -EBADMSG, NULL },
		{ "1.2.3", 0, -EBADMSG, NULL },
	};
	char text[40];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t nano = 0;

		ASSERT_EQ(decimal_to_nano(span_str(cases[i].text), &nano), cases[i].err);
		ASSERT_EQ(nano, cases[i].nano);
		if (!cases[i].back)
			continue;
		decimal_from_nano(nano, text, sizeof(text));
		ASSERT_STR(text, cases[i].back);
	}
	decimal_from_nano(-1500000000, text, sizeof(text));
	ASSERT_STR(text, "-1.5");
	decimal_from_nano(INT64_MIN, text, sizeof(text));
	ASSERT_STR(text, "-9223372036.854775808");
}

TEST(a_class_is_rounded_once_half_to_even)
{
	static const struct {
		int64_t units, price, nano;
	} cases[] = {
		{ 1000000, 2500000000, 2500000000 },
		{ 1, 18750000, 19 },  /* 18.75 */
		{ 2, 18750000, 38 },  /* 37.5: to even */
		{ 6, 18750000, 112 }, /* 112.5: to even */
		{ 1, 500000, 0 },     /* 0.5 */
		{ 3, 500000, 2 },     /* 1.5 */
		{ 1, 500001, 1 },
		{ 0, 500000, 0 },
		{ 123456789012, 15000000000, 1851851835180000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t nano;

		ASSERT_EQ(price_multiply(cases[i].units, cases[i].price, &nano), 0);
		ASSERT_EQ(nano, cases[i].nano);
	}
	ASSERT_EQ(price_multiply(INT64_MAX, INT64_MAX, &(int64_t){ 0 }), -ERANGE);
}

TEST(the_builtin_catalogue_is_read)
{
	struct price_list *l = price_list__builtin();

	ASSERT(l);
	ASSERT(price_list__count(l) > 200);
	ASSERT_STR(price_list__version(l), "2026-09-23");
	price_list__free(l);
}

#define HEADING "provider\tmodel\ttier\tover\tmatch\tinput\tcache_read\toutput\n"

static const char list[] = "# version test\n" HEADING
			   "openai\tgpt-x\tdefault\t\t=gpt-x =gpt-x-####-##-##\t2.5\t1.25\t10\n"
			   "openai\tgpt-x\tdefault\t1000\t=gpt-x\t5\t2.5\t15\n"
			   "openai\tgpt-x\tflex\t\t=gpt-x\t1.25\t\t5\n"
			   "openai\tgpt-x-mini\tdefault\t\t^gpt-x-mini\t0.01875\t\t0.6\n"
			   "openai\tembed\tdefault\t\t^embed\t0.02\t\t\n"
			   "openai\tplain\tdefault\t\tplain other\t1\t\t2\n"
			   "anthropic\tclaude-y\tdefault\t\t^claude-y ^claude-5-y\t3\t0.3\t15\n"
			   "anthropic\tclaude-y-fast\tdefault\t\t^claude-y-fast\t30\t3\t150\n";

struct want {
	const char *provider, *requested, *served, *tier;
	int64_t in, cached, write_1h, out; /* -1: unknown */
	enum call_result result;
	const char *id;
	enum charge_basis basis;
	int64_t total;
};

static void set(struct usage *u, enum usage_class c, int64_t n)
{
	if (n >= 0)
		usage__set(u, c, n);
}

TEST(charges)
{
	static const struct want cases[] = {
		{ "openai", "gpt-x", "gpt-x-2026-01-31", "", 100, 0, -1, 10, CALL_OK,
		  "openai/gpt-x", CHARGE_COMPUTED, 350000 },
		/* case is ignored; the requested model stands in where none was served */
		{ "openai", "GPT-X", "", "default", 100, -1, -1, 10, CALL_OK, "openai/gpt-x",
		  CHARGE_COMPUTED, 350000 },
		{ "openai", "gpt-x", "gpt-x", "auto", 100, 40, -1, 10, CALL_OK, "openai/gpt-x",
		  CHARGE_COMPUTED, 400000 },
		/* beyond the step all tokens cost more; caches count for the context */
		{ "openai", "gpt-x", "gpt-x", "", 901, 100, -1, 1, CALL_OK, "openai/gpt-x",
		  CHARGE_COMPUTED, 901 * 5000 + 100 * 2500 + 15000 },
		{ "openai", "gpt-x", "gpt-x", "", 900, 100, -1, 1, CALL_OK, "openai/gpt-x",
		  CHARGE_COMPUTED, 900 * 2500 + 100 * 1250 + 10000 },
		/* no discount for caches in the list: input like any other */
		{ "openai", "gpt-x", "gpt-x", "flex", 100, 100, -1, 0, CALL_OK, "openai/gpt-x",
		  CHARGE_COMPUTED, 250000 },
		/* a tier without a price is not the default one */
		{ "openai", "gpt-x", "gpt-x", "scale", 100, 0, -1, 10, CALL_OK, "", CHARGE_UNKNOWN,
		  0 },
		{ "openai", "gpt-x", "gpt-x-mini-2025", "", 2, -1, -1, 0, CALL_OK,
		  "openai/gpt-x-mini", CHARGE_COMPUTED, 38 },
		{ "azure.ai.openai", "deployment", "gpt-x", "", 100, -1, -1, 10, CALL_OK,
		  "openai/gpt-x", CHARGE_COMPUTED, 350000 },
		/* a pattern without a sign is a whole name */
		{ "openai", "", "Plain", "", 1, -1, -1, 1, CALL_OK, "openai/plain", CHARGE_COMPUTED,
		  3000 },
		{ "openai", "", "plain-2", "", 1, -1, -1, 1, CALL_OK, "", CHARGE_UNKNOWN, 0 },
		/* the longer prefix is the nearer model */
		{ "anthropic", "", "claude-y-20260101", "", 1, 1, -1, 1, CALL_OK,
		  "anthropic/claude-y", CHARGE_COMPUTED, 18300 },
		{ "anthropic", "", "claude-y-fast", "standard", 1, 1, -1, 1, CALL_OK,
		  "anthropic/claude-y-fast", CHARGE_COMPUTED, 183000 },
		/* a class with tokens and no price: no figure at all */
		{ "anthropic", "", "claude-y", "", 1, -1, 5, 1, CALL_OK, "anthropic/claude-y",
		  CHARGE_UNKNOWN, 0 },
		{ "anthropic", "", "claude-y", "", 1, -1, 0, 1, CALL_OK, "anthropic/claude-y",
		  CHARGE_COMPUTED, 18000 },
		/* unknown is not zero */
		{ "openai", "gpt-x", "gpt-x", "", -1, -1, -1, -1, CALL_OK, "openai/gpt-x",
		  CHARGE_UNKNOWN, 0 },
		{ "openai", "gpt-x", "gpt-x", "", 100, -1, -1, -1, CALL_ABORTED, "openai/gpt-x",
		  CHARGE_UNKNOWN, 0 },
		{ "openai", "gpt-x-pro", "gpt-x-pro", "", 1, -1, -1, 1, CALL_OK, "", CHARGE_UNKNOWN,
		  0 },
		{ "openai", "gpt-x", "gpt-x-26-01-31", "", 1, -1, -1, 1, CALL_OK, "openai/gpt-x",
		  CHARGE_COMPUTED, 12500 }, /* by the requested one */
		{ "openai", "gpt-x", "", "", -1, -1, -1, -1, CALL_REFUSED, "openai/gpt-x",
		  CHARGE_NOT_BILLED, 0 },
		{ "anthropic", "claude-y", "", "", -1, -1, -1, -1, CALL_ERROR, "anthropic/claude-y",
		  CHARGE_NOT_BILLED, 0 },
	};
	struct price_list *l;
	char err[200] = "";

	ASSERT_EQ(price_list__parse(SPAN(list), "list", &l, err, sizeof(err)), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct want *w = &cases[i];
		struct call c = { .provider = w->provider,
				  .operation = "chat",
				  .api = "chat.completions",
				  .result = (uint8_t)w->result,
				  .usage_source = USAGE_REPORTED };
		struct charge ch;
		int64_t sum = 0;

		span__copy(span_str(w->requested), c.requested_model, sizeof(c.requested_model));
		span__copy(span_str(w->served), c.served_model, sizeof(c.served_model));
		span__copy(span_str(w->tier), c.tier, sizeof(c.tier));
		set(&c.use, USAGE_INPUT, w->in);
		set(&c.use, USAGE_CACHE_READ, w->cached);
		set(&c.use, USAGE_CACHE_WRITE_1H, w->write_1h);
		set(&c.use, USAGE_OUTPUT, w->out);
		price_list__charge(l, &c, 0, &ch);
		if (ch.basis != w->basis || ch.total != w->total || strcmp(ch.price_id, w->id))
			TEST_FAIL("case %zu (%s, %s): %s basis %d total %lld", i, w->served,
				  w->tier, ch.price_id, ch.basis, (long long)ch.total);
		for (int k = 0; k < USAGE_CLASSES; k++)
			sum += ch.nano_usd[k];
		ASSERT_EQ(sum, ch.total);
	}
	price_list__free(l);
}

TEST(cached_sound_has_its_own_price)
{
	struct call c = { .provider = "openai",
			  .operation = "realtime",
			  .result = CALL_OK,
			  .served_model = "gpt-realtime-mini",
			  .usage_source = USAGE_REPORTED };
	struct price_list *l = price_list__builtin();
	struct charge ch;

	usage__set(&c.use, USAGE_INPUT, 0);
	usage__set(&c.use, USAGE_OUTPUT, 0);
	usage__set(&c.use, USAGE_CACHE_READ, 100);
	price_list__charge(l, &c, 0, &ch);
	ASSERT_EQ(ch.total, 100 * 60);
	/* 0.06 USD per million are for text: sound has 0.3, pictures 0.08. */
	c.use.cached_audio = 50;
	c.use.cached_image = 20;
	price_list__charge(l, &c, 0, &ch);
	ASSERT_EQ(ch.nano_usd[USAGE_CACHE_READ], 30 * 60 + 50 * 300 + 20 * 80);
	ASSERT_EQ(ch.total, ch.nano_usd[USAGE_CACHE_READ]);
	/* More than the whole is no part of it. */
	c.use.cached_audio = 101;
	c.use.cached_image = 0;
	price_list__charge(l, &c, 0, &ch);
	ASSERT_EQ(ch.total, 100 * 60);
	/* Where a list has none of its own, the price of all that is cached holds. */
	strcpy(c.served_model, "gpt-4o");
	c.use.cached_audio = 50;
	price_list__charge(l, &c, 0, &ch);
	ASSERT_EQ(ch.total, 100 * 1250);
	price_list__free(l);
}

TEST(what_stands_beside_costs_by_its_own_model)
{
	struct call c = { .provider = "anthropic",
			  .operation = "chat",
			  .result = CALL_OK,
			  .served_model = "claude-sonnet-4-5",
			  .usage_source = USAGE_REPORTED,
			  .beside = { { .type = "compaction" },
				      { .type = "advisor_message", .model = "claude-opus-4-8" } },
			  .beside_count = 2 };
	struct price_list *l = price_list__builtin();
	struct charge ch;

	usage__set(&c.use, USAGE_INPUT, 100);
	usage__set(&c.use, USAGE_OUTPUT, 10);
	/* 300,000 tokens are beyond a step of the model's price: it goes by each on its own. */
	usage__set(&c.beside[0].use, USAGE_INPUT, 300000);
	usage__set(&c.beside[0].use, USAGE_OUTPUT, 10);
	usage__set(&c.beside[1].use, USAGE_INPUT, 100);
	usage__set(&c.beside[1].use, USAGE_CACHE_READ, 10);
	usage__set(&c.beside[1].use, USAGE_OUTPUT, 20);
	price_list__charge(l, &c, 0, &ch);
	ASSERT_EQ(ch.basis, CHARGE_COMPUTED);
	ASSERT_STR(ch.price_id, "anthropic/claude-sonnet-4-5");
	ASSERT_EQ(ch.nano_usd[USAGE_INPUT], 100 * 3000);
	ASSERT_EQ(ch.beside_nano[0], 300000ll * 6000 + 10 * 22500);
	ASSERT_EQ(ch.beside_nano[1], 100 * 5000 + 10 * 500 + 20 * 25000);
	ASSERT_EQ(ch.beside, ch.beside_nano[0] + ch.beside_nano[1]);
	ASSERT_EQ(ch.total, 100 * 3000 + 10 * 15000 + ch.beside);
	/* The figures are another model's than the one that began. */
	strcpy(c.fallback_model, "claude-opus-4-8");
	c.beside_count = 0;
	price_list__charge(l, &c, 0, &ch);
	ASSERT_EQ(ch.total, 100 * 5000 + 10 * 25000);
	ASSERT_STR(ch.price_id, "anthropic/claude-opus-4-8");
	/* Without a price of a part there is no figure: half a price would pass for a whole. */
	c.beside_count = 1;
	strcpy(c.beside[0].model, "nobody's");
	price_list__charge(l, &c, 0, &ch);
	ASSERT_EQ(ch.basis, CHARGE_UNKNOWN);
	ASSERT_EQ(ch.total, 0);
	ASSERT_EQ(ch.beside, 0);
	price_list__free(l);
}

TEST(embeddings_have_no_output_and_counting_is_free)
{
	struct call c = { .provider = "openai",
			  .operation = "embeddings",
			  .result = CALL_OK,
			  .served_model = "embed-3",
			  .usage_source = USAGE_REPORTED };
	struct price_list *l;
	struct charge ch;
	char err[200];

	ASSERT_EQ(price_list__parse(SPAN(list), "list", &l, err, sizeof(err)), 0);
	usage__set(&c.use, USAGE_INPUT, 1000);
	price_list__charge(l, &c, 0, &ch);
	ASSERT_EQ(ch.basis, CHARGE_COMPUTED);
	ASSERT_EQ(ch.total, 20000);
	c.free = true;
	price_list__charge(l, &c, 0, &ch);
	ASSERT_EQ(ch.basis, CHARGE_NOT_BILLED);
	ASSERT_EQ(ch.total, 0);
	price_list__free(l);
}

TEST(azure_sells_at_the_makers_prices)
{
	static const char *const apis[] = { "chat.completions", "messages" },
				 *const models[] = { "gpt-x", "claude-y" },
				 *const ids[] = { "openai/gpt-x", "anthropic/claude-y" };
	struct price_list *l;
	struct charge ch;
	char err[200];

	ASSERT_EQ(price_list__parse(SPAN(list), "list", &l, err, sizeof(err)), 0);
	for (size_t i = 0; i < 2; i++) {
		struct call c = { .provider = "azure.ai.inference",
				  .operation = "chat",
				  .api = apis[i],
				  .result = CALL_OK,
				  .usage_source = USAGE_REPORTED };

		span__copy(span_str(models[i]), c.served_model, sizeof(c.served_model));
		usage__set(&c.use, USAGE_INPUT, 1);
		usage__set(&c.use, USAGE_OUTPUT, 1);
		price_list__charge(l, &c, 0, &ch);
		ASSERT_STR(ch.price_id, ids[i]);
		ASSERT_EQ(ch.basis, CHARGE_COMPUTED);
	}
	price_list__free(l);
}

/* Whatever stands in a catalogue is read or refused with its line. */
TEST(any_prefix_of_a_catalogue_is_read_or_refused)
{
	for (size_t n = 0; n < sizeof(list); n++) {
		struct span front = test_guard(span_of(list, n));
		struct price_list *l;
		char err[200] = "";
		int ret = price_list__parse(front, "list", &l, err, sizeof(err));

		ASSERT(ret == 0 || (ret == -EBADMSG && !strncmp(err, "list:", 5)));
		if (!ret)
			price_list__free(l);
		test_unguard(front);
	}
}

TEST(mistakes_are_told_by_line)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "list:0" },
		{ HEADING, "list:1: there is no price in it" },
		{ "provider\tmodel\n", "list:1: the heading needs" },
		{ "# x\n" HEADING "openai\tm\t\t\t=m\tcheap\t\t\n",
		  "list:3: a price is a decimal number of USD per million: 'cheap'" },
		{ HEADING "openai\tm\t\t\t=m\t0.0000000001\t\t\n", "list:2: a price finer" },
		{ HEADING "openai\tm\t\t\t=m ^\t1\t\t\n", "list:2: a pattern is =name" },
		{ HEADING "openai\tm\t\tmany\t=m\t1\t\t\n", "list:2: `over` is a number" },
		{ HEADING "openai\t\t\t\t=m\t1\t\t\n", "list:2: provider, model and match" },
		{ HEADING "openai\tm\t\t\t=m\t1\t\t1\tx\ty\n", "list:2: more cells" },
		{ "provider\tprovider\n", "list:1: the heading has a column twice" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct price_list *l;
		char err[200] = "";

		ASSERT_EQ(price_list__parse(span_str(cases[i].text), "list", &l, err, sizeof(err)),
			  -EBADMSG);
		if (strncmp(err, cases[i].says, strlen(cases[i].says)))
			TEST_FAIL("case %zu says '%s', expected '%s'", i, err, cases[i].says);
	}
}

static const struct {
	const char *text;
	int64_t nano; /* -1: refused */
} near_cases[] = {
	{ "0.0012816", 1281600 },
	{ "1.4e-07", 140 },
	{ "0.0004970133333333333", 497013 },
	{ "2", 2000000000 },
	{ "12e2", 1200000000000 },
	{ "1.5E+1", 15000000000 },
	{ "0", 0 },
	{ "0.0e9", 0 },
	{ "1e-30", 0 },
	/* half to even */
	{ "0.0000000005", 0 },
	{ "0.0000000015", 2 },
	{ "0.0000000025", 2 },
	{ "0.00000000250001", 3 },
	{ "0.00000000249", 2 },
	{ "0.0000000004999", 0 },
	{ "5e-10", 0 },
	{ "51e-11", 1 },
	{ "-1", -1 },
	{ "", -1 },
	{ "1e", 1000000000 },
	{ "1e5x", -1 },
	{ "1e400", -1 },
	{ "99999999999", -1 },
};

TEST(told_money_to_the_nearest_nano)
{
	for (size_t i = 0; i < sizeof(near_cases) / sizeof(near_cases[0]); i++) {
		int64_t nano = -1;

		decimal_to_nano_near(span_str(near_cases[i].text), &nano);
		if (nano != near_cases[i].nano)
			TEST_FAIL("%s is %lld", near_cases[i].text, (long long)nano);
	}
}

/* Who has another length is not looked at: none that fits may be passed over. */
TEST(lengths_that_a_name_can_have)
{
	char longer[80];

	ASSERT_EQ(price_match_lens(SPAN("gpt-4o =gpt-4o-####-##-##")), 1u << 6 | 1u << 17);
	ASSERT(price_match_lens(SPAN("gpt-4o ^gpt")) == UINT64_MAX);
	ASSERT(price_match_lens(SPAN("$-latest")) == UINT64_MAX);
	ASSERT(price_match_lens(SPAN("*")) == UINT64_MAX);
	ASSERT_EQ(price_match_lens(SPAN("")), 0);
	memset(longer, 'a', sizeof(longer));
	ASSERT_EQ(price_match_lens(span_of(longer, 70)), 1u << 6);
}

TEST_MAIN()
