// SPDX-License-Identifier: BSD-2-Clause
#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "base/decimal.h"
#include "base/figure.h"
#include "base/text.h"
#include "cmd/statement.h"

/* A page has cents: the sums below are of cents that were rounded once, from exact figures. */
static const char *cents(int64_t nano, char dst[40])
{
	int64_t half = nano < 0 ? -5000000 : 5000000, rounded = (nano + half) / 10000000;

	snprintf(dst, 40, "%s$%lld.%02lld", rounded < 0 ? "-" : "",
		 (long long)(rounded < 0 ? -rounded : rounded) / 100,
		 (long long)(rounded < 0 ? -rounded : rounded) % 100);
	return dst;
}

static void day_text(int64_t s, char dst[32])
{
	time_t t = (time_t)s;
	struct tm tm = { .tm_mday = 1 };

	localtime_r(&t, &tm);
	strftime(dst, 32, "%Y-%m-%d", &tm);
}

/* "NVIDIA H100 80GB HBM3    4 GPUs, metered 71.2 %, busy 38.5 %" */
static void print_gpus(const struct statement *s)
{
	int64_t month = s->until_s - s->since_s;

	for (size_t i = 0; i < s->gpu_count; i++) {
		const struct statement_gpus *g = &s->gpus[i];
		__int128 all = (__int128)statement__passed(s) * 1000000000 * g->devices;
		int64_t seen = all ? (int64_t)(g->ns * (__int128)1000 / all) : 0;
		int64_t busy = g->ns ? (int64_t)(g->busy_ns * (__int128)1000 / g->ns) : 0;
		char name[2 * GPU_NAME_MAX], note[80], whole[40], part[40];

		snprintf(note, sizeof(note), "%lld, metered %lld.%lld %%, busy %lld.%lld %%",
			 (long long)g->devices, (long long)seen / 10, (long long)seen % 10,
			 (long long)busy / 10, (long long)busy % 10);
		printf("  %-22.22s %-29s", text_terminal(span_str(g->name), name, sizeof(name)),
		       note);
		if (g->unpriced == g->devices)
			printf(" %15s %14s\n", "?", "?");
		else
			printf(" %15s %14s\n", cents(statement_gpus__month(g, month), whole),
			       cents(g->nano_usd, part));
		if (g->idle_nano)
			printf("  %-52s %15s %14s\n", "  idle of it", "",
			       cents(g->idle_nano, part));
	}
}

static void print_fixed(const struct statement *s)
{
	int64_t month = s->until_s - s->since_s;
	char whole[40], part[40], one[40];

	printf("FIXED, used or not %51s %14s\n", "WHOLE MONTH", "SO FAR");
	for (size_t i = 0; i < s->reserved_count; i++) {
		const struct reserved *r = &s->reserved[i];
		char name[80];

		decimal_from_nano(r->nano, one, sizeof(one));
		printf("  %-20.20s %6lld x $%-10s%-12s %15s %14s\n",
		       text_terminal(span_str(r->name), name, sizeof(name)), (long long)r->count,
		       one, r->hourly ? "an hour" : "a month",
		       cents(reserved__nano(r, month, month), whole),
		       cents(reserved__nano(r, statement__passed(s), month), part));
	}
	if (s->reserved_count && s->gpu_count)
		printf(" GPUs as metered, in no sum: they are in what is reserved\n");
	print_gpus(s);
	if (!s->reserved_count && !s->gpu_count)
		printf("  nothing is said to be (--reserved h100=8x2.49/h)\n");
	else
		printf("  %-52s %15s %14s\n", "fixed", cents(statement__fixed(s, true), whole),
		       cents(statement__fixed(s, false), part));
}

static void print_sum(const char *name, const struct ledger_sum *s)
{
	char in[8], out[8], usd[40], note[200] = "";
	size_t n = 0;

	if (s->estimated_nano)
		n += (size_t)snprintf(note + n, sizeof(note) - n, "  %s of it estimated",
				      cents(s->estimated_nano, usd));
	if (s->implausible_nano)
		n += (size_t)snprintf(note + n, sizeof(note) - n, "  %s of it implausible",
				      cents(s->implausible_nano, usd));
	if (s->unpriced > 0)
		snprintf(note + n, sizeof(note) - n, "  %lld calls without a price",
			 (long long)s->unpriced);
	printf("  %-40.40s %9lld %8s %8s %14s%s\n", name, (long long)s->calls,
	       figure_count(s->input + s->cache_read + s->cache_write, in, sizeof(in)),
	       figure_count(s->output, out, sizeof(out)),
	       s->unpriced == s->calls && s->calls ? "?" : cents(s->nano_usd, usd), note);
}

static void print_variable(const struct statement *s)
{
	printf("\nVARIABLE, by what was called %23s %8s %8s %14s\n", "CALLS", "IN", "OUT", "COST");
	for (size_t i = 0; i < s->line_count; i++) {
		const struct statement_line *l = &s->line[i];
		char name[200], clean[400];

		snprintf(name, sizeof(name), "%s/%s", l->provider, l->model);
		print_sum(text_terminal(span_str(name), clean, sizeof(clean)), &l->sum);
	}
	if (s->rest.calls)
		print_sum("all others", &s->rest);
	print_sum("variable", &s->total);
}

static void print_apart(const struct statement *s)
{
	char usd[40];

	if (!s->total.subscription_nano && !s->total.unpriced && !s->total.estimated_nano &&
	    !s->own.nano_usd)
		return;
	printf("\nAPART\n");
	if (s->total.estimated_nano)
		printf("  estimated, in the sum above %42s\n", cents(s->total.estimated_nano, usd));
	if (s->total.subscription_nano)
		printf("  by subscription, in no sum: what it would cost %23s\n",
		       cents(s->total.subscription_nano, usd));
	if (s->own.nano_usd)
		printf("  models of this host, in no sum: by the price that you gave them %6s\n",
		       cents(s->own.nano_usd, usd));
	if (s->total.unpriced)
		printf("  unknown, in no sum: %lld calls without a price\n",
		       (long long)s->total.unpriced);
}

static void print_break_even(const struct statement *s)
{
	int64_t even = statement__break_even(s), own = statement_tokens(&s->own);
	int64_t month = s->until_s - s->since_s, passed = statement__passed(s);
	char count[8], per[8], usd[40];

	if (!statement__fixed(s, true))
		return;
	printf("\nBREAK-EVEN\n");
	if (even < 0) {
		printf("  no price of tokens is known to hold the fixed part against: --against "
		       "openai/gpt-4o-mini\n");
		return;
	}
	printf("  at %s a million tokens (%s) the fixed part is worth\n"
	       "  %s tokens a month, %s a second\n",
	       cents(s->against_nano, usd),
	       s->against ? s->against : "what this month's calls cost",
	       figure_count(even, count, sizeof(count)),
	       figure_count(even / month, per, sizeof(per)));
	if (passed && own) {
		int64_t share =
			(int64_t)((__int128)own * 1000 * month / passed / (even ? even : 1));

		printf("  models of this host answered %s so far: %lld.%lld %% of that load\n",
		       figure_count(own, count, sizeof(count)), (long long)share / 10,
		       (long long)share % 10);
	} else {
		printf("  models of this host answered no call that was seen\n");
	}
}

void statement__print(const struct statement *s)
{
	int64_t fixed = statement__fixed(s, false);
	char from[32], to[32], usd[40];

	day_text(s->since_s, from);
	day_text(s->since_s + (statement__passed(s) ? statement__passed(s) - 1 : 0), to);
	printf("Statement of %s: %s to %s%s\n\n", s->month, from, to,
	       s->now_s < s->until_s ? ", the month is not over" : "");
	print_fixed(s);
	print_variable(s);
	printf("\nTOTAL so far %58s\n", cents(fixed + s->total.nano_usd, usd));
	print_apart(s);
	print_break_even(s);
}

static json_t *sum_json(const struct ledger_sum *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "calls", json_integer(s->calls));
	json_object_set_new(o, "unpriced", json_integer(s->unpriced));
	json_object_set_new(o, "input", json_integer(s->input));
	json_object_set_new(o, "cache_read", json_integer(s->cache_read));
	json_object_set_new(o, "cache_write", json_integer(s->cache_write));
	json_object_set_new(o, "output", json_integer(s->output));
	json_object_set_new(o, "nano_usd", json_integer(s->nano_usd));
	json_object_set_new(o, "estimated_nano_usd", json_integer(s->estimated_nano));
	json_object_set_new(o, "implausible_nano_usd", json_integer(s->implausible_nano));
	json_object_set_new(o, "subscription_nano_usd", json_integer(s->subscription_nano));
	return o;
}

static json_t *reserved_json(const struct statement *s)
{
	int64_t month = s->until_s - s->since_s;
	json_t *list = json_array();

	for (size_t i = 0; i < s->reserved_count; i++) {
		const struct reserved *r = &s->reserved[i];
		char name[80];
		json_t *o = json_object();

		json_object_set_new(o, "name",
				    json_string(text_utf8(span_str(r->name), name, sizeof(name))));
		json_object_set_new(o, "count", json_integer(r->count));
		json_object_set_new(o, "month_nano_usd",
				    json_integer(reserved__nano(r, month, month)));
		json_object_set_new(o, "nano_usd",
				    json_integer(reserved__nano(r, statement__passed(s), month)));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *gpus_json(const struct statement *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->gpu_count; i++) {
		const struct statement_gpus *g = &s->gpus[i];
		char name[2 * GPU_NAME_MAX];
		json_t *o = json_object();

		json_object_set_new(o, "name",
				    json_string(text_utf8(span_str(g->name), name, sizeof(name))));
		json_object_set_new(o, "devices", json_integer(g->devices));
		json_object_set_new(o, "unpriced", json_integer(g->unpriced));
		json_object_set_new(
			o, "month_nano_usd",
			json_integer(statement_gpus__month(g, s->until_s - s->since_s)));
		json_object_set_new(o, "nano_usd", json_integer(g->nano_usd));
		json_object_set_new(o, "idle_nano_usd", json_integer(g->idle_nano));
		json_object_set_new(o, "metered_ns", json_integer(g->ns));
		json_object_set_new(o, "busy_ns", json_integer(g->busy_ns));
		json_array_append_new(list, o);
	}
	return list;
}

void statement__print_json(const struct statement *s)
{
	json_t *o = json_object(), *lines = json_array();
	int64_t even = statement__break_even(s);

	for (size_t i = 0; i < s->line_count; i++) {
		json_t *l = sum_json(&s->line[i].sum);
		char clean[200];

		json_object_set_new(l, "provider",
				    json_string(text_utf8(span_str(s->line[i].provider), clean,
							  sizeof(clean))));
		json_object_set_new(
			l, "model",
			json_string(text_utf8(span_str(s->line[i].model), clean, sizeof(clean))));
		json_array_append_new(lines, l);
	}
	json_object_set_new(o, "month", json_string(s->month));
	json_object_set_new(o, "month_s", json_integer(s->until_s - s->since_s));
	json_object_set_new(o, "passed_s", json_integer(statement__passed(s)));
	json_object_set_new(o, "reserved", reserved_json(s));
	json_object_set_new(o, "gpus", gpus_json(s));
	json_object_set_new(o, "fixed_month_nano_usd", json_integer(statement__fixed(s, true)));
	json_object_set_new(o, "fixed_nano_usd", json_integer(statement__fixed(s, false)));
	json_object_set_new(o, "models", lines);
	json_object_set_new(o, "others", sum_json(&s->rest));
	json_object_set_new(o, "variable", sum_json(&s->total));
	json_object_set_new(o, "own_models", sum_json(&s->own));
	json_object_set_new(o, "total_nano_usd",
			    json_integer(statement__fixed(s, false) + s->total.nano_usd));
	if (even >= 0) {
		json_object_set_new(o, "nano_usd_per_million_tokens",
				    json_integer(s->against_nano));
		json_object_set_new(o, "break_even_tokens_per_month", json_integer(even));
	}
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}
