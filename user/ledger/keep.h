/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keep: how long calls and their sums are kept. What is too old goes in small steps, beside the
 * writing. A reader that is at work has the ledger as it was when it began, and holds nothing up:
 * its rows are deleted all the same, and their room is used again when it ends.
 */
#ifndef WT_LEDGER_KEEP_H
#define WT_LEDGER_KEEP_H

#include <sqlite3.h>
#include <stdbool.h>

#include "ledger/level.h"
#include "ledger/texts.h"

/* For how long, in ns; 0: for good. */
struct ledger_keep {
	int64_t ns[LEVELS];
};

/* Calls and minutes for a quarter, hours for a year and a month, days for good. */
#define KEEP_DEFAULT "calls=90d,minutes=90d,hours=400d,days=all"

/*
 * "calls=30d,minutes=12w,hours=1y,days=all"; a level that is not named is as in KEEP_DEFAULT.
 * Returns 0 or -EINVAL.
 */
int keep_parse(const char *text, struct ledger_keep *ret_keep);

struct keep;

int keep__open(sqlite3 *db, const struct ledger_keep *how_long, struct keep **ret_keep);
void keep__free(struct keep *k); /* NULL is fine */
/* A clock that has leapt ahead by more may be wrong, and is believed when it went on for as long.
 */
#define KEEP_LEAP_NS LEDGER_HOUR_NS

/*
 * To be called each minute. Deletes some of what is too old by now_ns, if anything is. Calls that
 * are not in every sum yet stay. In a transaction of the caller's. Returns SQLite's result;
 * *ret_more: it was not all.
 */
int keep__step(struct keep *k, struct texts *texts, int64_t now_ns, bool *ret_more);
/* Gives some of the pages back that are free, and more than will be used soon. In no transaction.
 */
int keep_shrink(sqlite3 *db);

#endif
