/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rollup: sums of calls by dimensions, so that a report need not read each call. They follow the
 * calls: a set has what is in `entries` up to its number (rollups.upto), no more and no less, since
 * both are written in one transaction; a reader adds the rows behind it. After a kill, with a new
 * set, or with a ledger of an older version they catch up, some thousand calls a second.
 */
#ifndef WT_LEDGER_ROLLUP_H
#define WT_LEDGER_ROLLUP_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* Sets: one of nothing, one of each dimension, and those that are named. */
#define ROLLUP_SETS_MAX	 96
#define ROLLUP_NAMED_MAX 24
/* When nothing is named: by hours, as single dimensions are. */
#define ROLLUP_DEFAULT "service,model service,feature team,model provider,model,cost_kind,service"

struct rollup;

/* Makes the tables, if they are not there. Returns SQLite's result. */
int rollup_create(sqlite3 *db);
/* NULL, or what is wrong with a list such as "service,model team,feature". */
const char *rollup_check(const char *named);
/*
 * named: see rollup_check(): it has sums by minutes, too; what was named before and is not now is
 * given up. NULL: the ledger's own, else the default. Returns SQLite's result.
 */
int rollup__open(sqlite3 *db, const char *named, struct rollup **ret_rollup);
void rollup__free(struct rollup *r); /* NULL is fine */
/* Takes rows_max calls in at most. In a transaction of the caller's. */
int rollup__step(struct rollup *r, int64_t rows_max, bool *ret_more);
/*
 * A call whose price changes: to be told with -1 before and with 1 after it, then written. In the
 * transaction that changes it. Nothing happens for one that is not in the sums yet.
 */
int rollup__correct(struct rollup *r, sqlite3_value *n, int sign);
int rollup__write(struct rollup *r);
/* The number up to which every set has all calls. */
int rollup_upto(sqlite3 *db, int64_t *ret_n);

#endif
