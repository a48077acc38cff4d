// SPDX-License-Identifier: BSD-2-Clause
/* What is below a table, or in its place: the last calls, a run's steps, the help. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/figure.h"
#include "base/decimal.h"
#include "top/inside.h"

#define LAST_LINES_MIN 6
/* Below it a table keeps its room, unless the calls are asked for. */
#define TALL 36

int top__last_lines(const struct top *t, const struct page *p)
{
	size_t have = t->last_count < TOP_LAST_MAX ? t->last_count : TOP_LAST_MAX;
	int room = p->height / 3;

	/* In an owner they are what one came for; in a large terminal there is room for them. */
	if (t->show_last == (t->scopes > 0 || p->height >= TALL) || !have)
		return 0;
	if (room < LAST_LINES_MIN)
		room = LAST_LINES_MIN;
	return (int)have + 2 < room ? (int)have + 2 : room;
}

static const char *tokens(int64_t n, bool estimated, char *dst, size_t cap)
{
	char count[24];

	if (n < 0)
		return "?";
	snprintf(dst, cap, "%s%s", estimated ? "~" : "", figure_count(n, count, sizeof(count)));
	return dst;
}

static const char *price(const struct top_last *l, char *dst, size_t cap)
{
	bool plan = l->subscription_nano > 0 && l->nano_usd == 0;
	char usd[40];

	if (l->nano_usd < 0)
		return "?";
	if (l->not_billed)
		return "-";
	decimal_from_nano(plan ? l->subscription_nano : l->nano_usd, usd, sizeof(usd));
	snprintf(dst, cap, "%s%s$%s%s", plan ? "(" : "", l->estimated ? "~" : "", usd,
		 plan ? ")" : "");
	return dst;
}

/* True where all calls are of one of these: it stands above them. */
static bool is_one(const struct top *t, enum top_view v)
{
	for (size_t i = 0; i < t->scopes; i++)
		if (t->scope[i].view == v)
			return true;
	return false;
}

/* Time, in, hit, out, took, cost, result. */
#define CALL_FIGURES (9 + 7 + 6 + 8 + 8 + 13 + 9)
#define CALL_SERVICE 24
#define CALL_NAMES   58
/* What terminals that are so wide tell of a call, too. */
#define CALL_WIDE  140
#define CALL_OWNER 24

/* Columns of the names, and where the figures begin. */
static int names_room(const struct page *p)
{
	int room = p->width - CALL_FIGURES;

	return room < CALL_NAMES ? room : CALL_NAMES;
}

static void draw_names(const struct top *t, const struct top_last *l, struct page *p, int y)
{
	int room = names_room(p);
	int service = is_one(t, VIEW_SERVICE) ? 0 : is_one(t, VIEW_MODEL) ? room : room * 2 / 5;

	if (service > CALL_SERVICE)
		service = CALL_SERVICE;
	if (service)
		page__put_fit(p, y, 9, service - 1, STYLE_PLAIN, *l->service ? l->service : "-");
	if (room - service > 1)
		page__put_fit(p, y, 9 + service, room - service - 1, STYLE_PLAIN,
			      *l->model ? l->model : "?");
}

static void draw_call(const struct top *t, const struct top_last *l, struct page *p, int y)
{
	int64_t second = l->end_ns / SECOND_NS + t->time.utc_offset_s;
	int x = 9 + names_room(p);
	bool cached = l->cache_read > 0 && l->input > 0;
	char text[64];

	page__printf(p, y, 0, STYLE_DIM, "%02d:%02d:%02d", (int)(second / 3600 % 24),
		     (int)(second / 60 % 60), (int)(second % 60));
	draw_names(t, l, p, y);
	page__put_fit(p, y, x, -6, STYLE_PLAIN, tokens(l->input, l->estimated, text, sizeof(text)));
	snprintf(text, sizeof(text), "-");
	if (cached)
		snprintf(text, sizeof(text), "%.0f%%",
			 (double)l->cache_read * 100 / (double)l->input);
	page__put_fit(p, y, x + 7, -5, STYLE_DIM, text);
	page__put_fit(p, y, x + 13, -7, STYLE_PLAIN,
		      tokens(l->output, l->estimated, text, sizeof(text)));
	snprintf(text, sizeof(text), "%.1fs", (double)(l->end_ns - l->start_ns) / 1e9);
	page__put_fit(p, y, x + 21, -7, STYLE_PLAIN, text);
	page__put_fit(p, y, x + 29, -12, l->nano_usd < 0 || l->estimated ? STYLE_WARN : STYLE_MONEY,
		      price(l, text, sizeof(text)));
	page__put_fit(p, y, x + 42, 9, STYLE_BAD, strcmp(l->result, "ok") ? l->result : "");
	if (p->width < CALL_WIDE)
		return;
	page__put_fit(p, y, x + 52, CALL_OWNER, STYLE_DIM, l->feature);
	page__put_fit(p, y, x + 53 + CALL_OWNER, CALL_OWNER, STYLE_DIM, l->user);
}

void top__draw_last(const struct top *t, struct page *p, int y)
{
	size_t have = t->last_count < TOP_LAST_MAX ? t->last_count : TOP_LAST_MAX;
	int lines = top__last_lines(t, p);

	page__put_fit(p, y, 0, 9 + names_room(p), STYLE_HEAD, "the last calls");
	page__printf(p, y, 9 + names_room(p), STYLE_HEAD, "%6s %5s %8s %8s %12s", "in", "hit",
		     "out", "took", "cost");
	if (p->width >= CALL_WIDE)
		page__printf(p, y, 61 + names_room(p), STYLE_HEAD, "%-*s %s", CALL_OWNER, "feature",
			     "user");
	page__fill(p, y, STYLE_HEAD);
	for (int i = 0; i < lines - 2 && (size_t)i < have; i++)
		draw_call(t, &t->last[(t->last_count - 1 - (size_t)i) % TOP_LAST_MAX], p,
			  y + 1 + i);
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; text && *text; text++)
		n += *text == '\n';
	return n;
}

/* Each line of the text from one on, as many as there is room for. */
static void draw_lines(struct page *p, int y, size_t rows, const char *text, size_t first)
{
	for (size_t i = 0; text && *text && i < first + rows; i++) {
		size_t n = strcspn(text, "\n");
		enum page_style style = !strncmp(text, "run ", 4)    ? STYLE_STRONG
					: !strncmp(text, "STEP ", 5) ? STYLE_HEAD
								     : STYLE_PLAIN;

		if (i >= first)
			page__printf(p, y + (int)(i - first), 0, style, "%.*s", (int)n, text);
		if (i >= first && style == STYLE_HEAD)
			page__fill(p, y + (int)(i - first), style);
		text += n + (text[n] == '\n');
	}
}

void top__draw_tree(struct top *t, struct page *p)
{
	size_t rows = p->height > 6 ? (size_t)p->height - 6 : 1, lines = count_lines(t->tree_text);

	t->page_rows = rows;
	if (t->tree_first + rows > lines)
		t->tree_first = lines > rows ? lines - rows : 0;
	if (t->tree_text)
		draw_lines(p, 4, rows, t->tree_text, t->tree_first);
	else if (*t->tree_error)
		page__put(p, 4, 0, STYLE_BAD, t->tree_error);
	else
		page__put(p, 4, 0, STYLE_DIM, "reading the run ...");
	page__put(p, p->height - 1, 0, STYLE_KEY, "Esc");
	page__put(p, p->height - 1, 4, STYLE_DIM, "back");
	page__put(p, p->height - 1, 10, STYLE_KEY, "Up Down");
	page__put(p, p->height - 1, 18, STYLE_DIM, "lines");
	page__put(p, p->height - 1, 25, STYLE_KEY, "q");
	page__put(p, p->height - 1, 27, STYLE_DIM, "quit");
	if (lines > rows)
		page__printf(p, p->height - 1, 33, STYLE_DIM, "%zu-%zu of %zu", t->tree_first + 1,
			     t->tree_first + rows, lines);
}

void top__draw_help(const struct top *t, struct page *p)
{
	static const struct {
		const char *written, *help;
	} keys[] = {
#define KEY(symbol, code, also, written, help) { written, help },
#include "top/keys.def"
#undef KEY
	};
	int y = 4;

	page__put(p, y, 0, STYLE_HEAD, "keys");
	page__fill(p, y++, STYLE_HEAD);
	for (int i = 0, x = 0; i < TOP_VIEWS; i++, x += 13) {
		page__printf(p, y, x, STYLE_KEY, "%c", top_views[i].key);
		page__put(p, y, x + 2, STYLE_PLAIN, top_views[i].title);
	}
	y++;
	for (int i = 0, x = 0; i < TOP_WINDOWS; i++, x += 13) {
		page__printf(p, y, x, STYLE_KEY, "%c", top_windows[i].key);
		page__put(p, y, x + 2, STYLE_PLAIN, top_windows[i].title);
	}
	y++;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!keys[i].written)
			continue;
		page__put(p, y, 0, STYLE_KEY, keys[i].written);
		page__put(p, y++, 9, STYLE_PLAIN, keys[i].help);
	}
	page__put(p, y, 0, STYLE_HEAD, "figures");
	page__fill(p, y++, STYLE_HEAD);
	page__put(p, y++, 0, STYLE_PLAIN,
		  "~ a part is estimated   ? not known, or calls without a price are not in it");
	page__put(
		p, y++, 0, STYLE_PLAIN,
		"! figures that can't be true   () by subscription, in no sum   - nothing to pay");
	for (int c = COLUMN_RATE; c < TOP_COLUMNS && y < p->height - 1; c++) {
		page__put(p, y, 0, STYLE_DIM, top_columns[c].title);
		page__put(p, y++, 16, STYLE_PLAIN, top_columns[c].help);
	}
	page__put(p, p->height - 1, 0, STYLE_DIM, "any key goes on");
}

const char *top__wants_run(struct top *t, int width)
{
	if (!t->tree_open || (!t->tree_stale && t->tree_width == width))
		return NULL;
	t->tree_stale = false;
	t->tree_width = width;
	return t->tree_run;
}

void top__run(struct top *t, const char *text, const char *error)
{
	free(t->tree_text);
	t->tree_text = text ? strdup(text) : NULL;
	snprintf(t->tree_error, sizeof(t->tree_error), "%s", error ? error : "no memory");
}
