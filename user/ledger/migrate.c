// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ledger/ledger.h"
#include "ledger/column.h"
#include "ledger/migrate.h"
#include "ledger/rollup.h"
#include "ledger/row.h"
#include "ledger/schema.h"
#include "ledger/texts.h"

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
	int64_t version = 0;
	int rc;

	if (!ledger_has_column(db, "meta", "key"))
		return 0; /* it is new */
	rc = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key='version'", -1, &s, NULL);

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

bool ledger_is_old(sqlite3 *db)
{
	sqlite3_stmt *s = NULL;
	bool old = false;

	if (sqlite3_prepare_v2(
		    db, "SELECT 1 FROM sqlite_master WHERE name = 'calls' AND type = 'table'", -1,
		    &s, NULL) == SQLITE_OK)
		old = sqlite3_step(s) == SQLITE_ROW;
	sqlite3_finalize(s);
	return old;
}

/* The columns of the new form, as far as the old one has them; then those of its correction. */
static char *old_rows_sql(sqlite3 *db)
{
	sqlite3_str *s = sqlite3_str_new(db);

	for (size_t i = 0; i < ledger_column_count; i++) {
		const char *name = ledger_columns[i].name;

		/* Version 1 had the id where the name is now. */
		if (!ledger_has_column(db, "old_calls", "container_id")) {
			if (!strcmp(name, "container_id"))
				name = "container";
			else if (!strcmp(name, "container"))
				name = "NULL";
		}
		sqlite3_str_appendall(s, i ? ", " : "SELECT ");
		if (!ledger_has_column(db, "old_calls", name))
			sqlite3_str_appendall(s, "NULL");
		else if (!strcmp(name, "origin"))
			sqlite3_str_appendall(
				s, "(SELECT text FROM origins WHERE origins.id = c.origin)");
		else
			sqlite3_str_appendf(s, "c.%s", name);
	}
	sqlite3_str_appendall(s,
			      ", k.at_ns, k.nano_usd, k.price_id, k.list_version FROM old_calls c"
			      " LEFT JOIN old_corrections k ON k.id = c.id ORDER BY ");
	sqlite3_str_appendall(s,
			      ledger_has_column(db, "old_calls", "seq") ? "seq, end_ns" : "end_ns");
	return sqlite3_str_finish(s);
}

static void bind_old(struct binder *b, sqlite3_stmt *row, int column)
{
	if (sqlite3_column_type(row, column) == SQLITE_TEXT)
		bind_span(b, span_of(sqlite3_column_text(row, column),
				     (size_t)sqlite3_column_bytes(row, column)));
	else
		binder__note(b,
			     sqlite3_bind_value(b->s, ++b->at, sqlite3_column_value(row, column)));
}

/* A row as it was copied, and its correction, if it has one. */
struct copy {
	sqlite3_stmt *from, *call, *correction;
	struct texts *texts;
};

static int copy_correction(struct copy *c)
{
	int rc = SQLITE_OK, at = (int)ledger_column_count;

	if (sqlite3_column_type(c->from, at) == SQLITE_NULL)
		return rc;
	for (int i = 0; rc == SQLITE_OK && i < 4; i++)
		rc = sqlite3_bind_value(c->correction, i + 1,
					sqlite3_column_value(c->from, at + i));
	if (rc == SQLITE_OK)
		rc = sqlite3_step(c->correction);
	sqlite3_reset(c->correction);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int copy_row(struct copy *c)
{
	struct binder b = { .s = c->call, .texts = c->texts };

	b.day = sqlite3_column_int64(c->from, 1) / LEDGER_DAY_NS;
	for (int i = 0; i < (int)ledger_column_count; i++)
		bind_old(&b, c->from, i);
	if (b.rc == SQLITE_OK)
		b.rc = sqlite3_step(b.s);
	sqlite3_reset(b.s);
	return b.rc == SQLITE_DONE ? copy_correction(c) : b.rc;
}

static int prepare(sqlite3 *db, char *sql, sqlite3_stmt **ret_s)
{
	int rc = sql ? sqlite3_prepare_v2(db, sql, -1, ret_s, NULL) : SQLITE_NOMEM;

	sqlite3_free(sql);
	return rc;
}

static int copy_rows(sqlite3 *db)
{
	struct copy c = { NULL };
	int rc = texts__open(db, &c.texts);

	if (rc == SQLITE_OK)
		rc = prepare(db, old_rows_sql(db), &c.from);
	if (rc == SQLITE_OK)
		rc = prepare(db, ledger_columns_insert(), &c.call);
	if (rc == SQLITE_OK)
		rc = prepare(db,
			     sqlite3_mprintf("INSERT INTO corrections VALUES (last_insert_rowid(),"
					     "?,?,?,?)"),
			     &c.correction);
	while (rc == SQLITE_OK && (rc = sqlite3_step(c.from)) == SQLITE_ROW)
		rc = copy_row(&c);
	sqlite3_finalize(c.from);
	sqlite3_finalize(c.call);
	sqlite3_finalize(c.correction);
	texts__free(c.texts);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Out of the way, and with the tables that the oldest lack. */
static const char set_aside_sql[] =
	"DROP INDEX IF EXISTS calls_by_end; DROP INDEX IF EXISTS calls_by_run;"
	"DROP INDEX IF EXISTS calls_by_seq;"
	"CREATE TABLE IF NOT EXISTS origins (id INTEGER PRIMARY KEY, text);"
	"CREATE TABLE IF NOT EXISTS corrections (id TEXT PRIMARY KEY, at_ns, nano_usd, price_id,"
	" list_version);"
	"ALTER TABLE calls RENAME TO old_calls;"
	"ALTER TABLE corrections RENAME TO old_corrections;"
	/* The sums of minutes are made anew, with all others, of the rows. */
	"DROP TABLE IF EXISTS minutes;";

static int create(sqlite3 *db, bool old)
{
	int rc = old ? sqlite3_exec(db, set_aside_sql, NULL, NULL, NULL) : SQLITE_OK;

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, LEDGER_SCHEMA, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = ledger_columns_create(db);
	if (rc == SQLITE_OK && old)
		rc = copy_rows(db);
	if (rc == SQLITE_OK && old)
		rc = sqlite3_exec(db,
				  "DROP TABLE old_calls; DROP TABLE old_corrections;"
				  "DROP TABLE origins",
				  NULL, NULL, NULL);
	return rc == SQLITE_OK ? rollup_create(db) : rc;
}

int ledger_migrate(sqlite3 *db)
{
	bool old;
	int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (rc != SQLITE_OK)
		return rc;
	old = ledger_is_old(db);
	rc = create(db, old);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK) {
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
		return rc;
	}
	/* What the old form leaves free goes back to the disk; without room for it, it is used
	 * again. */
	if (old)
		sqlite3_exec(db, "PRAGMA auto_vacuum=INCREMENTAL; VACUUM", NULL, NULL, NULL);
	return SQLITE_OK;
}
