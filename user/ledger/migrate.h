/* SPDX-License-Identifier: BSD-2-Clause */
/* migrate: brings the tables of an older version into this one's form. Columns are only added. */
#ifndef WT_LEDGER_MIGRATE_H
#define WT_LEDGER_MIGRATE_H

#include <sqlite3.h>

/* Does nothing where nothing is to be done. Returns SQLite's result. */
int ledger_migrate(sqlite3 *db);

#endif
