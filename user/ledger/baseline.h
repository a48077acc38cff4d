/* SPDX-License-Identifier: BSD-2-Clause */
/* baseline: a row for what a detector has learnt of an owner, its numbers as text. */
#ifndef WT_LEDGER_BASELINE_H
#define WT_LEDGER_BASELINE_H

#include <sqlite3.h>

#include "learnt.h"

#define LEDGER_LEARNT_TABLE                                                                    \
	"CREATE TABLE IF NOT EXISTS learnt ("                                                  \
	" detector TEXT, owner INTEGER, tenant INTEGER, at_ns INTEGER NOT NULL, figures TEXT," \
	" PRIMARY KEY (detector, owner)) WITHOUT ROWID;"

/* Detectors know some thousand owners each; of those before them the newest are kept. */
#define LEARNT_ROWS 16384

/* In place of what it had learnt before. Within a transaction; returns SQLite's result. */
int baseline_put(sqlite3 *db, const struct learnt *l);
/* Takes out the oldest beyond LEARNT_ROWS. As baseline_put(). */
int baseline_trim(sqlite3 *db);

#endif
