// SPDX-License-Identifier: BSD-2-Clause
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/text.h"
#include "cmd/options.h"
#include "cmd/since.h"
#include "ledger_view.h"

int cmd_report(const struct options *o);

struct report {
	const char *by;
	bool json;
	int rows;
};

static void print_json(const struct report *r, const struct ledger_sum *s)
{
	char usd[40], key[1200];
	json_t *o;

	decimal_from_nano(s->nano_usd, usd, sizeof(usd));
	o = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:I}", "calls",
		      (json_int_t)s->calls, "unpriced", (json_int_t)s->unpriced, "not_billed",
		      (json_int_t)s->not_billed, "aborted", (json_int_t)s->aborted, "incomplete",
		      (json_int_t)s->incomplete, "from_sizes", (json_int_t)s->from_sizes, "input",
		      (json_int_t)s->input, "cache_read", (json_int_t)s->cache_read, "cache_write",
		      (json_int_t)s->cache_write, "output", (json_int_t)s->output, "usd", usd,
		      "nano_usd", (json_int_t)s->nano_usd, "subscription_nano_usd",
		      (json_int_t)s->subscription_nano);
	if (s->key)
		json_object_set_new(o, r->by,
				    json_string(text_utf8(span_str(s->key), key, sizeof(key))));
	else
		json_object_set_new(o, "total", json_true());
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static void print_line(const struct report *r, const struct ledger_sum *s)
{
	char usd[48] = "$", key[1200];

	if (!r->rows)
		printf("%-34s %7s %11s %11s %11s %15s\n", r->by, "CALLS", "IN", "CACHED", "OUT",
		       "COST");
	decimal_from_nano(s->nano_usd, usd + 1, sizeof(usd) - 1);
	if (s->calls && s->unpriced == s->calls)
		snprintf(usd, sizeof(usd), "?");
	printf("%-34.34s %7lld %11lld %11lld %11lld %15s",
	       s->key ? (*s->key ? text_terminal(span_str(s->key), key, sizeof(key)) : "-")
		      : "total",
	       (long long)s->calls, (long long)(s->input + s->cache_write),
	       (long long)s->cache_read, (long long)s->output, usd);
	if (s->subscription_nano) {
		decimal_from_nano(s->subscription_nano, usd, sizeof(usd));
		printf("  $%s by subscription", usd);
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

	if (r->json)
		print_json(r, s);
	else
		print_line(r, s);
	r->rows++;
}

int cmd_report(const struct options *o)
{
	struct report r = { .by = o->by ? o->by : "model", .json = o->json };
	const char *since = o->since ? o->since : "24h";
	int64_t now = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns(), from;
	struct ledger_view *v;
	char err[512];
	int ret;

	if (!ledger_view_dimension(r.by)) {
		fprintf(stderr, "wiretally report: --by %s: give one of %s\n", r.by,
			ledger_view_dimensions());
		return EXIT_USAGE;
	}
	if (since_parse(since, now, &from)) {
		fprintf(stderr, "wiretally report: --since %s: give " SINCE_FORMS "\n", since);
		return EXIT_USAGE;
	}
	if (ledger_view__open(options__ledger(o), &v, err, sizeof(err))) {
		fprintf(stderr, "wiretally report: %s\n", err);
		return 1;
	}
	ret = ledger_view__report(v, r.by, from, INT64_MAX, on_sum, &r);
	ledger_view__close(v);
	if (ret)
		fprintf(stderr, "wiretally report: the ledger can't be read: %s\n", strerror(-ret));
	return ret || fflush(stdout);
}
