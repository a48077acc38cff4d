/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of top: what its files share. */
#ifndef WT_TOP_INSIDE_H
#define WT_TOP_INSIDE_H

#include "top/rows.h"
#include "top/top.h"

/* Calls that are held to be taken out of the sums when they are too old: some 31 MB. */
#define TOP_KEPT_MAX (1u << 18)
/* Calls that can be looked at one by one. */
#define TOP_LAST_MAX 64
/* Owner within owner within owner. */
#define TOP_SCOPES 4
#define TOP_FILTER 64
/* What was found that is told at once. */
#define TOP_NOTICES 3
/* Losses that are told by name. */
#define TOP_LOSSES 8

#define SECOND_NS  1000000000ll
#define MINUTE_NS  (60 * SECOND_NS)

/* A call that is in the window. */
struct top_kept {
	int64_t end_ns;
	struct top_row *row[TOP_VIEWS];
	int64_t input, cache_read, output, nano_usd, subscription_nano, gpu_ns, gpu_nano;
	uint16_t flags; /* the sums that count calls: a bit for each */
};

struct top_last {
	int64_t start_ns, end_ns, input, cache_read, output, nano_usd, subscription_nano;
	char service[64], model[64], feature[64], user[64], result[12];
	bool estimated, not_billed;
};

/* Only calls of that row of that view. */
struct top_scope {
	enum top_view view;
	uint64_t hash;
	char name[TOP_NAME_MAX];
};

/* What all of the host spent in each of the last 60 seconds. */
struct top_now {
	int64_t second[60], nano[60], calls[60];
};

struct top {
	/* what is wanted */
	enum top_view view;
	enum top_window window;
	enum top_column sort;
	bool turned, ascii, batch, help, paused, editing, show_last, ended;
	char filter[TOP_FILTER];
	struct top_scope scope[TOP_SCOPES];
	size_t scopes;
	uint8_t seed[TOP_SEED_BYTES];

	/* the calls of the window */
	struct top_rows rows[TOP_VIEWS];
	struct top_sums total;
	int64_t live;	       /* calls under way, of the scope */
	struct top_kept *kept; /* by their ends; the first is at kept_at */
	size_t kept_at, kept_count, kept_cap;
	bool no_memory;
	int64_t cut_ns; /* the window's beginning, where more calls are in it than can be held */
	struct top_last last[TOP_LAST_MAX];
	size_t last_count; /* all that there were: a ring */

	/* the host as a whole */
	struct top_time time;
	struct top_now now;
	struct ledger_spent today, month;
	struct ledger_gpu_total gpus; /* in the window */
	bool stale, reading;
	bool meter_known, meter_running;
	int64_t meter_last_ns, lost;
	struct {
		char name[24];
		int64_t n;
	} loss[TOP_LOSSES];
	size_t losses;
	struct top_notice notice[TOP_NOTICES];
	size_t notice_count;

	/* what is shown */
	struct top_row **shown;
	size_t shown_count, shown_cap, first, page_rows;
	uint64_t chosen; /* the hash of the row under the bar; follows it */
	bool chosen_set;

	/* a run that is looked into */
	char tree_run[20];
	char *tree_text; /* NULL: it was not told yet, or can't be */
	char tree_error[64];
	bool tree_open, tree_stale;
	int tree_width;
	size_t tree_first; /* line */
};

/* Of so many lines for the table and them those that are theirs. */
int top__notice_lines(const struct top *t, int lines);
void top__draw_notices(const struct top *t, struct page *p, int y, int lines);

/* Some are shown on wide pages only, those of GPUs where there are some. */
bool top__shows(const struct top *t, const struct page *p, enum top_column c);

/* The beginning of the window, and how much of it there was something to see. */
int64_t top__from(const struct top *t);
int64_t top__span(const struct top *t);
/* The length of a step of the graph. */
int64_t top__step(const struct top *t);

/* The rows that are to be shown, in their order; and the place of the chosen one. */
void top__order(struct top *t);
size_t top__chosen(const struct top *t);
void top__choose(struct top *t, size_t at);

/* What a column has for a row, to be sorted by; and as text: cap >= 64. */
int64_t top_value(const struct top *t, const struct top_row *r, enum top_column c);
const char *top_cell(const struct top *t, const struct top_row *r, enum top_column c, int decimals,
		     char *dst, size_t cap, enum page_style *ret_style);
/* Digits behind the point so that what is shown of a column fits and can be told apart. */
int top_decimals(const struct top *t, enum top_column c);
const char *top_name(const struct top *t, enum top_view v, const struct top_row *r, char *dst,
		     size_t cap);
/* "0.0421" with so many digits; what is less than the last of them "<0.01". */
const char *top_money(int64_t nano, int decimals, char *dst, size_t cap);
/* Four significant digits at most: "$12.83", "$0.004213". */
const char *top_dollars(int64_t nano, char *dst, size_t cap);
/* A bar of that height, 0 to 8. */
const char *top_bar(const struct top *t, int height);

void top__draw_help(const struct top *t, struct page *p);
void top__draw_tree(struct top *t, struct page *p);
void top__draw_last(const struct top *t, struct page *p, int y);
/* Lines that the last calls take, with their heading; 0: they are not shown. */
int top__last_lines(const struct top *t, const struct page *p);

extern const struct top_view_def {
	int key;
	const char *title, *dimension;
} top_views[TOP_VIEWS];

extern const struct top_window_def {
	int key;
	const char *title, *name;
	int64_t seconds;
} top_windows[TOP_WINDOWS];

extern const struct top_column_def {
	const char *title, *name, *help;
	int width, from;
} top_columns[TOP_COLUMNS];

#endif
