// SPDX-License-Identifier: BSD-2-Clause
/* What stands in the columns. */
#include <stdio.h>
#include <string.h>

#include "base/figure.h"
#include "top/inside.h"

const struct top_column_def top_columns[TOP_COLUMNS] = {
#define COLUMN(symbol, title, name, width, from, help) { title, name, help, width, from },
#include "top/columns.def"
#undef COLUMN
};

/* n by time: so many in a minute, a second. */
static int64_t by_time(const struct top *t, int64_t n, int64_t unit_ns)
{
	__int128 rate = (__int128)n * unit_ns / top__span(t);

	return rate < INT64_MAX ? (int64_t)rate : INT64_MAX;
}

/* Also where no call has ended yet. */
static bool has_no_price(const struct top_row *r)
{
	return r->sum.n[SUM_UNPRICED] == r->sum.n[SUM_CALLS];
}

static bool by_plan_alone(const struct top_row *r)
{
	return !r->sum.n[SUM_NANO] && r->sum.n[SUM_SUBSCRIPTION_NANO];
}

/* No value that a column has. */
#define UNKNOWN (-1)

int64_t top_value(const struct top *t, const struct top_row *r, enum top_column c)
{
	const int64_t *n = r->sum.n;

	switch (c) {
	case COLUMN_NAME:
		return 0;
	case COLUMN_RATE:
		return has_no_price(r) ? UNKNOWN : by_time(t, n[SUM_NANO], MINUTE_NS);
	case COLUMN_TOTAL:
		return has_no_price(r) ? UNKNOWN : n[SUM_NANO];
	case COLUMN_GPU:
		return !n[SUM_GPU_CALLS]			 ? UNKNOWN
		       : n[SUM_GPU_UNPRICED] == n[SUM_GPU_CALLS] ? n[SUM_GPU_NS]
								 : n[SUM_GPU_NANO];
	case COLUMN_GPU_TIME:
		return n[SUM_GPU_CALLS] ? n[SUM_GPU_NS] : UNKNOWN;
	case COLUMN_TOKENS:
		/* in thousandths: half a token a second is more than none */
		return n[SUM_UNTOLD] == n[SUM_CALLS]
			       ? UNKNOWN
			       : by_time(t, n[SUM_INPUT] + n[SUM_OUTPUT], 1000 * SECOND_NS);
	case COLUMN_CALLS:
		return by_time(t, n[SUM_CALLS], 1000 * MINUTE_NS);
	case COLUMN_HIT:
		return n[SUM_INPUT] ? (int64_t)((double)n[SUM_CACHED] * 1000 / (double)n[SUM_INPUT])
				    : UNKNOWN;
	case COLUMN_ERRORS:
		return n[SUM_FAILED] + n[SUM_ABORTED];
	case COLUMN_LIVE:
		return r->live;
	case COLUMN_AGE:
		if (!n[SUM_CALLS])
			return t->time.now_ns > r->live_ns ? t->time.now_ns - r->live_ns : 0;
		return t->time.now_ns > r->end_ns ? t->time.now_ns - r->end_ns : 0;
	case COLUMN_COUNT:
		return n[SUM_CALLS];
	case COLUMN_INPUT:
		return n[SUM_INPUT];
	case COLUMN_OUTPUT:
		return n[SUM_OUTPUT];
	case COLUMN_UNPRICED:
		return n[SUM_UNPRICED];
	case COLUMN_ESTIMATED:
		return n[SUM_ESTIMATED_NANO];
	case COLUMN_SUBSCRIPTION:
		return n[SUM_SUBSCRIPTION_NANO];
	case COLUMN_GRAPH: /* who spends more now than before */
		return top_row__spent(r, t->time.now_ns / top__step(t)) +
		       top_row__spent(r, t->time.now_ns / top__step(t) - 1);
	case TOP_COLUMNS:
		break;
	}
	return 0;
}

const char *top_money(int64_t nano, int decimals, char *dst, size_t cap)
{
	int64_t unit = 1000000000;

	for (int i = 0; i < decimals; i++)
		unit /= 10;
	if (nano > 0 && nano < unit) {
		snprintf(dst, cap, "<%.*f", decimals, (double)unit / 1e9);
		return dst;
	}
	/* rounded as a person would; exact figures are report's */
	nano = (nano + unit / 2) / unit;
	if (!decimals) {
		snprintf(dst, cap, "%lld", (long long)nano);
		return dst;
	}
	unit = 1000000000 / unit;
	snprintf(dst, cap, "%lld.%0*lld", (long long)(nano / unit), decimals,
		 (long long)(nano % unit));
	return dst;
}

const char *top_dollars(int64_t nano, char *dst, size_t cap)
{
	int decimals = nano >= 1000 * 1000000000ll   ? 0
		       : nano >= 1000000000 || !nano ? 2
		       : nano >= 10000000	     ? 4
						     : 6;

	dst[0] = '$';
	top_money(nano, decimals, dst + 1, cap - 1);
	return dst;
}

int top_decimals(const struct top *t, enum top_column c)
{
	int64_t most = 0;

	for (size_t i = 0; i < t->shown_count; i++) {
		int64_t v = c == COLUMN_GPU ? t->shown[i]->sum.n[SUM_GPU_NANO]
					    : top_value(t, t->shown[i], c);

		if (c == COLUMN_TOTAL && by_plan_alone(t->shown[i]))
			v = t->shown[i]->sum.n[SUM_SUBSCRIPTION_NANO];
		most = v > most ? v : most;
	}
	return most >= 10000 * 1000000000ll	      ? 0
	       : most >= 10 * 1000000000ll	      ? 2
	       : most >= 100000000 || c == COLUMN_GPU ? 4
						      : 6;
}

const char *top_bar(const struct top *t, int height)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const letters[] = { " ", ".", ".", ":", ":", "=", "=", "#", "#" };

	return (t->ascii ? letters : blocks)[height < 0 ? 0 : height > 8 ? 8 : height];
}

/* From the window's first step to that of now; the largest has the full height. */
static const char *graph(const struct top *t, const struct top_row *r, char *dst, size_t cap)
{
	int64_t now = t->time.now_ns / top__step(t), most = 0;
	size_t n = 0;

	for (int64_t s = now - TOP_STEPS + 1; s <= now; s++)
		most = top_row__spent(r, s) > most ? top_row__spent(r, s) : most;
	for (int64_t s = now - TOP_STEPS + 1; s <= now && n + 4 < cap; s++) {
		int64_t v = top_row__spent(r, s);

		n += (size_t)snprintf(dst + n, cap - n, "%s",
				      top_bar(t, v ? 1 + (int)((double)v / (double)most * 7) : 0));
	}
	return dst;
}

/*
 * "0.0421", "~0.0421" where a part is estimated, "0.0421?" where calls without a price are not in
 * it,
 * "(0.0421)" what a subscription pays, "?" where nothing has a price, "-" where nothing is billed.
 */
static const char *total(const struct top *t, const struct top_row *r, int decimals, char *dst,
			 size_t cap, enum page_style *ret_style)
{
	const int64_t *n = r->sum.n;
	bool plan = by_plan_alone(r), less = n[SUM_UNPRICED] || n[SUM_IMPLAUSIBLE];
	char usd[32];

	top_money(plan ? n[SUM_SUBSCRIPTION_NANO] : n[SUM_NANO], decimals, usd, sizeof(usd));
	if (has_no_price(r)) {
		*ret_style = STYLE_WARN;
		return "? ";
	}
	if (n[SUM_NOT_BILLED] == n[SUM_CALLS])
		return "- ";
	if (less || n[SUM_ESTIMATED])
		*ret_style = STYLE_WARN;
	snprintf(dst, cap, "%s%s%s%s", plan ? "(" : "", n[SUM_ESTIMATED] ? "~" : "", usd,
		 plan		      ? ")"
		 : n[SUM_UNPRICED]    ? "?"
		 : n[SUM_IMPLAUSIBLE] ? "!"
				      : " ");
	return dst;
}

static const char *seconds(int64_t ns, char *dst, size_t cap)
{
	if (ns < 100 * SECOND_NS)
		snprintf(dst, cap, "%.1fs", (double)ns / 1e9);
	else if (ns < 100 * MINUTE_NS)
		snprintf(dst, cap, "%llds", (long long)(ns / SECOND_NS));
	else
		snprintf(dst, cap, "%.1fh", (double)ns / 3.6e12);
	return dst;
}

/* "0.0421", "0.0421?" where a GPU that worked for a part has no price, "3.2s" where none has. */
static const char *gpu(const struct top_row *r, int decimals, char *dst, size_t cap)
{
	const int64_t *n = r->sum.n;

	if (n[SUM_GPU_UNPRICED] == n[SUM_GPU_CALLS])
		return seconds(n[SUM_GPU_NS], dst, cap);
	top_money(n[SUM_GPU_NANO], decimals, dst, cap - 1);
	return n[SUM_GPU_UNPRICED] ? strcat(dst, "?") : dst;
}

/* Calls a minute, with a digit behind the point where there are few. */
static const char *rate(int64_t thousandths, char *dst, size_t cap)
{
	if (thousandths >= 100000)
		return figure_count(thousandths / 1000, dst, cap);
	if (thousandths && thousandths < 50)
		snprintf(dst, cap, "<0.1");
	else
		snprintf(dst, cap, "%.1f", (double)thousandths / 1000);
	return dst;
}

const char *top_cell(const struct top *t, const struct top_row *r, enum top_column c, int decimals,
		     char *dst, size_t cap, enum page_style *ret_style)
{
	int64_t v = top_value(t, r, c);

	*ret_style = STYLE_PLAIN;
	if (v == UNKNOWN && c != COLUMN_TOTAL) {
		*ret_style = STYLE_DIM;
		return c == COLUMN_HIT || c == COLUMN_GPU || c == COLUMN_GPU_TIME ? "-" : "?";
	}
	switch (c) {
	case COLUMN_NAME:
		return top_name(t, t->view, r, dst, cap);
	case COLUMN_RATE:
		*ret_style = v ? STYLE_MONEY : STYLE_DIM;
		if (!v)
			return "-";
		return top_money(v, decimals, dst, cap);
	case COLUMN_TOTAL:
		return total(t, r, decimals, dst, cap, ret_style);
	case COLUMN_GPU:
		*ret_style = STYLE_MONEY;
		return gpu(r, decimals, dst, cap);
	case COLUMN_GPU_TIME:
		return seconds(v, dst, cap);
	case COLUMN_ESTIMATED:
	case COLUMN_SUBSCRIPTION:
		*ret_style = v ? STYLE_PLAIN : STYLE_DIM;
		return v ? top_money(v, decimals, dst, cap) : "-";
	case COLUMN_TOKENS:
	case COLUMN_CALLS:
		return rate(v, dst, cap);
	case COLUMN_HIT:
		snprintf(dst, cap, "%lld%%", (long long)(v / 10));
		return dst;
	case COLUMN_ERRORS:
	case COLUMN_UNPRICED:
		*ret_style = !v ? STYLE_DIM : c == COLUMN_ERRORS ? STYLE_BAD : STYLE_WARN;
		return v ? figure_count(v, dst, cap) : "-";
	case COLUMN_LIVE:
		*ret_style = v ? STYLE_STRONG : STYLE_DIM;
		return v ? figure_count(v, dst, cap) : "-";
	case COLUMN_AGE:
		*ret_style = v > MINUTE_NS ? STYLE_DIM : STYLE_PLAIN;
		return figure_age(v, dst, cap);
	case COLUMN_GRAPH:
		*ret_style = STYLE_MONEY;
		return graph(t, r, dst, cap);
	default:
		return figure_count(v, dst, cap);
	}
}

const char *top_name(const struct top *t, enum top_view v, const struct top_row *r, char *dst,
		     size_t cap)
{
	if (!*r->name)
		return v == VIEW_RUN ? "- of no run" : "-"; /* not known: as report has it */
	if (v != VIEW_RUN || !*r->about)
		return r->name;
	snprintf(dst, cap, "%.8s %s", r->name, r->about);
	return dst;
}
