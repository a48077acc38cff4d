/* SPDX-License-Identifier: BSD-2-Clause */
/* spool: the outbox (outbox.h) as tables of the ledger, written in its transactions. */
#ifndef WT_LEDGER_SPOOL_H
#define WT_LEDGER_SPOOL_H

#include <sqlite3.h>

#include "outbox.h"

#define LEDGER_SPOOL_TABLES                                                                \
	"CREATE TABLE IF NOT EXISTS outbox ("                                              \
	" seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ns INTEGER, kind INTEGER,"             \
	" severity INTEGER, id TEXT, line TEXT);"                                          \
	"CREATE INDEX IF NOT EXISTS outbox_by_kind ON outbox (kind);"                      \
	"CREATE TABLE IF NOT EXISTS sinks ("                                               \
	" name TEXT PRIMARY KEY, wants INTEGER, cursor INTEGER, delivered INTEGER,"        \
	" refused INTEGER, dropped INTEGER, last_ns INTEGER, down_ns INTEGER, error TEXT)" \
	" WITHOUT ROWID;"

struct spool;

/*
 * Finds out where each of the plan's sinks stands, and writes it on the board: one that is new
 * begins with the next row. Sinks that are in no plan any more are forgotten. plan is borrowed for
 * good. Returns SQLite's result.
 */
int spool__open(sqlite3 *db, const struct outbox_plan *plan, struct spool **ret_spool);
void spool__free(struct spool *o); /* NULL is fine */
/* Adds a row, for whoever wants its kind; row->seq is not looked at. */
int spool__add(struct spool *o, const struct outbox_row *row);
/*
 * Writes down how far the sinks are, and takes rows out that nobody waits for, and the oldest of
 * those that are too many. Returns SQLite's result.
 */
int spool__tick(struct spool *o);
/* Rows that a sink wanted and was never sent, for want of room. */
uint64_t spool__dropped(const struct spool *o);

#endif
