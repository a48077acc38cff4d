/* SPDX-License-Identifier: BSD-2-Clause */
/* migrate: makes the tables, and brings those of an older version into this one's form. */
#ifndef WT_LEDGER_MIGRATE_H
#define WT_LEDGER_MIGRATE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Does nothing where nothing is to be done. A ledger of version 3 or older is copied row by row, in
 * one transaction: whole, or as it was. Returns SQLite's result.
 */
int ledger_migrate(sqlite3 *db);
/* True for a ledger that will be copied. */
bool ledger_is_old(sqlite3 *db);
/* False, too, where there is no such table. */
bool ledger_has_column(sqlite3 *db, const char *table, const char *column);
/*
 * 0, or with one sentence in err -EPROTO: a newer wiretally wrote it, and its rows are not ours to
 * understand; -EIO.
 */
int ledger_check_version(sqlite3 *db, const char *path, char *err, size_t err_cap);

#endif
