/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rows: the lines of one table by their names. Rows are never moved or taken away: who is without
 * calls is not shown, and gone when the table is read anew.
 */
#ifndef WT_TOP_ROWS_H
#define WT_TOP_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/table.h"
#include "top/sums.h"

/* The key of names' hashes. */
#define TOP_SEED_BYTES 16
/* A name is told apart by all of it, and shown by so much. */
#define TOP_NAME_MAX 192
/* More names of one kind are one row: nobody reads as many. Sums stay exact. */
#define TOP_ROWS_MAX 4096
/* Spending over the window, in so many steps. */
#define TOP_STEPS 24

struct top_row {
	uint64_t hash; /* of the whole name */
	char name[TOP_NAME_MAX];
	char about[48]; /* of a run: whose it is */
	bool others;	/* of all names that found no room */
	struct top_sums sum;
	int64_t start_ns, end_ns;	  /* of its first call and its last, since the Unix epoch */
	int64_t live, live_ns;		  /* calls under way; when the oldest of them was asked */
	int64_t step[TOP_STEPS], at_step; /* nano-dollars by steps up to at_step, a ring */
};

struct top_rows {
	const uint8_t *seed;
	struct top_row **row;
	size_t count, cap;
	struct table by_hash;
};

/* SipHash: nobody who chooses a name can make it stand for another. */
uint64_t top_hash(const uint8_t seed[TOP_SEED_BYTES], const char *name);
void top_rows__init(struct top_rows *r, const uint8_t seed[TOP_SEED_BYTES]); /* borrowed */
void top_rows__fini(struct top_rows *r);
/* The row of that name, made if it is not there; the last row there can be is that of all others.
 * NULL: no memory. */
struct top_row *top_rows__get(struct top_rows *r, const char *name);
struct top_row *top_rows__find(const struct top_rows *r, uint64_t hash); /* NULL: there is none */
/* From now on the name stands for that row, too. Where there is no room it does not. */
void top_rows__alias(struct top_rows *r, const char *name, struct top_row *row);

void top_row__spend(struct top_row *r, int64_t step, int64_t nano);
/* What was spent in that step; 0: nothing, or it is too long ago. */
int64_t top_row__spent(const struct top_row *r, int64_t step);

#endif
