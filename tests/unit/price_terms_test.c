// SPDX-License-Identifier: BSD-2-Clause
/* Terms under which a price holds: time, hours, regions; discounts; what is sold by no token. */
#include <errno.h>

#include "price/price.h"
#include "test.h"

static void set(struct usage *u, enum usage_class c, int64_t n)
{
	if (n >= 0)
		usage__set(u, c, n);
}

#define WIDE                                                                                         \
	"provider\tmodel\ttier\tregion\tover\tsince\tuntil\thours\tdiscount\tmatch\tinput\toutput\t" \
	"audio_ms\timages\tsearches\trequests\n"
#define P "p\tm\tdefault\t"

static const char wide[] =
	"# version 2026-06-01\n" WIDE P "\t\t\t2026-03-01\t\t\t=m\t1\t1\t\t\t\t\n" P
	"\t100\t\t2026-03-01\t\t\t=m\t2\t2\t\t\t\t\n" P
	"\t\t2026-03-01\t\t\t\t=m\t3\t3\t\t\t1000\t\n" P
	"us\t\t2026-03-01\t\t\t\t=m\t3.3\t3.3\t\t\t1000\t\n" P
	"\t\t2026-03-01\t\t22:30-06:00\t\t=m\t1.5\t1.5\t\t\t1000\t\n"
	"p\tm\tfast\t\t\t\t\t\t\t=m\t9\t9\t\t\t\t\n"
	"p\theard\tdefault\t\t\t\t\t\t\t=heard\t\t\t0.1\t\t\t\n"
	"p\tdrawn\tdefault\t\t\t\t\t\t\t=drawn =hd/drawn\t\t\t\t40000\t\t\n"
	"p\tasked\tdefault\t\t\t\t\t\t\t=asked\t1\t1\t\t\t\t5000\n";

#define DAY	   (86400ll * 1000000000)
#define MARCH_1	   (20513 * DAY) /* 2026-03-01 */
#define HOUR(h, m) (((h)*60ll + (m)) * 60 * 1000000000)

TEST(prices_hold_for_a_time_an_hour_and_a_region)
{
	static const struct {
		int64_t when_ns, context;
		const char *tier, *region;
		int64_t nano; /* for one token of output */
	} cases[] = {
		{ MARCH_1 - 1, 1, "", "", 1000 },
		{ MARCH_1, 1, "", "", 1500 }, /* at midnight: cheap hours */
		{ MARCH_1 + HOUR(6, 0) - 1, 1, "", "", 1500 },
		{ MARCH_1 + HOUR(6, 0), 1, "", "", 3000 },
		{ MARCH_1 + HOUR(22, 30) - 1, 1, "", "", 3000 },
		{ MARCH_1 + HOUR(22, 30), 1, "", "", 1500 },
		/* the version that ended had a step, and no hours */
		{ MARCH_1 - 1, 200, "", "", 2000 },
		{ MARCH_1 + HOUR(12, 0), 200, "", "", 3000 },
		{ MARCH_1 + HOUR(12, 0), 1, "", "us", 3300 },
		{ MARCH_1 + HOUR(12, 0), 1, "", "US", 3300 },
		{ MARCH_1 + HOUR(12, 0), 1, "", "eu", 3000 },
		{ MARCH_1 - 1, 1, "", "us", 1000 },
		/* not known: as of the list's day, no hour of it */
		{ 0, 1, "", "", 3000 },
		{ 0, 1, "fast", "", 9000 },
	};
	struct price_list *l;
	char err[200] = "";

	ASSERT_EQ(price_list__parse(SPAN(wide), "list", &l, err, sizeof(err)), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call c = { .provider = "p",
				  .operation = "chat",
				  .result = CALL_OK,
				  .served_model = "m",
				  .usage_source = USAGE_REPORTED };
		struct charge ch;

		span__copy(span_str(cases[i].tier), c.tier, sizeof(c.tier));
		span__copy(span_str(cases[i].region), c.region, sizeof(c.region));
		set(&c.use, USAGE_INPUT, cases[i].context);
		set(&c.use, USAGE_OUTPUT, 1);
		price_list__charge(l, &c, cases[i].when_ns, &ch);
		if (ch.nano_usd[USAGE_OUTPUT] != cases[i].nano)
			TEST_FAIL("case %zu: %lld", i, (long long)ch.nano_usd[USAGE_OUTPUT]);
	}
	price_list__free(l);
}

TEST(what_is_no_token_is_sold_too)
{
	static const struct {
		const char *model, *variant;
		enum usage_class class;
		int64_t n, total;
		enum charge_basis basis;
		uint32_t unpriced;
	} cases[] = {
		{ "heard", "", USAGE_AUDIO_MS, 27000, 2700000, CHARGE_COMPUTED, 0 },
		{ "drawn", "", USAGE_IMAGES, 2, 80000000, CHARGE_COMPUTED, 0 },
		{ "drawn", "hd", USAGE_IMAGES, 2, 80000000, CHARGE_COMPUTED, 0 },
		{ "drawn", "hd/1024x1792", USAGE_IMAGES, 2, 0, CHARGE_UNKNOWN, 0 },
		{ "drawn", "", USAGE_PAGES, 2, 0, CHARGE_UNKNOWN, 0 },
		/* fees: beside tokens, known or not */
		{ "m", "", USAGE_SEARCHES, 3, 3000000 + 6000, CHARGE_COMPUTED, 0 },
		{ "m", "", USAGE_CONTAINERS, 1, 6000, CHARGE_COMPUTED, 1u << USAGE_CONTAINERS },
		{ "asked", "", USAGE_CONTAINERS, 0, 5000000 + 2000, CHARGE_COMPUTED, 0 },
	};
	struct price_list *l;
	char err[200] = "";

	ASSERT_EQ(price_list__parse(SPAN(wide), "list", &l, err, sizeof(err)), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call c = { .provider = "p",
				  .operation = "chat",
				  .result = CALL_OK,
				  .usage_source = USAGE_REPORTED };
		struct charge ch;

		span__copy(span_str(cases[i].model), c.served_model, sizeof(c.served_model));
		span__copy(span_str(cases[i].variant), c.variant, sizeof(c.variant));
		set(&c.use, cases[i].class, cases[i].n);
		if (usage_kind(cases[i].class) == USAGE_KIND_FEE) {
			set(&c.use, USAGE_INPUT, 1);
			set(&c.use, USAGE_OUTPUT, 1);
		}
		price_list__charge(l, &c, 0, &ch);
		if (ch.total != cases[i].total || ch.basis != cases[i].basis ||
		    ch.unpriced != cases[i].unpriced)
			TEST_FAIL("case %zu: %lld basis %d unpriced %x", i, (long long)ch.total,
				  ch.basis, ch.unpriced);
	}
	price_list__free(l);
}

#define SOUND "provider\tmodel\ttier\tover\tmatch\tinput\taudio_in\toutput\n"

static const char sound[] = SOUND "google\tpro\tdefault\t\t=pro\t1\t\t10\n"
				  "google\tpro\tdefault\t1000\t=pro\t2\t\t15\n"
				  "google\tpro\tbatch\t\t=pro\t0.5\t\t5\n"
				  "google\tpro\tbatch\t1000\t=pro\t1\t\t7.5\n"
				  "google\tpro\tpriority\t\t=pro\t2\t\t20\n"
				  "google\tflash\tdefault\t\t=flash\t0.3\t1\t2.5\n"
				  "mistral\tpro\tdefault\t\t=pro\t1\t\t10\n";

TEST(what_has_no_price_of_its_own_and_steps_of_a_batch)
{
	static const struct {
		const char *provider, *model, *tier;
		enum usage_class class;
		int64_t n, input, total; /* -1: no figure */
	} cases[] = {
		{ "gcp.gemini", "pro", "", USAGE_AUDIO_IN, 100, 10, 110000 },
		{ "gcp.gemini", "pro", "", USAGE_AUDIO_IN, 1000, 10, 2020000 },
		{ "gcp.vertex_ai", "pro", "", USAGE_AUDIO_OUT, 100, 10, 1010000 },
		{ "gcp.gemini", "pro", "", USAGE_IMAGE_OUT, 100, 10, -1 },
		{ "gcp.gemini", "flash", "", USAGE_AUDIO_IN, 100, 10, 103000 },
		/* tiers are in the list for text alone */
		{ "gcp.gemini", "pro", "priority", USAGE_AUDIO_IN, 100, 10, -1 },
		/* sold by the minute */
		{ "mistral_ai", "pro", "", USAGE_AUDIO_IN, 100, 10, -1 },
		{ "mistral_ai", "pro", "", USAGE_AUDIO_IN, 0, 10, 10000 },
		{ "mistral_ai", "pro", "", USAGE_IMAGE_IN, 100, 10, 110000 },
		/* a sum over many requests is no long request */
		{ "gcp.gemini", "pro", "batch", USAGE_CACHE_READ, 0, 900000, 450000000 },
		{ "gcp.gemini", "pro", "batch", USAGE_AUDIO_IN, 2000, 900000, 451000000 },
	};
	struct price_list *l;
	char err[200] = "";

	ASSERT_EQ(price_list__parse(SPAN(sound), "list", &l, err, sizeof(err)), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call c = { .provider = cases[i].provider,
				  .operation = "chat",
				  .result = CALL_OK,
				  .usage_source = USAGE_REPORTED };
		struct charge ch;

		span__copy(span_str(cases[i].model), c.served_model, sizeof(c.served_model));
		span__copy(span_str(cases[i].tier), c.tier, sizeof(c.tier));
		set(&c.use, USAGE_INPUT, cases[i].input);
		set(&c.use, USAGE_OUTPUT, 0);
		set(&c.use, cases[i].class, cases[i].n);
		price_list__charge(l, &c, 0, &ch);
		if (ch.basis != (cases[i].total < 0 ? CHARGE_UNKNOWN : CHARGE_COMPUTED) ||
		    (cases[i].total >= 0 && ch.total != cases[i].total))
			TEST_FAIL("case %zu: %lld basis %d", i, (long long)ch.total, ch.basis);
	}
	price_list__free(l);
}

#define OWN "provider\tmodel\ttier\tdiscount\tmatch\tinput\toutput\n"

TEST(a_discount_is_off_what_the_list_says)
{
	static const struct {
		const char *own;
		int64_t in, total;
		enum charge_basis basis;
		const char *tier;
	} cases[] = {
		{ "*\t*\t*\t15%\t*\t\t\n", 100, 255000, CHARGE_COMPUTED },
		{ "*\tm\t*\t12.5\t=m\t\t\n", 100, 262500, CHARGE_COMPUTED },
		{ "*\tm\t*\t100\t=m\t\t\n", 100, 0, CHARGE_COMPUTED },
		{ "*\tm\t*\t0.0001\t=m\t\t\n", 100, 300000, CHARGE_COMPUTED }, /* 299,999.7 */
		{ "*\tm\t*\t0.5\t=m\t\t\n", 1, 2985, CHARGE_COMPUTED },
		/* throughput that was paid in advance: a tier that no list has */
		{ "*\t*\tPT\t100\t*\t\t\n", 100, 0, CHARGE_COMPUTED, "PT" },
		/* the nearer row is the one that counts, whichever comes first */
		{ "*\t*\t*\t15%\t*\t\t\n*\tm\t*\t\t=m\t7\t7\n", 100, 700000, CHARGE_COMPUTED },
		{ "other\t*\t*\t15%\t*\t\t\n", 100, 300000, CHARGE_COMPUTED },
	};
	char err[200] = "", text[400];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call c = { .provider = "p",
				  .operation = "chat",
				  .result = CALL_OK,
				  .served_model = "m",
				  .usage_source = USAGE_REPORTED };
		struct price_list *l, *own;
		struct charge ch;

		snprintf(text, sizeof(text), OWN "%s", cases[i].own);
		ASSERT_EQ(price_list__parse(SPAN(wide), "list", &l, err, sizeof(err)), 0);
		ASSERT_EQ(price_list__parse(span_str(text), "own", &own, err, sizeof(err)), 0);
		price_list__override(l, own, true);
		if (cases[i].tier)
			span__copy(span_str(cases[i].tier), c.tier, sizeof(c.tier));
		set(&c.use, USAGE_INPUT, cases[i].in);
		set(&c.use, USAGE_OUTPUT, 0);
		price_list__charge(l, &c, 0, &ch);
		if (ch.total != cases[i].total || ch.basis != cases[i].basis ||
		    ch.contract != (i != 7))
			TEST_FAIL("case %zu: %lld basis %d", i, (long long)ch.total, ch.basis);
		/* On what has no price there is no discount. */
		span__copy(SPAN("nobody's"), c.served_model, sizeof(c.served_model));
		price_list__charge(l, &c, 0, &ch);
		ASSERT_EQ(ch.basis, CHARGE_UNKNOWN);
		price_list__free(l);
	}
}

TEST(what_is_told_and_what_is_computed_stand_side_by_side)
{
	static const struct {
		int64_t told;
		bool differs;
	} cases[] = { { 300000, false }, { 302000, false }, { 304000, true }, { 0, true } };
	struct price_list *l;
	char err[200] = "";

	ASSERT_EQ(price_list__parse(SPAN(wide), "list", &l, err, sizeof(err)), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call c = { .provider = "p",
				  .operation = "chat",
				  .result = CALL_OK,
				  .served_model = "m",
				  .usage_source = USAGE_REPORTED,
				  .cost_told = true,
				  .told_cost_nano = cases[i].told };
		struct charge ch;

		set(&c.use, USAGE_INPUT, 100);
		set(&c.use, USAGE_OUTPUT, 0);
		price_list__charge(l, &c, 0, &ch);
		ASSERT_EQ(ch.basis, CHARGE_REPORTED);
		ASSERT_EQ(ch.total, cases[i].told);
		ASSERT(ch.compared);
		ASSERT_EQ(ch.compared_nano, 300000);
		ASSERT_EQ(ch.differs, cases[i].differs);
		/* A gateway's word, or a stranger's, is compared with, and no more. */
		c.cost_told = false;
		c.cost_claimed = true;
		c.claimed_cost_nano = cases[i].told;
		price_list__charge(l, &c, 0, &ch);
		ASSERT_EQ(ch.basis, CHARGE_COMPUTED);
		ASSERT_EQ(ch.total, 300000);
		ASSERT_EQ(ch.compared_nano, cases[i].told);
		ASSERT_EQ(ch.differs, cases[i].differs);
	}
	price_list__free(l);
}

TEST(mistakes_in_terms_are_told_by_line)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ WIDE P "\t\t2026-13-01\t\t\t\t=m\t1\t1\t\t\t\t\n", "list:2: a day is" },
		{ WIDE P "\t\t\t2026-1-1\t\t\t=m\t1\t1\t\t\t\t\n", "list:2: a day is" },
		{ WIDE P "\t\t2026-02-01\t2026-01-01\t\t\t=m\t1\t1\t\t\t\t\n", "list:2: `until`" },
		{ WIDE P "\t\t\t\t1-2\t\t=m\t1\t1\t\t\t\t\n", "list:2: hours are" },
		{ WIDE P "\t\t\t\t25:00-26:00\t\t=m\t1\t1\t\t\t\t\n", "list:2: hours are" },
		{ WIDE P "\t\t\t\t\t101\t=m\t\t\t\t\t\t\n", "list:2: a discount is 0 to 100" },
		{ WIDE P "\t\t\t\t\t0.00001\t=m\t\t\t\t\t\t\n", "list:2: a discount is 0 to 100" },
		{ WIDE P "\t\t\t\t\t10\t=m\t1\t\t\t\t\t\n", "list:2: a discount is in place" },
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

/* The built-in list's, by length and size. */
TEST(videos_cost_what_a_second_of_their_size_does)
{
	static const struct {
		const char *provider, *model, *variant;
		int64_t ms, nano; /* nano -1: no price */
	} cases[] = {
		{ "openai", "sora-2", "", 8000, 800000000 },
		{ "openai", "sora-2-pro", "1024x1792", 4000, 2000000000 },
		{ "gcp.gemini", "veo-3.1-fast-generate-preview", "", 8000, 800000000 },
		{ "gcp.gemini", "veo-3.1-fast-generate-preview", "1080p", 6000, 720000000 },
		{ "gcp.vertex_ai", "veo-3.1-generate-001", "1080p", 8000, 3200000000 },
		{ "gcp.vertex_ai", "veo-3.1-generate-001", "silent", 8000, -1 },
		{ "openai", "sora-2", "1792x1024", 8000, -1 },
	};
	struct price_list *l = price_list__builtin();

	ASSERT(l);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call c = { .provider = cases[i].provider,
				  .operation = "video_generation",
				  .api = "videos",
				  .result = CALL_OK,
				  .usage_source = USAGE_REPORTED,
				  .use = { .reasoning = -1 } };
		struct charge ch;

		set(&c.use, USAGE_VIDEO_MS, cases[i].ms);
		span__copy(span_str(cases[i].model), c.requested_model, sizeof(c.requested_model));
		span__copy(span_str(cases[i].variant), c.variant, sizeof(c.variant));
		price_list__charge(l, &c, 0, &ch);
		if ((ch.basis == CHARGE_COMPUTED ? ch.total : -1) != cases[i].nano)
			TEST_FAIL("case %zu: %d, %lld", i, ch.basis, (long long)ch.total);
	}
	price_list__free(l);
}

TEST_MAIN()
