// SPDX-License-Identifier: BSD-2-Clause
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

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

static bool has_column(sqlite3 *db, const char *name)
{
	sqlite3_stmt *s = NULL;
	bool has = false;

	if (sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_table_info('calls') WHERE name = ?", -1,
			       &s, NULL) == SQLITE_OK) {
		sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
		has = sqlite3_step(s) == SQLITE_ROW;
	}
	sqlite3_finalize(s);
	return has;
}

int ledger_migrate(sqlite3 *db)
{
	int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (rc != SQLITE_OK)
		return rc;
	/* Version 1 had the id where the name is now. */
	if (!has_column(db, "container_id"))
		rc = sqlite3_exec(db, "ALTER TABLE calls RENAME COLUMN container TO container_id",
				  NULL, NULL, NULL);
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(columns) / sizeof(columns[0]); i++)
		if (!has_column(db, columns[i].name))
			rc = sqlite3_exec(db, columns[i].add, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db,
				  "CREATE INDEX IF NOT EXISTS calls_by_run ON calls (run) "
				  "WHERE run != ''",
				  NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}
