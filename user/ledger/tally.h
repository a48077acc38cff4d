/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tally: sums of calls by set and key, held until they are written into minutes, hours and days. A
 * set has at most TALLY_KEYS_MAX keys in one of those: the dearest TALLY_KEYS_KEPT stay then, and
 * all others become one row whose keys are the number 0. No sum is lost, whatever keys are made up.
 */
#ifndef WT_LEDGER_TALLY_H
#define WT_LEDGER_TALLY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "ledger/level.h"
#include "ledger_view.h"
#include "span.h"

/* Sums held at one time: some 250 bytes each. */
#define TALLY_HELD	32768
#define TALLY_KEYS_MAX	1000
#define TALLY_KEYS_KEPT 500
/* A key that is longer than any column is. */
#define TALLY_KEY_BYTES 2048

enum tally_sum {
#define SUM(name, sql) TALLY_##name,
#include "ledger/sums.def"
#undef SUM
	TALLY_SUMS
};

/* Which sums, of which time. */
struct tally_key {
	int64_t set;
	enum ledger_level level; /* the finest that the set has; the coarser ones get it, too */
	int64_t at;		 /* its so-manieth since the Unix epoch */
	struct span text[ROLLUP_KEYS];
};

struct tally;

/* Makes minutes, hours and days, if they are not there. Returns SQLite's result. */
int tally_create(sqlite3 *db);
int tally__open(sqlite3 *db, struct tally **ret_tally);
void tally__free(struct tally *t); /* NULL is fine */
/* True: so many more sums may find no room: they are to be written first. */
bool tally__is_full(const struct tally *t, size_t more);
/* Adds sign times the sums. Returns SQLite's result. */
int tally__add(struct tally *t, const struct tally_key *key, const int64_t sums[TALLY_SUMS],
	       int sign);
/*
 * Writes and forgets what is held. correct: of calls that were written before: a key that is not
 * there any more is among the others.
 */
int tally__write(struct tally *t, bool correct);
/* Forgets what is held. */
void tally__clear(struct tally *t);

#endif
