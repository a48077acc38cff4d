// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/drops.h"
#include "ledger/view.h"
#include "ledger_view.h"

/* A ledger that is not migrated yet has no call that was seen twice. */
#define BETWEEN "end_ns >= ?1 AND end_ns < ?2"
#define ONCE	BETWEEN " AND charge_role IS NOT 'passed_through'"

bool ledger_view_has_column(struct ledger_view *v, const char *name)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "SELECT %s FROM calls LIMIT 1", name);
	return sqlite3_exec(v->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

#define RATED(corrected, join)                                                                                  \
	"DROP VIEW IF EXISTS temp.rated; CREATE TEMP VIEW rated AS SELECT c.*, coalesce(c.nano_usd, " corrected \
	") AS paid "                                                                                            \
	"FROM main.calls c " join "; SELECT paid FROM rated LIMIT 1"

int ledger_view__open(const char *path, struct ledger_view **ret_view, char *err, size_t err_cap)
{
	struct ledger_view *v = calloc(1, sizeof(*v));
	int rc;

	if (!v) {
		snprintf(err, err_cap, "no memory");
		return -ENOMEM;
	}
	rc = sqlite3_open_v2(path, &v->db, SQLITE_OPEN_READONLY, NULL);
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
	/* A call's price, or the one that was found for it later; an older ledger has none of
	 * those. */
	if (rc == SQLITE_OK &&
	    sqlite3_exec(v->db, RATED("k.nano_usd", "LEFT JOIN corrections k ON k.id = c.id"), NULL,
			 NULL, NULL) != SQLITE_OK)
		rc = sqlite3_exec(v->db, RATED("NULL", ""), NULL, NULL, NULL);
	if (rc != SQLITE_OK) {
		snprintf(err, err_cap, "%s: %s", path, sqlite3_errmsg(v->db));
		ledger_view__close(v);
		return -EIO;
	}
	v->subscription = ledger_view_has_column(v, "subscription_nano")
				  ? "coalesce(subscription_nano, 0)"
				  : "0";
	v->where = ledger_view_has_column(v, "charge_role") ? ONCE : BETWEEN;
	*ret_view = v;
	return 0;
}

void ledger_view__close(struct ledger_view *v)
{
	if (!v)
		return;
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
