// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/drops.h"
#include "ledger/column.h"
#include "ledger/level.h"
#include "ledger/local.h"
#include "ledger/migrate.h"
#include "ledger/text_of.h"
#include "ledger/view.h"
#include "ledger_view.h"

/*
 * Columns as the view `calls` has them, and sooner: "c.n, c.n AS seq, text_of(c.provider) AS
 * provider, ...". Of an older ledger its own, and NULL for what it lacks.
 */
static void add_columns(sqlite3_str *s, sqlite3 *db, bool entries)
{
	sqlite3_str_appendall(s, entries ? "c.n, c.n AS seq" : "c.*");
	for (size_t i = 0; i < ledger_column_count; i++) {
		const struct column *c = &ledger_columns[i];

		if (!ledger_has_column(db, entries ? "entries" : "calls", c->name))
			sqlite3_str_appendf(s, ", NULL AS %s", c->name);
		else if (entries && c->kind == COLUMN_NAME)
			sqlite3_str_appendf(s, ", text_of(c.%s) AS %s", c->name, c->name);
		else if (entries && c->kind == COLUMN_HEX)
			sqlite3_str_appendf(s, ", " COLUMN_HEX_SQL("c.%s") " AS %s", c->name,
					    c->name, c->name, c->name);
		else if (entries)
			sqlite3_str_appendf(s, ", c.%s", c->name);
	}
}

/* "CREATE TEMP VIEW rated AS SELECT ..., coalesce(...) AS paid FROM entries c ..." */
int ledger_rated_create(sqlite3 *db)
{
	/* Older ledgers have corrections by the call's id, or none. */
	const char *join = ledger_has_column(db, "corrections", "n")
				   ? "LEFT JOIN main.corrections k ON k.n = c.n"
			   : ledger_has_column(db, "corrections", "id")
				   ? "LEFT JOIN main.corrections k ON k.id = c.id"
				   : "";
	bool entries = ledger_has_column(db, "entries", "n");
	sqlite3_str *s = sqlite3_str_new(db);
	char *sql;
	int rc = text_of_create(db);

	sqlite3_str_appendall(s, "CREATE TEMP VIEW IF NOT EXISTS rated AS SELECT ");
	add_columns(s, db, entries);
	sqlite3_str_appendf(s, ", coalesce(c.nano_usd, %s) AS paid FROM main.%s c %s",
			    *join ? "k.nano_usd" : "NULL", entries ? "entries" : "calls", join);
	sql = sqlite3_str_finish(s);
	if (rc == SQLITE_OK)
		rc = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
	sqlite3_free(sql);
	return rc;
}

int ledger_view__open(const char *path, struct ledger_view **ret_view, char *err, size_t err_cap)
{
	struct ledger_view *v = calloc(1, sizeof(*v));
	int rc;

	if (!v) {
		snprintf(err, err_cap, "no memory");
		return -ENOMEM;
	}
	rc = sqlite3_open_v2(path, &v->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(v->db, "PRAGMA busy_timeout=2000; SELECT 1 FROM calls LIMIT 1",
				  NULL, NULL, NULL);
	if (rc != SQLITE_OK) {
		snprintf(err, err_cap, "%s: %s: is there a ledger? 'wiretally run' makes one", path,
			 v->db ? sqlite3_errmsg(v->db) : "no memory");
		ledger_view__close(v);
		return rc == SQLITE_CANTOPEN ? -ENOENT : -EIO;
	}
	rc = sqlite3_exec(v->db, "PRAGMA temp_store=MEMORY", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = ledger_rated_create(v->db);
	if (rc == SQLITE_OK)
		rc = ledger_local_create(v->db);
	if (rc != SQLITE_OK) {
		snprintf(err, err_cap, "%s: %s", path, sqlite3_errmsg(v->db));
		ledger_view__close(v);
		return -EIO;
	}
	v->rolled = ledger_has_column(v->db, "rollups", "upto");
	*ret_view = v;
	return 0;
}

void ledger_view__close(struct ledger_view *v)
{
	size_t at = 0;
	char *name;

	if (!v)
		return;
	while ((name = table__next(&v->names, &at)))
		free(name);
	table__fini(&v->names);
	sqlite3_close(v->db);
	free(v);
}

static int64_t number(struct ledger_view *v, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int64_t n = 0;

	if (sqlite3_prepare_v2(v->db, sql, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* A number, INT64_MAX for none. */
static int64_t least(struct ledger_view *v, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int64_t n = INT64_MAX;

	if (sqlite3_prepare_v2(v->db, sql, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

#define FIRST_OF(table) \
	"SELECT min(at) FROM " table " WHERE set_id = (SELECT id FROM rollups WHERE dims = '')"

/* A day, where its minutes are gone. */
int64_t ledger_first_minute(struct ledger_view *v)
{
	int64_t ns = least(v, v->rolled ? "SELECT min(end_ns) FROM entries"
					: "SELECT min(end_ns) FROM calls");
	int64_t minute = v->rolled ? least(v, FIRST_OF("minutes")) : INT64_MAX;
	int64_t day = v->rolled ? least(v, FIRST_OF("days")) : INT64_MAX;

	if (minute != INT64_MAX && minute < ns / LEDGER_MINUTE_NS)
		ns = minute * LEDGER_MINUTE_NS;
	if (day != INT64_MAX && day < ns / LEDGER_DAY_NS)
		ns = day * LEDGER_DAY_NS;
	return ns == INT64_MAX ? 0 : ns / LEDGER_MINUTE_NS * LEDGER_MINUTE_NS;
}

#undef FIRST_OF

int ledger_view__status(struct ledger_view *v, struct ledger_status *ret_status, ledger_drop_fn fn,
			void *ctx)
{
	struct ledger_status st;
	int err = ledger_view__pulse(v, &st, fn, ctx);

	st.calls = number(v, "SELECT count(*) FROM calls");
	st.first_end_ns = number(v, "SELECT min(end_ns) FROM calls");
	st.last_end_ns = number(v, "SELECT max(end_ns) FROM calls");
	*ret_status = st;
	return err;
}

int ledger_view__pulse(struct ledger_view *v, struct ledger_status *ret_status, ledger_drop_fn fn,
		       void *ctx)
{
	sqlite3_stmt *s = NULL;
	struct ledger_status st = {
		.pid = number(v, "SELECT value FROM meta WHERE key='pid'"),
		.started_ns = number(v, "SELECT value FROM meta WHERE key='started_ns'"),
		.last_ns = number(v, "SELECT value FROM meta WHERE key='last_ns'"),
	};
	int rc = sqlite3_prepare_v2(v->db, "SELECT name, n FROM drops ORDER BY name", -1, &s, NULL);

	st.known = st.last_ns != 0;
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(s, 0), *help = "";

		for (int i = 0; name && i < DROP_COUNT; i++)
			if (!strcmp(drop_name(i), name))
				help = drop_help(i);
		fn(ctx, name ? name : "", help, sqlite3_column_int64(s, 1));
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	*ret_status = st;
	return rc == SQLITE_DONE ? 0 : -EIO;
}

int ledger_view__from_sizes(struct ledger_view *v, int64_t since_ns, ledger_from_sizes_fn fn,
			    void *ctx)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(
		v->db,
		"SELECT exe, domain, count(*) FROM calls WHERE end_ns >= ?1 AND " FROM_SIZES
		" GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
		-1, &s, NULL);

	if (rc == SQLITE_OK)
		sqlite3_bind_int64(s, 1, since_ns);
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		fn(ctx, (const char *)sqlite3_column_text(s, 0),
		   (const char *)sqlite3_column_text(s, 1), sqlite3_column_int64(s, 2));
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : -EIO;
}
