// SPDX-License-Identifier: BSD-2-Clause
/*
 * A bill of each shape (tests/golden/bills), line by line as tests/golden/bills/expected.txt has
 * it; and each of them cut off at every byte. `ACCEPT=1 build/unit/bill_test` writes expected.txt
 * anew.
 */
#include <dirent.h>
#include <errno.h>

#include "reconcile/shape.h"
#include "reconcile/wording.h"
#include "test.h"

#define FOLDER	 "tests/golden/bills"
#define EXPECTED FOLDER "/expected.txt"

static char *read_all(const char *path, size_t *ret_n)
{
	FILE *f = fopen(path, "r"), *copy;
	char *text = NULL, piece[4096];
	size_t n;

	if (!f)
		return NULL;
	copy = open_memstream(&text, ret_n);
	while ((n = fread(piece, 1, sizeof(piece), f)))
		fwrite(piece, 1, n, copy);
	fclose(copy);
	fclose(f);
	return text;
}

static int on_line(void *ctx, const struct bill_line *l)
{
	static const char *const kinds[BILL_KINDS] = { "usage",	    "fee",	"tax",
						       "credit",    "discount", "rounding",
						       "commitment" };
	static const char *const classes[USAGE_CLASSES] = {
#define USAGE(sym, name, kind) #name,
#include "usage.def"
#undef USAGE
	};
	FILE *out = ctx;

	fprintf(out, "  %u: %lld+%lld%s %s%s %s model=%s%s project=%s key=%s", l->where,
		(long long)l->start_s, (long long)(l->end_s ? l->end_s - l->start_s : 0),
		l->zoneless ? " no zone" : "", kinds[l->kind], l->batch ? " batch" : "",
		l->provider, l->model, l->loose ? "(loose)" : "", l->project, l->key);
	if (l->has_money)
		fprintf(out, " nano=%lld~%lld", (long long)l->nano, (long long)l->tolerance);
	if (l->credit)
		fprintf(out, " credit=%lld", (long long)l->credit);
	if (l->requests >= 0)
		fprintf(out, " requests=%lld", (long long)l->requests);
	for (int i = 0; i < USAGE_CLASSES; i++)
		if (usage__knows(&l->use, i) && l->use.n[i])
			fprintf(out, " %s=%lld", classes[i], (long long)l->use.n[i]);
	fputc('\n', out);
	return 0;
}

static void told(const char *name, FILE *out)
{
	char path[300], err[300];
	struct bill_result r;
	size_t n;
	char *text;

	snprintf(path, sizeof(path), FOLDER "/%s", name);
	text = read_all(path, &n);
	fprintf(out, "%s\n", name);
	if (bill_parse(span_of(text, n), name, on_line, out, &r, err, sizeof(err)))
		fprintf(out, "  %s\n", err);
	else
		fprintf(out, "  %s: %u lines, %u others, %u timeless%s%s\n", r.shape, r.lines,
			r.others, r.timeless, r.more ? ", more pages" : "",
			r.no_currency ? ", no currency" : "");
	free(text);
}

static int is_bill(const struct dirent *d)
{
	return strstr(d->d_name, ".json") || strstr(d->d_name, ".csv");
}

TEST(each_shape)
{
	struct dirent **names;
	int count = scandir(FOLDER, &names, is_bill, alphasort);
	char *text = NULL, *expected;
	size_t n, had;
	FILE *out = open_memstream(&text, &n);

	ASSERT(count > 0);
	for (int i = 0; i < count; i++) {
		told(names[i]->d_name, out);
		free(names[i]);
	}
	free(names);
	fclose(out);
	if (getenv("ACCEPT")) {
		FILE *f = fopen(EXPECTED, "w");

		fwrite(text, 1, n, f);
		fclose(f);
	}
	expected = read_all(EXPECTED, &had);
	ASSERT(expected);
	ASSERT_STR(text, expected);
	free(expected);
	free(text);
}

static int count_line(void *ctx, const struct bill_line *l)
{
	++*(unsigned int *)ctx;
	return 0;
}

/* Cut off anywhere it is refused, or told as far as its last whole line goes. */
TEST(each_prefix)
{
	struct dirent **names;
	int count = scandir(FOLDER, &names, is_bill, alphasort);

	for (int i = 0; i < count; i++) {
		char path[300], err[300];
		unsigned int lines = 0;
		struct bill_result r;
		size_t n;
		char *text;

		snprintf(path, sizeof(path), FOLDER "/%s", names[i]->d_name);
		text = read_all(path, &n);
		ASSERT(!bill_parse(span_of(text, n), "b", count_line, &lines, &r, err,
				   sizeof(err)));
		for (size_t k = 0; k < n; k++) {
			struct span s = test_guard(span_of(text, k));
			unsigned int some = 0;
			int ret;

			err[0] = '\0';
			ret = bill_parse(s, "b", count_line, &some, &r, err, sizeof(err));
			test_unguard(s);
			ASSERT(some <= lines);
			ASSERT(!ret == !err[0]);
			ASSERT(!ret || ret == -EBADMSG);
		}
		free(text);
		free(names[i]);
	}
	free(names);
}

static int stop(void *ctx, const struct bill_line *l)
{
	++*(unsigned int *)ctx;
	return -E2BIG;
}

TEST(emit_ends_it)
{
	struct bill_result r;
	unsigned int lines = 0;
	char err[300];
	size_t n;
	char *text = read_all(FOLDER "/openai_usage.json", &n);

	ASSERT_EQ(bill_parse(span_of(text, n), "b", stop, &lines, &r, err, sizeof(err)), -E2BIG);
	ASSERT_EQ(lines, 1);
	free(text);
}

TEST(times)
{
	static const struct {
		const char *text;
		long long s;
		int zone;
	} good[] = {
		{ "1730419200", 1730419200, 1 },
		{ "2024-11-01", 1730419200, 0 },
		{ "2024-11-01T00:00:00Z", 1730419200, 1 },
		{ "2024-11-01T00:00:00.000Z", 1730419200, 1 },
		{ "2024-11-01 00:00:00 UTC", 1730419200, 1 },
		{ "2024-11-01 00:00:00.123456 UTC", 1730419200, 1 },
		{ "2024-11-01T01:00:00+01:00", 1730419200, 1 },
		{ "2024-10-31T16:00:00-0800", 1730419200, 1 },
		{ "2024/11/01", 1730419200, 0 },
	};
	static const char *const bad[] = { "",
					   "x",
					   "2024",
					   "2024-13-01",
					   "2024-11-32",
					   "24-11-01",
					   "2024-11-01T",
					   "2024-11-01 25:00",
					   "99999999999",
					   "2024-11-01T00:00:00+99:00" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int64_t s = 0;
		bool zone = false;

		ASSERT_EQ(bill_time(good[i].text, &s, &zone), 0);
		ASSERT_EQ(s, good[i].s);
		ASSERT_EQ(zone, good[i].zone);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t s = 5;
		bool zone;

		ASSERT_EQ(bill_time(bad[i], &s, &zone), -EBADMSG);
		ASSERT_EQ(s, 5);
	}
}

TEST(money)
{
	static const struct {
		const char *text;
		int places;
		long long nano;
	} good[] = {
		{ "0.06", 0, 60000000 },
		{ "-0.060000", 0, -60000000 },
		{ "$1,234.50", 0, 1234500000000 },
		{ "123.78912", -2, 1237891200 },
		{ "0.003835980000000000000000000000", 0, 3835980 },
		{ "1.2e-05", 0, 12000 },
		{ "7", 0, 7000000000 },
	};
	static const char *const bad[] = { "", "-", "1.2.3", "abc", "1e300", "NaN", "--1", "1-2" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int64_t nano = 0;

		ASSERT_EQ(bill_money(good[i].text, good[i].places, &nano), 0);
		ASSERT_EQ(nano, good[i].nano);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t nano;

		ASSERT_EQ(bill_money(bad[i], 0, &nano), -EBADMSG);
	}
}

TEST(wordings)
{
	static const struct {
		const char *text, *model;
		int usage_class, batch;
	} all[] = {
		{ "gpt-4o-2024-08-06, input", "gpt-4o-2024-08-06", USAGE_INPUT, 0 },
		{ "gpt-5-nano, input_tokens", "gpt-5-nano", USAGE_INPUT, 0 },
		{ "gpt-4o-mini-2024-07-18, cached input", "gpt-4o-mini-2024-07-18",
		  USAGE_CACHE_READ, 0 },
		{ "USE1-Claude3-5Haiku-output-tokens-batch", "claude 3 5 haiku", USAGE_OUTPUT, 1 },
		{ "USE1-MP:USE1_InputTokenCount-Units", "", USAGE_INPUT, 0 },
		{ "USW2-MP:USW2_CacheReadInputTokenCount_Global-Units", "", USAGE_CACHE_READ, 0 },
		{ "EUC1-NovaPro-cache-write-input-token-count", "nova pro", USAGE_CACHE_WRITE_5M,
		  0 },
		{ "Gemini 2.5 Flash GA Text Input - Predictions", "gemini 2 5 flash", USAGE_INPUT,
		  0 },
		{ "Gemini 2.5 Flash GA Input Text Caching", "gemini 2 5 flash", USAGE_CACHE_READ,
		  0 },
		{ "Generate content output token count gemini 2.5 pro short", "gemini 2 5 pro",
		  USAGE_OUTPUT, 0 },
		{ "Gemini 2.5 Flash Text Input Caching Storage", "gemini 2 5 flash", -1, 0 },
		{ "Claude Sonnet 4 Cache Write 1h Tokens", "claude sonnet 4", USAGE_CACHE_WRITE_1H,
		  0 },
		{ "Grounding with Google Search", "grounding with google search", -1, 0 },
		{ "", "", -1, 0 },
	};
	static const char *const same[][2] = {
		{ "claude 3 5 haiku", "anthropic.claude-3-5-haiku-20241022-v1:0" },
		{ "Claude Haiku 3.5", "claude-3-5-haiku-20241022" },
		{ "Claude Sonnet 4.5", "us.anthropic.claude-sonnet-4-5-20250929-v1:0" },
		{ "gpt-4o", "gpt-4o-2024-08-06" },
		{ "nova pro", "amazon.nova-pro-v1:0" },
		{ "gemini 2 5 flash", "gemini-2.5-flash" },
		{ "gemini 3 1 flash lite preview", "gemini-3.1-flash-lite" },
		{ "claude sonnet 4", "claude-sonnet-4@20250514" },
	};
	static const char *const apart[][2] = {
		{ "gpt-4o", "gpt-4o-mini" },
		{ "claude-sonnet-4", "claude-sonnet-4-5" },
		{ "gemini-2.5-flash", "gemini-2.5-flash-lite" },
	};
	char a[BILL_TEXT], b[BILL_TEXT];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct wording w;

		wording_parse(span_str(all[i].text), &w);
		ASSERT_STR(w.model, all[i].model);
		ASSERT_EQ(w.usage_class, all[i].usage_class);
		ASSERT_EQ(w.batch, all[i].batch);
	}
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		ASSERT_STR(wording_model_key(same[i][0], a, sizeof(a)),
			   wording_model_key(same[i][1], b, sizeof(b)));
	for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++)
		ASSERT(strcmp(wording_model_key(apart[i][0], a, sizeof(a)),
			      wording_model_key(apart[i][1], b, sizeof(b))));
}

TEST(names)
{
	static const char *const all[][2] = {
		{ "lineItem/UnblendedCost", "line_item_unblended_cost" },
		{ "amount.value", "amount_value" },
		{ "BilledCost", "billed_cost" },
		{ "Unrounded Cost ($)", "unrounded_cost" },
		{ "usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write_5m" },
		{ "x_Model", "x_model" },
		{ "", "" },
	};
	char name[64];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		ASSERT_STR(bill_name(span_str(all[i][0]), name, sizeof(name)), all[i][1]);
}

TEST_MAIN()
