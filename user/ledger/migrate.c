// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "ledger/ledger.h"
#include "ledger/migrate.h"

/* Columns that calls has got since version 1. To add one: a line in added.def. */
static const struct {
	const char *name, *add;
} columns[] = {
#define OWNER(symbol, name, help) { #name, "ALTER TABLE calls ADD COLUMN " #name " TEXT" },
#include "owner.def"
#undef OWNER
	{ "origin", "ALTER TABLE calls ADD COLUMN origin INTEGER" },
#define ADDED(name, type) { #name, "ALTER TABLE calls ADD COLUMN " #name " " #type },
#include "ledger/added.def"
#undef ADDED
};

bool ledger_has_column(sqlite3 *db, const char *table, const char *column)
{
	sqlite3_stmt *s = NULL;
	bool has = false;

	if (sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_table_info(?) WHERE name = ?", -1, &s,
			       NULL) == SQLITE_OK) {
		sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
		sqlite3_bind_text(s, 2, column, -1, SQLITE_STATIC);
		has = sqlite3_step(s) == SQLITE_ROW;
	}
	sqlite3_finalize(s);
	return has;
}

int ledger_check_version(sqlite3 *db, const char *path, char *err, size_t err_cap)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key='version'", -1, &s, NULL);
	int64_t version = 0;

	if (rc != SQLITE_OK) {
		snprintf(err, err_cap, "%s: %s", path, sqlite3_errmsg(db));
		return -EIO;
	}
	if (sqlite3_step(s) == SQLITE_ROW)
		version = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	if (version <= LEDGER_VERSION)
		return 0;
	snprintf(err, err_cap,
		 "%s was written by a newer wiretally (version %lld, this one knows %d)", path,
		 (long long)version, LEDGER_VERSION);
	return -EPROTO;
}

int ledger_migrate(sqlite3 *db)
{
	int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (rc != SQLITE_OK)
		return rc;
	/* Version 1 had the id where the name is now. */
	if (!ledger_has_column(db, "calls", "container_id"))
		rc = sqlite3_exec(db, "ALTER TABLE calls RENAME COLUMN container TO container_id",
				  NULL, NULL, NULL);
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(columns) / sizeof(columns[0]); i++)
		if (!ledger_has_column(db, "calls", columns[i].name))
			rc = sqlite3_exec(db, columns[i].add, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db,
				  "CREATE INDEX IF NOT EXISTS calls_by_run ON calls (run) "
				  "WHERE run != '';"
				  "CREATE INDEX IF NOT EXISTS calls_by_seq ON calls (seq) "
				  "WHERE seq IS NOT NULL",
				  NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}
