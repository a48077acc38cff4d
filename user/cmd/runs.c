// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/columns.h"
#include "base/decimal.h"
#include "base/figure.h"
#include "base/text.h"
#include "cmd/lookback.h"
#include "cmd/options.h"
#include "cmd/terminal.h"
#include "sink/run_tree.h"
#include "ledger_view.h"

int cmd_runs(const struct options *o);

/* What fits on a screen; --json tells all. */
#define RUNS_SHOWN 50

struct list {
	bool json;
	int64_t count;	 /* runs of several calls; with json all */
	int64_t singles; /* calls that nothing followed */
};

static void print_json(const struct ledger_run *r)
{
	char usd[40], service[600], start[40], end[40];
	json_t *o;

	decimal_from_nano(r->nano_usd, usd, sizeof(usd));
	text_time(r->start_ns, start, sizeof(start));
	text_time(r->end_ns, end, sizeof(end));
	o = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, "
		      "s:I, s:s, s:s, s:I}",
		      "run", r->id, "service",
		      text_utf8(span_str(r->service), service, sizeof(service)), "pid",
		      (json_int_t)r->pid, "calls", (json_int_t)r->calls, "sub_agents",
		      (json_int_t)r->runs, "steps", (json_int_t)r->steps, "depth",
		      (json_int_t)r->depth, "fan_out", (json_int_t)r->fan_out, "unpriced",
		      (json_int_t)r->unpriced, "failed", (json_int_t)r->failed, "input",
		      (json_int_t)r->input, "cache_read", (json_int_t)r->cache_read, "output",
		      (json_int_t)r->output, "usd", usd, "nano_usd", (json_int_t)r->nano_usd,
		      "subscription_nano_usd", (json_int_t)r->subscription_nano, "start", start,
		      "end", end, "wall_ns", (json_int_t)(r->end_ns - r->start_ns));
	json_object_set_new(o, "repeated", json_integer(r->repeated));
	json_object_set_new(o, "ended",
			    json_string(run_end_name(r->result, r->finish, r->tool_calls)));
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

/* A line of all that is told; on a narrower screen it is the shorter one, of 80. */
#define WIDE_COLUMNS 111
#define SERVICE_WIDE 15

static bool is_wide(void)
{
	return terminal_width() >= WIDE_COLUMNS;
}

static void print_heading(void)
{
	if (is_wide())
		printf("%-16s %-*s %5s %4s %3s %9s %5s %4s %7s %7s %-8s %12s\n", "RUN",
		       SERVICE_WIDE, "SERVICE", "CALLS", "SUBS", "FAN", "IN", "AGAIN", "HIT", "OUT",
		       "TOOK", "ENDED", "COST");
	else
		printf("%-8s %-*s %5s %4s %6s %4s %6s %4s %-8s %11s\n", "RUN", SERVICE_WIDE,
		       "SERVICE", "CALLS", "SUBS", "IN", "HIT", "OUT", "TOOK", "ENDED", "COST");
}

static void print_line(const struct ledger_run *r)
{
	char usd[48] = "$", service[600], cell[10 * SERVICE_WIDE + 8], in[24], out[24], took[24];
	const char *ended = run_end_name(r->result, r->finish, r->tool_calls);

	decimal_from_nano(r->nano_usd, usd + 1, sizeof(usd) - 3);
	if (r->unpriced == r->calls)
		snprintf(usd, sizeof(usd), "?");
	else if (r->unpriced)
		strcat(usd, "+?");
	text_terminal(span_str(r->service), service, sizeof(service));
	text_fit(service, SERVICE_WIDE, false, cell, sizeof(cell));
	if (is_wide())
		printf("%-16s %s %5" PRId64 " %4" PRId64 " %3" PRId64 " %9" PRId64 " %4" PRId64
		       "%% %3" PRId64 "%% %7" PRId64 " %6.1fs %-8s %12s",
		       r->id, cell, r->calls, r->runs, r->fan_out, r->input,
		       percent_of(r->repeated, r->input), percent_of(r->cache_read, r->input),
		       r->output, (double)(r->end_ns - r->start_ns) / 1e9, ended, usd);
	else
		printf("%-8.8s %s %5" PRId64 " %4" PRId64 " %6s %3" PRId64 "%% %6s %4s %-8s %11s",
		       r->id, cell, r->calls, r->runs, figure_count(r->input, in, sizeof(in)),
		       percent_of(r->cache_read, r->input),
		       figure_count(r->output, out, sizeof(out)),
		       figure_age(r->end_ns - r->start_ns, took, sizeof(took)), ended, usd);
	if (r->subscription_nano) {
		decimal_from_nano(r->subscription_nano, usd, sizeof(usd));
		printf("  $%s by subscription", usd);
	}
	if (r->failed)
		printf("  %" PRId64 " failed", r->failed);
	putchar('\n');
}

static void on_run(void *ctx, const struct ledger_run *r)
{
	struct list *l = ctx;

	if (r->calls == 1 && !l->json) {
		l->singles++;
		return;
	}
	l->count++;
	if (l->json) {
		print_json(r);
		return;
	}
	if (l->count > RUNS_SHOWN)
		return;
	if (l->count == 1)
		print_heading();
	print_line(r);
}

static void print_rest(const struct list *l, const char *since)
{
	if (!l->count)
		printf("no run of several calls since %s\n", since);
	else if (l->count > RUNS_SHOWN)
		printf("and %" PRId64 " more: --json tells all\n", l->count - RUNS_SHOWN);
	if (l->singles)
		printf("and %" PRId64 " single call%s, that nothing followed: --json tells %s\n",
		       l->singles, l->singles == 1 ? "" : "s", l->singles == 1 ? "it" : "them");
}

int cmd_runs(const struct options *o)
{
	struct list l = { .json = o->json };
	struct lookback look;
	int status;
	bool good;

	terminal_is_utf8(); /* for the widths of names */
	status = lookback__open(&look, o, "runs");
	if (status)
		return status;
	good = lookback__close(&look,
			       ledger_view__runs(look.view, look.from_ns, INT64_MAX, on_run, &l));
	if (good && !l.json)
		print_rest(&l, look.since);
	return !good || fflush(stdout);
}
