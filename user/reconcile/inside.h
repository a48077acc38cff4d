/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of struct reconcile: what gather.c puts together and explain.c takes apart. */
#ifndef WT_RECONCILE_INSIDE_H
#define WT_RECONCILE_INSIDE_H

#include "base/table.h"
#include "reconcile/reconcile.h"

/* Names by number; 0 is "". */
struct names {
	struct table by_hash;
	char **at;
	size_t count, cap;
};

int names__init(struct names *n);
void names__fini(struct names *n);
/* Returns its number, or -ENOMEM. */
int64_t names__number(struct names *n, const char *text);

enum { DIM_MODEL, DIM_PROJECT, DIM_KEY, DIMS };

/* Lines of a bill that have all of that in common, summed. */
struct billed {
	int64_t day;
	uint32_t provider, dim[DIMS];
	uint32_t file;
	uint8_t kind;
	bool batch, loose, zoneless, has_money;
	int64_t nano, tolerance, requests; /* requests: -1: not told */
	int64_t units[USAGE_CLASSES];
	uint32_t known;
};

struct slot {
	int64_t end_s, start_s;
	uint32_t provider, dim[DIMS];
	bool batch;
	int64_t calls, unpriced, nano, estimated;
	int64_t units[USAGE_CLASSES];
};

/* How a provider's bill and its calls are held against one another. */
struct side {
	uint32_t provider;
	bool by[DIMS];	/* both tell it */
	bool has_money; /* else tokens are valued by the list */
	bool counted;	/* some lines have tokens and no money: those of the others are not added */
	bool zoneless;
	bool fees; /* told in lines of their own */
	int shift_s;
	bool by_start;
};

/* A provider's line and its calls by day, as many as there are in a bill. */
#define SIDES_MAX 32

struct cell {
	int64_t day;
	uint32_t provider, dim[DIMS];
	const struct side *side;
	/* Of the bill. */
	bool has_usage;
	int64_t usage, batch, kinds[BILL_KINDS], tolerance, requests;
	int64_t tokens, value; /* value: of its units at list prices */
	uint32_t known;	       /* classes that it tells */
	/* Of the ledger: on the bill's days, and (utc) on those of UTC. */
	int64_t calls, unpriced, nano, batch_nano, estimated, utc_nano;
	int64_t here_tokens, here_value, fees;
	bool apart; /* some tokens have no price, or were not counted */
	int64_t part[PARTS];
};

struct reconcile {
	struct reconcile_opts o;
	struct names names;
	struct billed *lines;
	size_t line_count, line_cap;
	struct table line_by_hash;
	struct slot *slots;
	size_t slot_count, slot_cap;
	struct cell **cells;
	size_t cell_count, cell_cap;
	struct table cell_by_hash;
	struct side sides[SIDES_MAX];
	size_t side_count;
	uint32_t file;
	int64_t from_s, until_s;
	struct reconcile_summary summary;
};

/* Day of a time, also before 1970. */
static inline int64_t day_of(int64_t s)
{
	return s >= 0 ? s / 86400 : -((-s + 86399) / 86400);
}

/* Sums of hostile figures end where the difference of two of them still is a number. */
static inline void reconcile_add(int64_t *sum, int64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = n < 0 ? INT64_MIN : INT64_MAX;
	if (*sum > INT64_MAX / 8)
		*sum = INT64_MAX / 8;
	if (*sum < -(INT64_MAX / 8))
		*sum = -(INT64_MAX / 8);
}

struct side *reconcile__side(struct reconcile *r, uint32_t provider);
/* Which dimensions both tell, models by one name, days: before cells are made. 0 or -errno. */
int reconcile__match(struct reconcile *r);
/* Finds whose days a bill goes by. */
void reconcile__days(struct reconcile *r);
/* What units come to by the list; false where one of them has no price. */
bool reconcile__value(const struct reconcile *r, uint32_t provider, uint32_t model, bool batch,
		      int64_t day, const int64_t units[USAGE_CLASSES], int64_t *ret_nano);
/* The parts of a cell's gap. */
void reconcile__parts(const struct reconcile *r, struct cell *c);
/* Of cells without tokens: a gap that is the same share each day is a price. 0 or -ENOMEM. */
int reconcile__ratios(struct reconcile *r);

#endif
