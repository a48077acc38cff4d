// SPDX-License-Identifier: BSD-2-Clause
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/report_coverage.h"
#include "ledger/level.h"

static const char *time_text(int64_t ns, char dst[32])
{
	time_t s = (time_t)(ns / 1000000000);
	struct tm tm = { .tm_year = 70, .tm_mday = 1 };

	localtime_r(&s, &tm);
	strftime(dst, 32, "%Y-%m-%d %H:%M", &tm);
	return dst;
}

/* Fewer are read in about a second. */
#define READ_MANY 300000

/* What the report goes by, and is narrowed to, but for times: each once. Returns how many. */
static size_t dimensions_of(const struct ledger_query *q,
			    const char *ret_names[LEDGER_KEYS + LEDGER_WHERES])
{
	size_t count = 0;

	for (size_t i = 0; i < q->by_count + q->where_count; i++) {
		const char *name = i < q->by_count ? q->by[i] : q->where[i - q->by_count].dimension;
		bool again = !strcmp(name, "hour") || !strcmp(name, "day");

		for (size_t j = 0; j < count; j++)
			again |= !strcmp(ret_names[j], name);
		if (!again)
			ret_names[count++] = name;
	}
	return count;
}

/* "read from 9000000 calls one by one: with 'run --rollups team,pod' it is quick" */
static void print_read(const struct ledger_query *asked, int64_t calls)
{
	const char *names[LEDGER_KEYS + LEDGER_WHERES];
	size_t count = dimensions_of(asked, names);

	printf("read from %lld calls one by one", (long long)calls);
	for (size_t i = 0; i < count && count <= ROLLUP_KEYS; i++)
		printf("%s%s", i ? "," : ": with 'run --rollups ", names[i]);
	printf(count <= ROLLUP_KEYS ? "' it is quick\n" : "\n");
}

void report_known__print(const struct ledger_query *asked, const struct ledger_known *k)
{
	bool since = asked->since_ns > k->since_ns, until = asked->until_ns < k->until_ns;
	char text[32];

	if (k->calls_from_ns > k->since_ns)
		printf("known as sums alone before %s: single calls are kept no longer\n",
		       time_text(k->calls_from_ns, text));
	if (since)
		printf("this begins at %s: ", time_text(k->since_ns, text));
	if (until)
		printf("this ends at %s: ", time_text(k->until_ns, text));
	if (since || until)
		printf("sums of that time are of whole hours or days\n");
	if (k->read > READ_MANY)
		print_read(asked, k->read);
	if (k->at_least)
		printf("at least: in some hours there were too many values to tell each apart\n");
}

/* "4.2 MB" */
static const char *bytes_text(int64_t n, char dst[32])
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB" };
	double value = (double)n;
	int unit = 0;

	while (value >= 1000 && unit < 4) {
		value /= 1000;
		unit++;
	}
	snprintf(dst, 32, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return dst;
}

/* What a class of calls has, by bytes, or by calls where no bytes are known. */
struct part {
	int64_t bytes, calls;
};

static double percent(const struct ledger_sum *t, struct part p)
{
	return t->bytes ? (double)p.bytes * 100 / (double)t->bytes
			: (double)p.calls * 100 / (double)t->calls;
}

static void on_drop(void *ctx, const char *name, const char *help, int64_t n)
{
	*(int64_t *)ctx += n;
}

static void print_parts(const struct ledger_sum *t)
{
	struct part exact = { t->bytes - t->estimated_bytes - t->unpriced_bytes -
				      t->implausible_bytes,
			      t->calls - t->estimated - t->unpriced - t->implausible };

	printf("%.1f %% are priced exactly, %.1f %% estimated", percent(t, exact),
	       percent(t, (struct part){ t->estimated_bytes, t->estimated }));
	if (t->from_sizes)
		printf(" (%.1f %% by sizes alone, priced or not)",
		       percent(t, (struct part){ t->from_sizes_bytes, t->from_sizes }));
	printf(", %.1f %% without a price",
	       percent(t, (struct part){ t->unpriced_bytes, t->unpriced }));
	if (t->unpriced_bytes)
		printf(" (%.1f %% say no usage, %.1f %% no list has)",
		       percent(t, (struct part){ t->untold_bytes, 0 }),
		       percent(t, (struct part){ t->unpriced_bytes - t->untold_bytes, 0 }));
	if (t->implausible)
		printf(", %.1f %% implausible",
		       percent(t, (struct part){ t->implausible_bytes, t->implausible }));
}

void report_coverage__print(struct ledger_view *v, const struct ledger_sum *t)
{
	struct ledger_status status;
	int64_t dropped = 0;
	char text[32];

	printf("coverage: ");
	if (t->calls && t->bytes)
		printf("of %s in %lld calls ", bytes_text(t->bytes, text), (long long)t->calls);
	else if (t->calls)
		printf("of %lld calls ", (long long)t->calls);
	if (t->calls)
		print_parts(t);
	else
		printf("no call");
	if (t->bytes && t->unsized)
		printf("; how large %lld older ones were is not known", (long long)t->unsized);
	if (!ledger_view__pulse(v, &status, on_drop, &dropped) && dropped)
		printf("; what became no row is counted: wiretally status");
	putchar('\n');
}
