/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * top: a live table of what is spent. Calls and keys in, a page to be drawn out. It asks nobody:
 * the time, the calls and what the meter says are told to it, so that a test can tell it what it
 * likes.
 */
#ifndef WT_TOP_TOP_H
#define WT_TOP_TOP_H

#include <stdbool.h>

#include "ledger_gpu.h"
#include "ledger_view.h"
#include "top/page.h"
#include "top/rows.h"

enum top_view {
#define VIEW(symbol, key, title, dimension) VIEW_##symbol,
#include "top/views.def"
#undef VIEW
	TOP_VIEWS
};

enum top_window {
#define WINDOW(symbol, key, title, name, seconds) WINDOW_##symbol,
#include "top/windows.def"
#undef WINDOW
	TOP_WINDOWS
};

enum top_column {
#define COLUMN(symbol, title, name, width, from, help) COLUMN_##symbol,
#include "top/columns.def"
#undef COLUMN
	TOP_COLUMNS
};

/* Keys that are no character; those are themselves (Unicode). */
enum top_key {
	TOP_UP = 0x110000,
	TOP_DOWN,
	TOP_LEFT,
	TOP_RIGHT,
	TOP_PAGE_UP,
	TOP_PAGE_DOWN,
	TOP_HOME,
	TOP_END,
	TOP_ENTER,
	TOP_ESCAPE,
	TOP_BACKSPACE,
	TOP_TAB,
	TOP_BACK_TAB,
};

struct top;

/* What a detector found: a line below the table. */
struct top_notice {
	int64_t at_ns; /* since the Unix epoch */
	bool critical;
	char name[64];	/* "runaway.depth" */
	char text[512]; /* for a terminal: no control bytes; cut where the page ends */
};

struct top_opts {
	enum top_view view;
	enum top_window window;
	enum top_column sort;
	bool ascii; /* the terminal shows no more than ASCII */
	bool batch; /* a frame that nobody moves in: no keys, no bar, no last calls */
	uint8_t seed[TOP_SEED_BYTES]; /* a secret, for hashes of names */
};

/* Now, and what of the calendar around it counts. All since the Unix epoch. */
struct top_time {
	int64_t now_ns, today_ns, month_ns, month_end_ns;
	int32_t utc_offset_s; /* of the clock that is shown */
};

struct top *top__new(const struct top_opts *o); /* NULL: no memory */
void top__free(struct top *t);			/* NULL is fine */

/* The dimensions that a follower of the ledger is to give: LEDGER_CALL_KEYS at most. */
size_t top_dimensions(const char *by[LEDGER_CALL_KEYS]);

/* What was found of late: forgotten, and told anew, the newest last. */
void top__forget_notices(struct top *t);
void top__notice(struct top *t, const struct top_notice *n);

/* True when the table is to be read anew, since another time or another part of it is wanted. */
bool top__wants_reading(const struct top *t);
/*
 * Begins to read: calls that ended since ret_since are to be told. Those told with top__call()
 * until top__have_read() were spent before; today and month are what was, the host's over all.
 */
void top__begin(struct top *t, const struct top_time *now, int64_t *ret_since_ns);
void top__spent(struct top *t, const struct ledger_spent *today, const struct ledger_spent *month);
void top__call(struct top *t, const struct ledger_call *c);
void top__have_read(struct top *t);

/* What GPUs of this host did since top__since(): told anew now and then. */
int64_t top__since(const struct top *t);
void top__gpus(struct top *t, const struct ledger_gpu_total *g);

/* To be told once a second, or when a page is to be drawn. */
void top__tick(struct top *t, const struct top_time *now);
/* What the meter says of itself, and, one by one, what it lost. */
void top__meter(struct top *t, bool running, int64_t last_ns);
void top__forget_losses(struct top *t);
void top__lost(struct top *t, const char *name, int64_t n);

/* Calls under way, in place of those told before: first none, then each. */
void top__forget_flights(struct top *t);
void top__flight(struct top *t, const struct ledger_flight *f);

/*
 * The run that is to be told, for a screen of that width, whenever it may have changed; NULL: none.
 */
const char *top__wants_run(struct top *t, int width);
/* What it is, as lines of text, copied; NULL: why it can't be told is in error. */
void top__run(struct top *t, const char *text, const char *error);

/* A character, or enum top_key. Returns false when it is the end. */
bool top__key(struct top *t, int key);

/* Nothing is to be read, and no time to pass, until it goes on. */
bool top__is_held(const struct top *t);
/* How many lines all rows take. */
int top__height(struct top *t);
/* Draws on a page of its size. */
void top__draw(struct top *t, struct page *p);
/* All rows as one JSON object and a newline. Returns 0, -ENOMEM or -EIO. */
int top__json(struct top *t, FILE *out);

/* The number of a view, window or column as a command line names it; -1: there is none. */
int top_view_named(const char *name);
int top_window_named(const char *name);
int top_column_named(const char *name);
/* All of those names, blank-separated. */
extern const char top_view_names[], top_window_names[], top_column_names[];

#endif
