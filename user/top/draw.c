// SPDX-License-Identifier: BSD-2-Clause
/*
 * The page: four lines of the host as a whole, the tables' names, the table, what keys do.
 *
 *   wiretally  now $0.4210/min ▂▃▅█▅  today $12.83  month $214.50, ends at ~$402
 *   in 10 min  $4.2103  412 calls  18.2k tok/s  hit 61%  3 errors  2 without a price
 *   coverage   96.1% exact, 2.9% estimated, 1.0% without a price  lost: 12 ring_full
 *   GPUs       2 here, 48% busy  $0.98: calls $0.42, unseen $0.01, idle $0.55
 */
#include <stdio.h>
#include <string.h>

#include "base/columns.h"
#include "base/figure.h"
#include "base/projection.h"
#include "base/projection.h"
#include "base/text.h"
#include "top/inside.h"

#define HEAD_LINES 4 /* above the table's own heading; one more where there are GPUs */
#define TABLE_MIN  5
/* Of what is looked into, beside the names of the tables. */
#define SCOPE_COLUMNS 20

static int64_t spent_now(const struct top *t)
{
	int64_t second = t->time.now_ns / SECOND_NS, nano = 0;

	for (size_t i = 0; i < 60; i++)
		if (t->now.second[i] > second - 60 && t->now.second[i] <= second)
			nano += t->now.nano[i];
	return nano;
}

/* The last minute in ten bars of six seconds. */
static const char *now_graph(const struct top *t, char *dst, size_t cap)
{
	int64_t second = t->time.now_ns / SECOND_NS, bar[10] = { 0 }, most = 0;
	size_t n = 0;

	for (size_t i = 0; i < 60; i++) {
		int64_t ago = second - t->now.second[i];

		if (ago >= 0 && ago < 60)
			bar[9 - ago / 6] += t->now.nano[i];
	}
	for (int i = 0; i < 10; i++)
		most = bar[i] > most ? bar[i] : most;
	for (int i = 0; i < 10; i++)
		n += (size_t)snprintf(
			dst + n, cap - n, "%s",
			top_bar(t, bar[i] ? 1 + (int)((double)bar[i] / (double)most * 7) : 0));
	return dst;
}

/* What the month comes to at this rate; -1: too early to say. */
static int64_t month_end(const struct top *t)
{
	return projection(t->month.nano_usd, t->time.month_ns, t->month.first_ns, t->time.now_ns,
			  t->time.month_end_ns);
}

static int put(struct page *p, int y, int x, enum page_style style, const char *text)
{
	page__put(p, y, x, style, text);
	return x + (int)text_columns(text);
}

static const char *unpriced_mark(const struct ledger_spent *s)
{
	return s->unpriced ? "?" : "";
}

static void draw_host(const struct top *t, struct page *p)
{
	char usd[40], text[96], bars[64];
	int64_t second = t->time.now_ns / SECOND_NS + t->time.utc_offset_s, end = month_end(t);
	int x;

	x = put(p, 0, 0, STYLE_STRONG, "wiretally");
	x = put(p, 0, x + 2, STYLE_DIM, "now ");
	snprintf(text, sizeof(text), "%s/min", top_dollars(spent_now(t), usd, sizeof(usd)));
	x = put(p, 0, x, STYLE_MONEY, text);
	x = put(p, 0, x + 1, STYLE_MONEY, now_graph(t, bars, sizeof(bars)));
	x = put(p, 0, x + 1, STYLE_DIM, "today ");
	snprintf(text, sizeof(text), "%s%s", top_dollars(t->today.nano_usd, usd, sizeof(usd)),
		 unpriced_mark(&t->today));
	x = put(p, 0, x, STYLE_MONEY, text);
	x = put(p, 0, x + 2, STYLE_DIM, "month ");
	snprintf(text, sizeof(text), "%s%s", top_dollars(t->month.nano_usd, usd, sizeof(usd)),
		 unpriced_mark(&t->month));
	x = put(p, 0, x, STYLE_MONEY, text);
	if (end >= 0 && p->width - x >= 26) {
		snprintf(text, sizeof(text), " ends at ~%s",
			 top_dollars(end / 10000000 * 10000000, usd, sizeof(usd)));
		x = put(p, 0, x, STYLE_DIM, text);
	}
	if (p->width - x >= 10)
		page__printf(p, 0, p->width - 8, STYLE_DIM, "%02d:%02d:%02d",
			     (int)(second / 3600 % 24), (int)(second / 60 % 60),
			     (int)(second % 60));
}

/* The path to what is looked into: "checkout > gpt-4o > ". */
static int draw_scope(const struct top *t, struct page *p, int y, int x)
{
	for (size_t i = 0; i < t->scopes; i++) {
		char name[TOP_NAME_MAX], cell[10 * SCOPE_COLUMNS + 8];
		int columns;

		text_terminal(span_str(*t->scope[i].name ? t->scope[i].name : "-"), name,
			      sizeof(name));
		columns = (int)text_columns(name);
		text_fit(name, (size_t)(columns < SCOPE_COLUMNS ? columns : SCOPE_COLUMNS),
			 p->ascii, cell, sizeof(cell));
		x = put(p, y, x, STYLE_STRONG, cell);
		x = put(p, y, x, STYLE_DIM, t->ascii ? " > " : " › ");
	}
	return x;
}

static void draw_window(const struct top *t, struct page *p)
{
	const int64_t *n = t->total.n;
	char usd[40], text[128], count[24];
	int x = put(p, 1, 0, STYLE_DIM, t->window == WINDOW_TODAY ? "since midnight " : "in ");

	if (t->window != WINDOW_TODAY) {
		x = put(p, 1, x, STYLE_STRONG, top_windows[t->window].title);
		x = put(p, 1, x, STYLE_PLAIN, " ");
	}
	x = put(p, 1, x + 1, STYLE_MONEY, top_dollars(n[SUM_NANO], usd, sizeof(usd)));
	snprintf(text, sizeof(text), "  %s call%s",
		 figure_count(n[SUM_CALLS], count, sizeof(count)), n[SUM_CALLS] == 1 ? "" : "s");
	x = put(p, 1, x, STYLE_PLAIN, text);
	snprintf(text, sizeof(text), "  %s tok/s",
		 figure_count((int64_t)((double)(n[SUM_INPUT] + n[SUM_OUTPUT]) * 1e9 /
					(double)top__span(t)),
			      count, sizeof(count)));
	x = put(p, 1, x, STYLE_PLAIN, text);
	if (n[SUM_INPUT]) {
		snprintf(text, sizeof(text), "  hit %lld%%",
			 (long long)((double)n[SUM_CACHED] * 100 / (double)n[SUM_INPUT]));
		x = put(p, 1, x, STYLE_PLAIN, text);
	}
	if (t->live) {
		snprintf(text, sizeof(text), "  %s live",
			 figure_count(t->live, count, sizeof(count)));
		x = put(p, 1, x, STYLE_STRONG, text);
	}
	if (n[SUM_FAILED] + n[SUM_ABORTED]) {
		snprintf(text, sizeof(text), "  %s failed",
			 figure_count(n[SUM_FAILED] + n[SUM_ABORTED], count, sizeof(count)));
		x = put(p, 1, x, STYLE_BAD, text);
	}
	if (n[SUM_SUBSCRIPTION_NANO]) {
		snprintf(text, sizeof(text), "  (%s by plan)",
			 top_dollars(n[SUM_SUBSCRIPTION_NANO], usd, sizeof(usd)));
		x = put(p, 1, x, STYLE_PLAIN, text);
	}
	if (t->reading)
		put(p, 1, x, STYLE_WARN, "  reading ...");
	else if (t->cut_ns)
		put(p, 1, x, STYLE_WARN, "  shortened: more calls than are held");
	if (t->no_memory)
		put(p, 1, x, STYLE_BAD, "  no memory: calls are missing");
}

static double share(int64_t part, int64_t of)
{
	return of ? (double)part * 100 / (double)of : 0;
}

static void draw_losses(const struct top *t, struct page *p, int x)
{
	char text[64];

	for (size_t i = 0; i < t->losses; i++) {
		snprintf(text, sizeof(text), "%s%lld %s",
			 i ? ", " : "  lost: ", (long long)t->loss[i].n, t->loss[i].name);
		/* what does not fit is counted: it is not silently left out */
		if (x + (int)strlen(text) + 5 > p->width) {
			snprintf(text, sizeof(text), "%s+%lld",
				 i ? " " : "  lost: ", (long long)t->lost - (long long)i);
			put(p, 2, x, STYLE_WARN, text);
			return;
		}
		x = put(p, 2, x, STYLE_WARN, text);
	}
}

static void draw_coverage(const struct top *t, struct page *p)
{
	const int64_t *n = t->total.n;
	int64_t all = n[SUM_CALLS],
		exact = all - n[SUM_UNPRICED] - n[SUM_ESTIMATED] - n[SUM_IMPLAUSIBLE];
	char text[128];
	int x;

	if (t->meter_known && !t->meter_running) {
		int64_t ago = t->time.now_ns - t->meter_last_ns;
		char age[24];

		page__printf(p, 2, 0, STYLE_BAD, "no meter is running%s%s%s: 'wiretally run'",
			     t->meter_last_ns ? ", the last wrote " : "",
			     t->meter_last_ns ? figure_age(ago, age, sizeof(age)) : "",
			     t->meter_last_ns ? " ago" : "");
		return;
	}
	if (!all) {
		x = put(p, 2, 0, STYLE_DIM, "no call yet");
		draw_losses(t, p, x);
		return;
	}
	snprintf(text, sizeof(text), "%.1f%% exact", share(exact, all));
	x = put(p, 2, 0, STYLE_DIM, "priced: ");
	x = put(p, 2, x, STYLE_PLAIN, text);
	if (n[SUM_ESTIMATED]) {
		snprintf(text, sizeof(text), ", ~%.1f%% estimated", share(n[SUM_ESTIMATED], all));
		x = put(p, 2, x, STYLE_WARN, text);
	}
	if (n[SUM_UNPRICED]) {
		snprintf(text, sizeof(text), ", ?%.1f%% not", share(n[SUM_UNPRICED], all));
		x = put(p, 2, x, STYLE_WARN, text);
	}
	if (n[SUM_IMPLAUSIBLE]) {
		snprintf(text, sizeof(text), ", !%.1f%% implausible",
			 share(n[SUM_IMPLAUSIBLE], all));
		x = put(p, 2, x, STYLE_BAD, text);
	}
	draw_losses(t, p, x);
}

static int head_lines(const struct top *t)
{
	return HEAD_LINES + (t->gpus.devices > 0);
}

/* What is paid for whether it is used or not, beside what is paid for calls. */
static void draw_gpus(const struct top *t, struct page *p)
{
	const struct ledger_gpu_total *g = &t->gpus;
	int64_t idle = g->part_nano[GPU_PART_HELD] + g->part_nano[GPU_PART_RESERVED] +
		       g->part_nano[GPU_PART_FREE];
	char usd[40], text[96];
	int x = put(p, 3, 0, STYLE_DIM, "GPUs: ");

	if (g->known_ns)
		snprintf(text, sizeof(text), "%lld here, %.0f%% busy", (long long)g->devices,
			 share(g->busy_ns, g->known_ns));
	else
		snprintf(text, sizeof(text), "%lld here, nobody can tell how busy",
			 (long long)g->devices);
	x = put(p, 3, x, STYLE_PLAIN, text);
	if (!g->priced_ns) {
		put(p, 3, x, STYLE_WARN, "  without a price");
		return;
	}
	x = put(p, 3, x + 2, STYLE_MONEY, top_dollars(g->nano_usd, usd, sizeof(usd)));
	snprintf(text, sizeof(text), "%s: calls ", g->priced_ns < g->ns ? "?" : "");
	x = put(p, 3, x, STYLE_DIM, text);
	x = put(p, 3, x, STYLE_MONEY,
		top_dollars(g->part_nano[GPU_PART_REQUEST], usd, sizeof(usd)));
	x = put(p, 3, x, STYLE_DIM, ", unseen ");
	x = put(p, 3, x, STYLE_PLAIN,
		top_dollars(g->part_nano[GPU_PART_UNATTRIBUTED], usd, sizeof(usd)));
	x = put(p, 3, x, STYLE_DIM, ", idle ");
	put(p, 3, x, STYLE_WARN, top_dollars(idle, usd, sizeof(usd)));
}

/* " services  features ... " and to the right the windows: what is shown is marked. */
static void draw_tabs(const struct top *t, struct page *p)
{
	char text[40];
	int y = head_lines(t) - 1, x = draw_scope(t, p, y, 0), windows = 0;

	for (int i = 0; i < TOP_VIEWS; i++) {
		bool here = i == (int)t->view;

		/* all chosen for a terminal without colours, too */
		snprintf(text, sizeof(text), here ? "[%s]" : " %s ", top_views[i].title);
		x = put(p, y, x, here ? STYLE_CHOSEN : STYLE_DIM, text);
	}
	for (int i = 0; i < TOP_WINDOWS; i++)
		windows += (int)strlen(top_windows[i].name) + 2;
	if (p->width - x <= windows)
		return;
	x = p->width - windows;
	for (int i = 0; i < TOP_WINDOWS; i++) {
		bool here = i == (int)t->window;

		snprintf(text, sizeof(text), here ? "[%s]" : " %s ", top_windows[i].name);
		x = put(p, y, x, here ? STYLE_CHOSEN : STYLE_DIM, text);
	}
}

bool top__shows(const struct top *t, const struct page *p, enum top_column c)
{
	if (p->width < top_columns[c].from)
		return false;
	return (c != COLUMN_GPU && c != COLUMN_GPU_TIME) || t->gpus.devices ||
	       t->total.n[SUM_GPU_CALLS];
}

static int name_width(const struct top *t, const struct page *p)
{
	int width = p->width;

	for (int c = COLUMN_NAME + 1; c < TOP_COLUMNS; c++)
		if (top__shows(t, p, c))
			width -= top_columns[c].width + 1;
	return width > 8 ? width : 8;
}

static void title_of(const struct top *t, enum top_column c, char *dst, size_t cap)
{
	const char *title = c == COLUMN_NAME ? top_views[t->view].title : top_columns[c].title;
	const char *arrow = t->sort != c ? ""
			    : t->ascii	 ? (t->turned ? "^" : "v")
					 : (t->turned ? "▴" : "▾");

	snprintf(dst, cap, c == COLUMN_NAME ? "%s%s" : "%s%s", title, arrow);
}

static void draw_heading(const struct top *t, struct page *p, int y)
{
	int x = name_width(t, p);
	char title[48];

	title_of(t, COLUMN_NAME, title, sizeof(title));
	page__put_fit(p, y, 0, x, STYLE_HEAD, title);
	for (int c = COLUMN_NAME + 1; c < TOP_COLUMNS; c++) {
		if (!top__shows(t, p, c))
			continue;
		title_of(t, c, title, sizeof(title));
		page__put_fit(p, y, x + 1,
			      c == COLUMN_GRAPH ? top_columns[c].width : -top_columns[c].width,
			      STYLE_HEAD, title);
		x += top_columns[c].width + 1;
	}
	page__fill(p, y, STYLE_HEAD);
}

static void draw_row(const struct top *t, const struct top_row *r, bool chosen,
		     const int decimals[TOP_COLUMNS], struct page *p, int y)
{
	int x = name_width(t, p);
	char cell[400];
	enum page_style style;

	page__put_fit(p, y, 0, x, chosen ? STYLE_CHOSEN : STYLE_PLAIN,
		      top_cell(t, r, COLUMN_NAME, 0, cell, sizeof(cell), &style));
	for (int c = COLUMN_NAME + 1; c < TOP_COLUMNS; c++) {
		const char *text;

		if (!top__shows(t, p, c))
			continue;
		text = top_cell(t, r, c, decimals[c], cell, sizeof(cell), &style);
		page__put_fit(p, y, x + 1, -top_columns[c].width, chosen ? STYLE_CHOSEN : style,
			      text);
		x += top_columns[c].width + 1;
	}
	if (chosen)
		page__fill(p, y, STYLE_CHOSEN);
}

/* The rows that are to be seen are those around the chosen one. */
static void scroll(struct top *t, size_t chosen, size_t rows)
{
	t->page_rows = rows;
	if (chosen < t->first)
		t->first = chosen;
	if (chosen >= t->first + rows)
		t->first = chosen - rows + 1;
	if (t->first + rows > t->shown_count)
		t->first = t->shown_count > rows ? t->shown_count - rows : 0;
}

static void draw_table(struct top *t, struct page *p, int y, int lines)
{
	int decimals[TOP_COLUMNS] = { 0 };
	size_t chosen = top__chosen(t), rows = (size_t)(lines > 1 ? lines - 1 : 1);

	scroll(t, chosen, rows);
	for (int c = 0; c < TOP_COLUMNS; c++)
		if (c == COLUMN_RATE || c == COLUMN_TOTAL || c == COLUMN_GPU ||
		    c == COLUMN_ESTIMATED || c == COLUMN_SUBSCRIPTION)
			decimals[c] = top_decimals(t, c);
	draw_heading(t, p, y);
	for (size_t i = t->first; i < t->shown_count && i < t->first + rows; i++)
		draw_row(t, t->shown[i], !t->batch && i == chosen, decimals, p,
			 y + 1 + (int)(i - t->first));
	if (!t->shown_count)
		page__put(p, y + 2, 2, STYLE_DIM,
			  t->reading   ? "reading the ledger ..."
			  : *t->filter ? "no name has these letters"
				       : "nothing in this window: w for a longer one");
}

static void draw_keys(const struct top *t, struct page *p)
{
	static const char *const pairs[][2] = {
		{ "?", "help" },   { "/", "filter" }, { "Enter", "look into" }, { "Esc", "back" },
		{ "< >", "sort" }, { "w", "window" }, { "l", "calls" },		{ "q", "quit" },
	};
	int y = p->height - 1, x = 0;

	if (t->editing || *t->filter) {
		page__put(p, y, 0, STYLE_KEY, "/");
		page__put(p, y, 1, STYLE_STRONG, t->filter);
		page__put(p, y, 1 + (int)text_columns(t->filter), STYLE_DIM,
			  t->editing ? "_  Enter keeps it, Esc leaves it" : "  Esc: all names");
		return;
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		x = put(p, y, x, STYLE_KEY, pairs[i][0]);
		x = put(p, y, x + 1, STYLE_DIM, pairs[i][1]) + 2;
	}
	if (t->paused)
		put(p, y, x, STYLE_WARN, "held");
	else if (t->shown_count > t->page_rows)
		page__printf(p, y, x, STYLE_DIM, "%zu-%zu of %zu", t->first + 1,
			     t->first + t->page_rows, t->shown_count);
}

void top__draw(struct top *t, struct page *p)
{
	int head = head_lines(t), last, lines, notices;

	page__clear(p);
	top__order(t);
	draw_host(t, p);
	draw_window(t, p);
	draw_coverage(t, p);
	if (t->help) {
		top__draw_help(t, p);
		return;
	}
	if (t->tree_open) {
		top__draw_tree(t, p);
		return;
	}
	if (t->gpus.devices)
		draw_gpus(t, p);
	draw_tabs(t, p);
	last = t->batch ? 0 : top__last_lines(t, p);
	lines = p->height - head - !t->batch - last;
	notices = top__notice_lines(t, lines);
	lines -= notices;
	draw_table(t, p, head, lines < TABLE_MIN ? TABLE_MIN : lines);
	top__draw_notices(t, p, head + lines, notices);
	if (last)
		top__draw_last(t, p, p->height - 1 - last);
	if (!t->batch)
		draw_keys(t, p);
}

int top__height(struct top *t)
{
	top__order(t);
	return head_lines(t) + 1 + (t->shown_count ? (int)t->shown_count : 2) +
	       (int)t->notice_count;
}

bool top__is_held(const struct top *t)
{
	return t->paused;
}
