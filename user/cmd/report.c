// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/projection.h"
#include "base/text.h"
#include "cmd/options.h"
#include "cmd/report_coverage.h"
#include "cmd/report_focus.h"
#include "cmd/report_gpu.h"
#include "cmd/since.h"
#include "cmd/where.h"
#include "ledger_view.h"

int cmd_report(const struct options *o);

enum format { FORMAT_TABLE = 0, FORMAT_CSV, FORMAT_JSON, FORMAT_FOCUS };

/* A line of a table has room for as many. */
#define REPORT_KEYS 4

struct report {
	struct ledger_query q;
	enum format format;
	int rows;
	struct ledger_sum total; /* its keys are not set */
	struct ledger_known known;
};

/* The figures of a line, by name: JSON and CSV have the same ones. */
static const struct {
	const char *name;
	size_t offset; /* in struct ledger_sum */
} figures[] = {
	{ "calls", offsetof(struct ledger_sum, calls) },
	{ "unpriced", offsetof(struct ledger_sum, unpriced) },
	{ "not_billed", offsetof(struct ledger_sum, not_billed) },
	{ "aborted", offsetof(struct ledger_sum, aborted) },
	{ "incomplete", offsetof(struct ledger_sum, incomplete) },
	{ "estimated", offsetof(struct ledger_sum, estimated) },
	{ "from_sizes", offsetof(struct ledger_sum, from_sizes) },
	{ "implausible", offsetof(struct ledger_sum, implausible) },
	{ "input", offsetof(struct ledger_sum, input) },
	{ "cache_read", offsetof(struct ledger_sum, cache_read) },
	{ "cache_write", offsetof(struct ledger_sum, cache_write) },
	{ "output", offsetof(struct ledger_sum, output) },
	{ "nano_usd", offsetof(struct ledger_sum, nano_usd) },
	{ "estimated_nano_usd", offsetof(struct ledger_sum, estimated_nano) },
	{ "implausible_nano_usd", offsetof(struct ledger_sum, implausible_nano) },
	{ "subscription_nano_usd", offsetof(struct ledger_sum, subscription_nano) },
	{ "gpu_calls", offsetof(struct ledger_sum, gpu_calls) },
	{ "gpu_unpriced", offsetof(struct ledger_sum, gpu_unpriced) },
	{ "gpu_ns", offsetof(struct ledger_sum, gpu_ns) },
	{ "gpu_nano_usd", offsetof(struct ledger_sum, gpu_nano) },
	{ "bytes", offsetof(struct ledger_sum, bytes) },
	{ "estimated_bytes", offsetof(struct ledger_sum, estimated_bytes) },
	{ "from_sizes_bytes", offsetof(struct ledger_sum, from_sizes_bytes) },
	{ "implausible_bytes", offsetof(struct ledger_sum, implausible_bytes) },
	{ "unpriced_bytes", offsetof(struct ledger_sum, unpriced_bytes) },
	{ "untold_bytes", offsetof(struct ledger_sum, untold_bytes) },
};

#define FIGURES (sizeof(figures) / sizeof(figures[0]))

static long long figure(const struct ledger_sum *s, size_t i)
{
	return *(const int64_t *)((const char *)s + figures[i].offset);
}

static void print_json(const struct report *r, const struct ledger_sum *s)
{
	char usd[40], key[1200];
	json_t *o = json_object();

	for (size_t i = 0; !s->total && i < r->q.by_count; i++)
		json_object_set_new(o, r->q.by[i],
				    json_string(text_utf8(span_str(s->key[i]), key, sizeof(key))));
	if (s->total)
		json_object_set_new(o, "total", json_true());
	if (s->other)
		json_object_set_new(o, "other", json_true());
	decimal_from_nano(s->nano_usd, usd, sizeof(usd));
	json_object_set_new(o, "usd", json_string(usd));
	for (size_t i = 0; i < FIGURES; i++)
		json_object_set_new(o, figures[i].name, json_integer(figure(s, i)));
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

/* RFC 4180: quoted where it must be. A text that a spreadsheet would take for a formula is none. */
static void print_csv_text(const char *text)
{
	char clean[1200];
	const char *p = text_terminal(span_str(text), clean, sizeof(clean));

	putchar('"');
	if (*p && strchr("=+-@", *p))
		putchar('\'');
	for (; *p; p++) {
		if (*p == '"')
			putchar('"');
		putchar(*p);
	}
	putchar('"');
}

static void print_csv(const struct report *r, const struct ledger_sum *s)
{
	char usd[40];

	if (!r->rows) {
		for (size_t i = 0; i < r->q.by_count; i++)
			printf("%s,", r->q.by[i]);
		for (size_t i = 0; i < FIGURES; i++)
			printf("%s,", figures[i].name);
		printf("usd\r\n");
	}
	/* A sum of a column is a sum: the total is none of its lines. */
	if (s->total)
		return;
	for (size_t i = 0; i < r->q.by_count; i++) {
		print_csv_text(s->key[i]);
		putchar(',');
	}
	for (size_t i = 0; i < FIGURES; i++)
		printf("%lld,", figure(s, i));
	decimal_from_nano(s->nano_usd, usd, sizeof(usd));
	printf("%s\r\n", usd);
}

static void print_keys(const struct report *r, const struct ledger_sum *s)
{
	size_t count = r->q.by_count ? r->q.by_count : 1;
	int width = count == 1 ? 34 : count == 2 ? 24 : 16;

	for (size_t i = 0; i < count; i++) {
		char key[1200];
		const char *text = s->total ? (i ? "" : "total") : s->key[i];

		printf("%-*.*s ", width, width,
		       *text || s->total ? text_terminal(span_str(text), key, sizeof(key)) : "-");
	}
}

static void print_head(const struct report *r)
{
	struct ledger_sum names = { .total = false };

	for (size_t i = 0; i < r->q.by_count; i++)
		names.key[i] = r->q.by[i];
	names.total = !r->q.by_count;
	print_keys(r, &names);
	printf("%7s %11s %11s %11s %15s\n", "CALLS", "IN", "CACHED", "OUT", "COST");
}

static void print_line(const struct report *r, const struct ledger_sum *s)
{
	char usd[48] = "$";

	if (!r->rows)
		print_head(r);
	print_keys(r, s);
	decimal_from_nano(s->nano_usd, usd + 1, sizeof(usd) - 1);
	if (s->calls && s->unpriced == s->calls)
		snprintf(usd, sizeof(usd), "?");
	printf("%7lld %11lld %11lld %11lld %15s", (long long)s->calls,
	       (long long)(s->input + s->cache_write), (long long)s->cache_read,
	       (long long)s->output, usd);
	if (s->estimated_nano) {
		decimal_from_nano(s->estimated_nano, usd, sizeof(usd));
		printf("  $%s of it estimated", usd);
	}
	if (s->implausible) {
		decimal_from_nano(s->implausible_nano, usd, sizeof(usd));
		printf("  %lld implausible, $%s of it", (long long)s->implausible, usd);
	}
	if (s->subscription_nano) {
		decimal_from_nano(s->subscription_nano, usd, sizeof(usd));
		printf("  $%s by subscription", usd);
	}
	if (s->gpu_nano) {
		decimal_from_nano(s->gpu_nano, usd, sizeof(usd));
		printf("  GPU $%s", usd);
	} else if (s->gpu_ns) {
		printf("  GPU %.1fs", (double)s->gpu_ns / 1e9);
	}
	if (s->unpriced)
		printf("  %lld without a price", (long long)s->unpriced);
	if (s->from_sizes)
		printf("  %lld estimated from sizes", (long long)s->from_sizes);
	putchar('\n');
}

static void on_sum(void *ctx, const struct ledger_sum *s)
{
	struct report *r = ctx;

	if (r->format == FORMAT_JSON)
		print_json(r, s);
	else if (r->format == FORMAT_CSV)
		print_csv(r, s);
	else
		print_line(r, s);
	if (s->total)
		r->total = *s;
	r->rows++;
}

static void on_before(void *ctx, const struct ledger_sum *s)
{
	*(struct ledger_sum *)ctx = *s;
}

/* Sums are of whole minutes. */
#define MINUTE_NS 60000000000ll

/* "(+12 %)"; or that the ledger does not go back so far: a change from nothing is none. */
static void print_change(int64_t now_nano, int64_t before_nano, int64_t since_ns, int64_t first_ns)
{
	double percent;

	if (first_ns > since_ns + MINUTE_NS) {
		time_t first = (time_t)(first_ns / 1000000000);
		struct tm tm;
		char day[32];

		localtime_r(&first, &tm);
		strftime(day, sizeof(day), "%Y-%m-%d %H:%M", &tm);
		printf(" (the ledger begins at %s)", day);
	} else if (before_nano > 0) {
		percent = ((double)now_nano - (double)before_nano) / (double)before_nano * 100;
		printf(" (%+.0f %%)", fabs(percent) < 0.5 ? 0 : percent);
	}
}

/* Nothing where there is nothing to compare with. */
static void print_before(struct ledger_view *v, const struct report *r, int64_t now_ns)
{
	int64_t until = r->q.until_ns < now_ns ? r->q.until_ns : now_ns,
		length = until - r->q.since_ns;
	struct ledger_sum before = { .calls = 0 };
	struct ledger_query q = r->q;
	struct ledger_spent spent;
	char usd[48];

	if (r->q.since_ns <= INT64_MIN / 2 || length <= 0)
		return;
	q.by_count = 0;
	q.ret_known = NULL;
	q.until_ns = r->q.since_ns;
	q.since_ns = r->q.since_ns - length;
	if (ledger_view__report(v, &q, on_before, &before) || !before.calls ||
	    ledger_view__spent(v, q.until_ns, &spent))
		return;
	decimal_from_nano(before.nano_usd, usd, sizeof(usd));
	printf("the same time before: %lld calls, $%s", (long long)before.calls, usd);
	print_change(r->total.nano_usd, before.nano_usd, q.since_ns, spent.first_ns);
	putchar('\n');
}

/* What this month comes to at this rate. */
static void print_projection(struct ledger_view *v, const struct report *r, int64_t now_ns)
{
	time_t start = (time_t)(r->q.since_ns / 1000000000);
	struct ledger_spent month;
	struct tm tm;
	int64_t nano;
	char usd[48];

	localtime_r(&start, &tm);
	tm.tm_mon++;
	tm.tm_isdst = -1;
	if (ledger_view__spent(v, r->q.since_ns, &month))
		return;
	nano = projection(r->total.nano_usd, r->q.since_ns, month.first_ns, now_ns,
			  (int64_t)mktime(&tm) * 1000000000);
	if (nano < 0)
		return;
	decimal_from_nano(nano / 10000000 * 10000000, usd, sizeof(usd));
	printf("at this rate the month ends at about $%s\n", usd);
}

/* "service,model", cut up in place. Returns 0 or -E2BIG. */
static int parse_by(char *text, struct ledger_query *q)
{
	for (char *rest = text, *name; (name = strsep(&rest, ","));) {
		if (q->by_count == REPORT_KEYS)
			return -E2BIG;
		q->by[q->by_count++] = name;
	}
	return 0;
}

static int parse_format(const struct options *o, enum format *ret_format)
{
	static const char *const names[] = { "table", "csv", "json", "focus" };

	*ret_format = o->json ? FORMAT_JSON : FORMAT_TABLE;
	for (int i = 0; o->format && i < 4; i++)
		if (!strcmp(o->format, names[i])) {
			*ret_format = i;
			return 0;
		}
	return o->format ? -EINVAL : 0;
}

/* Returns 0, or an exit status after it told what is wrong. */
static int parse(const struct options *o, int64_t now, struct report *ret_r, char *by, char *where)
{
	const char *since = o->since ? o->since : "24h";
	struct ledger_query *q = &ret_r->q;

	if (parse_by(by, q)) {
		fprintf(stderr, "wiretally report: --by: give at most %d\n", REPORT_KEYS);
		return EXIT_USAGE;
	}
	if (where && where_parse(where, q, "report"))
		return EXIT_USAGE;
	for (size_t i = 0; i < q->by_count; i++) {
		if (ledger_view_dimension(q->by[i]))
			continue;
		fprintf(stderr, "wiretally report: --by %s: give one of %s\n", q->by[i],
			ledger_view_dimensions());
		return EXIT_USAGE;
	}
	q->until_ns = INT64_MAX;
	if (since_parse(since, now, &q->since_ns) ||
	    (o->until && since_parse(o->until, now, &q->until_ns))) {
		fprintf(stderr, "wiretally report: --since %s --until %s: give " SINCE_FORMS "\n",
			since, o->until ? o->until : "now");
		return EXIT_USAGE;
	}
	if (parse_format(o, &ret_r->format)) {
		fprintf(stderr, "wiretally report: --format %s: give table, csv, json or focus\n",
			o->format);
		return EXIT_USAGE;
	}
	return 0;
}

/* --by names the owner tags, and whether charge periods are hours. */
static int print_focus(const struct options *o, struct ledger_view *v, struct report *r,
		       int64_t now)
{
	struct focus_opts f = { .since_ns = r->q.since_ns,
				.until_ns = r->q.until_ns,
				.now_ns = now,
				.billed = o->focus_billed,
				.where = &r->q };

	for (size_t i = 0; i < r->q.by_count; i++)
		if (!strcmp(r->q.by[i], "hour"))
			f.hourly = true;
		else if (strcmp(r->q.by[i], "day"))
			f.tags[f.tag_count++] = r->q.by[i];
	return report_focus(v, &f);
}

static int print_report(const struct options *o, struct report *r, int64_t now)
{
	struct ledger_view *v;
	char err[512];
	int ret;

	if (ledger_view__open(options__ledger(o), &v, err, sizeof(err))) {
		fprintf(stderr, "wiretally report: %s\n", err);
		return 1;
	}
	r->q.ret_known = &r->known;
	if (r->format == FORMAT_FOCUS)
		ret = print_focus(o, v, r, now);
	else
		ret = ledger_view__report(v, &r->q, on_sum, r);
	if (!ret && r->format == FORMAT_TABLE) {
		print_before(v, r, now);
		if (o->since && !strcmp(o->since, "month") && !o->until)
			print_projection(v, r, now);
		report_known__print(&r->q, &r->known);
		report_gpu__print(v, &r->q);
		report_coverage__print(v, &r->total);
	}
	ledger_view__close(v);
	if (ret)
		fprintf(stderr, "wiretally report: the ledger can't be read: %s\n", strerror(-ret));
	return ret || fflush(stdout);
}

static bool is_focus(const struct options *o)
{
	return o->format && !strcmp(o->format, "focus");
}

int cmd_report(const struct options *o)
{
	int64_t now = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
	char by[512], where[2048];
	struct report r = { .rows = 0 };
	int status;

	snprintf(by, sizeof(by), "%s",
		 o->by	       ? o->by
		 : is_focus(o) ? "service,feature,team"
			       : "model");
	snprintf(where, sizeof(where), "%s", o->where ? o->where : "");
	status = parse(o, now, &r, by, o->where ? where : NULL);
	return status ? status : print_report(o, &r, now);
}
