// SPDX-License-Identifier: BSD-2-Clause
#include <stdbool.h>

#include "ledger/column.h"
#include "owner.h"

/* What few calls have in common: as it is, so that they can be found by it. */
#define OWNER_KIND(symbol)                                                                 \
	(OWNER_##symbol == OWNER_USER || OWNER_##symbol == OWNER_SESSION ||                \
			 OWNER_##symbol == OWNER_RUN || OWNER_##symbol == OWNER_PARENT_RUN \
		 ? COLUMN_HEX                                                              \
		 : COLUMN_NAME)

const struct column ledger_columns[] = {
#define COLUMN(name, kind) { #name, COLUMN_##kind },
#include "ledger/column.def"
#undef COLUMN
#define OWNER(symbol, name, help) { #name, OWNER_KIND(symbol) },
#include "owner.def"
#undef OWNER
#define ADDED(name, kind) { #name, COLUMN_##kind },
#include "ledger/added.def"
#undef ADDED
};

const size_t ledger_column_count = sizeof(ledger_columns) / sizeof(ledger_columns[0]);

/* A name has no type: SQLite would make a text of its number; nor have bytes. */
static const char *type_of(const struct column *c)
{
	static const char *const types[] = { [COLUMN_INTEGER] = " INTEGER",
					     [COLUMN_TEXT] = " TEXT",
					     [COLUMN_HEX] = "",
					     [COLUMN_NAME] = "" };

	return types[c->kind];
}

static int run(sqlite3 *db, sqlite3_str *s)
{
	char *sql = sqlite3_str_finish(s);
	int rc = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;

	sqlite3_free(sql);
	return rc;
}

/* SQL of its value as it was written; to be freed with sqlite3_free(). */
static char *value_sql(const struct column *c)
{
	switch (c->kind) {
	case COLUMN_NAME:
		return sqlite3_mprintf("CASE typeof(%s) WHEN 'integer' THEN (SELECT text FROM texts"
				       " WHERE texts.id = entries.%s) ELSE %s END",
				       c->name, c->name, c->name);
	case COLUMN_HEX:
		return sqlite3_mprintf(COLUMN_HEX_SQL("%s"), c->name, c->name, c->name);
	default:
		return sqlite3_mprintf("%s", c->name);
	}
}

static int create_entries(sqlite3 *db)
{
	sqlite3_str *s = sqlite3_str_new(db);

	/* n: the order in which they were written; no number comes again when its row is gone. */
	sqlite3_str_appendall(
		s, "CREATE TABLE IF NOT EXISTS entries (n INTEGER PRIMARY KEY AUTOINCREMENT");
	for (size_t i = 0; i < ledger_column_count; i++)
		sqlite3_str_appendf(s, ", %s%s", ledger_columns[i].name,
				    type_of(&ledger_columns[i]));
	sqlite3_str_appendall(s, ");"
				 "CREATE TABLE IF NOT EXISTS texts (id INTEGER PRIMARY KEY,"
				 " text TEXT UNIQUE, day INTEGER);");
	return run(db, s);
}

/* Of columns that an older ledger may just have got. */
static int create_indexes(sqlite3 *db)
{
	static const char sql[] =
		"CREATE UNIQUE INDEX IF NOT EXISTS entries_by_id ON entries (id);"
		"CREATE INDEX IF NOT EXISTS entries_by_end ON entries (end_ns);"
		/* Bytes: half as long as what they were by before. */
		"DROP INDEX IF EXISTS entries_by_run; DROP INDEX IF EXISTS entries_by_parent_run;"
		"CREATE INDEX IF NOT EXISTS entries_of_run ON entries (run) WHERE run > '';"
		"CREATE INDEX IF NOT EXISTS entries_of_parent_run ON entries (parent_run)"
		" WHERE parent_run > '';";

	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* Columns that are younger than the table, NULL in the rows that are there. */
static int add_columns(sqlite3 *db)
{
	sqlite3_stmt *has = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_table_info('entries') WHERE name = ?",
				    -1, &has, NULL);

	for (size_t i = 0; rc == SQLITE_OK && i < ledger_column_count; i++) {
		sqlite3_str *s;
		bool there;

		sqlite3_bind_text(has, 1, ledger_columns[i].name, -1, SQLITE_STATIC);
		there = sqlite3_step(has) == SQLITE_ROW;
		sqlite3_reset(has);
		if (there)
			continue;
		s = sqlite3_str_new(db);
		sqlite3_str_appendf(s, "ALTER TABLE entries ADD COLUMN %s%s",
				    ledger_columns[i].name, type_of(&ledger_columns[i]));
		rc = run(db, s);
	}
	sqlite3_finalize(has);
	return rc;
}

/* "CREATE VIEW calls AS SELECT n, CASE typeof(id) WHEN 'blob' THEN lower(hex(id)) ELSE id END AS
 * id" */
static char *view_sql(void)
{
	sqlite3_str *s = sqlite3_str_new(NULL);

	sqlite3_str_appendall(s, "CREATE VIEW calls AS SELECT n, n AS seq");
	for (size_t i = 0; i < ledger_column_count; i++) {
		char *value = value_sql(&ledger_columns[i]);

		sqlite3_str_appendf(s, ", %s AS %s", value, ledger_columns[i].name);
		sqlite3_free(value);
	}
	sqlite3_str_appendall(s, " FROM entries");
	return sqlite3_str_finish(s);
}

/* One that is there is left alone: each change of the schema is a start anew for who reads. */
static int create_view(sqlite3 *db)
{
	sqlite3_stmt *has = NULL;
	char *sql = view_sql();
	bool there = false;
	int rc = sql ? sqlite3_prepare_v2(
			       db, "SELECT 1 FROM sqlite_master WHERE name = 'calls' AND sql = ?",
			       -1, &has, NULL)
		     : SQLITE_NOMEM;

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(has, 1, sql, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		there = sqlite3_step(has) == SQLITE_ROW;
	sqlite3_finalize(has);
	if (rc == SQLITE_OK && !there)
		rc = sqlite3_exec(db, "DROP VIEW IF EXISTS calls", NULL, NULL, NULL);
	if (rc == SQLITE_OK && !there)
		rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_free(sql);
	return rc;
}

int ledger_columns_create(sqlite3 *db)
{
	int rc = create_entries(db);

	if (rc == SQLITE_OK)
		rc = add_columns(db);
	if (rc == SQLITE_OK)
		rc = create_indexes(db);
	return rc == SQLITE_OK ? create_view(db) : rc;
}

char *ledger_columns_insert(void)
{
	sqlite3_str *s = sqlite3_str_new(NULL);

	sqlite3_str_appendall(s, "INSERT OR IGNORE INTO entries (");
	for (size_t i = 0; i < ledger_column_count; i++)
		sqlite3_str_appendf(s, "%s%s", i ? ", " : "", ledger_columns[i].name);
	sqlite3_str_appendall(s, ") VALUES (?");
	for (size_t i = 1; i < ledger_column_count; i++)
		sqlite3_str_appendall(s, ",?");
	sqlite3_str_appendall(s, ")");
	return sqlite3_str_finish(s);
}
