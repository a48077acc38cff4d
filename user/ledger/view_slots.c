// SPDX-License-Identifier: BSD-2-Clause
/* Calls by half an hour, for who holds them against another's days. */
#include <errno.h>
#include <stdio.h>

#include "ledger/view.h"
#include "ledger_view.h"

#define SLOT_NS "1800000000000"

/* Classes of tokens and fees, in the order of usage.def: what a slot counts. */
static const char *const classes[USAGE_CLASSES] = {
#define USAGE(sym, name, kind) #name,
#include "usage.def"
#undef USAGE
};

static char *slots_sql(sqlite3 *db)
{
	sqlite3_str *s = sqlite3_str_new(db);

	sqlite3_str_appendall(
		s, "SELECT e * 1800, b * 1800, provider, m, project, key, t, count(*),"
		   " sum(paid IS NULL AND basis <> 'not_billed'), sum(coalesce(paid, 0)),"
		   " sum(CASE WHEN " ESTIMATED " OR " IMPLAUSIBLE " THEN paid ELSE 0 END)");
	for (int i = 0; i < USAGE_CLASSES; i++)
		sqlite3_str_appendf(s, ", sum(coalesce(%s, 0))", classes[i]);
	sqlite3_str_appendall(
		s, " FROM (SELECT *, end_ns / " SLOT_NS " AS e,"
		   " (end_ns - coalesce(duration_ns, 0)) / " SLOT_NS " AS b,"
		   " CASE served_model WHEN '' THEN requested_model ELSE served_model END AS m,"
		   " tier IS 'batch' AS t FROM rated WHERE " RATED_WHERE
		   " AND subscription IS NOT 1 AND result <> 'refused' LIMIT -1)"
		   " GROUP BY 1, 2, 3, 4, 5, 6, 7");
	return sqlite3_str_finish(s);
}

static int tell(sqlite3_stmt *s, ledger_slot_fn fn, void *ctx)
{
	struct ledger_slot slot = {
		.end_s = sqlite3_column_int64(s, 0),
		.start_s = sqlite3_column_int64(s, 1),
		.provider = ledger_text(s, 2),
		.model = ledger_text(s, 3),
		.project = ledger_text(s, 4),
		.key = ledger_text(s, 5),
		.batch = sqlite3_column_int64(s, 6),
		.calls = sqlite3_column_int64(s, 7),
		.unpriced = sqlite3_column_int64(s, 8),
		.nano_usd = sqlite3_column_int64(s, 9),
		.estimated_nano = sqlite3_column_int64(s, 10),
	};

	for (int i = 0; i < USAGE_CLASSES; i++)
		slot.units[i] = sqlite3_column_int64(s, 11 + i);
	return fn(ctx, &slot);
}

int ledger_view__slots(struct ledger_view *v, int64_t since_ns, int64_t until_ns, ledger_slot_fn fn,
		       void *ctx)
{
	char *sql = slots_sql(v->db);
	sqlite3_stmt *s = NULL;
	int rc = sql ? sqlite3_prepare_v2(v->db, sql, -1, &s, NULL) : SQLITE_NOMEM, ret = 0;

	sqlite3_free(sql);
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(s, 1, since_ns);
		sqlite3_bind_int64(s, 2, until_ns);
	}
	while (rc == SQLITE_OK && !ret && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		ret = tell(s, fn, ctx);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return ret ? ret : rc == SQLITE_DONE ? 0 : -EIO;
}
