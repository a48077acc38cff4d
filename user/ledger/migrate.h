/* SPDX-License-Identifier: BSD-2-Clause */
/* migrate: brings the tables of an older version into this one's form. Columns are only added. */
#ifndef WT_LEDGER_MIGRATE_H
#define WT_LEDGER_MIGRATE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* Does nothing where nothing is to be done. Returns SQLite's result. */
int ledger_migrate(sqlite3 *db);
/* False, too, where there is no such table. */
bool ledger_has_column(sqlite3 *db, const char *table, const char *column);
/*
 * 0, or with one sentence in err -EPROTO: a newer wiretally wrote it, and its rows are not ours to
 * understand; -EIO.
 */
int ledger_check_version(sqlite3 *db, const char *path, char *err, size_t err_cap);

#endif
