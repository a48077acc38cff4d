// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ledger/view.h"
#include "ledger_view.h"

/* A column of in_flight; what has none is not known of a call before its end. */
static const char *column(const char *dimension)
{
	static const char *const columns[] = {
		"model",
#define FLIGHT(symbol, name) #name,
#include "flight.def"
#undef FLIGHT
	};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (!strcmp(columns[i], dimension))
			return columns[i];
	return "''";
}

int ledger_view__in_flight(struct ledger_view *v, const char *const *by, size_t by_count,
			   ledger_flight_fn fn, void *ctx)
{
	char sql[512] = "SELECT start_ns, pid";
	size_t n = strlen(sql), keys = by_count < LEDGER_CALL_KEYS ? by_count : LEDGER_CALL_KEYS;
	sqlite3_stmt *s = NULL;
	int rc;

	for (size_t i = 0; i < keys; i++)
		n += (size_t)snprintf(sql + n, sizeof(sql) - n, ", %s", column(by[i]));
	snprintf(sql + n, sizeof(sql) - n, " FROM in_flight");
	rc = sqlite3_prepare_v2(v->db, sql, -1, &s, NULL);
	if (rc == SQLITE_ERROR)
		return 0; /* an older ledger has none */
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct ledger_flight f = { .start_ns = sqlite3_column_int64(s, 0),
					   .pid = sqlite3_column_int64(s, 1) };

		for (size_t i = 0; i < keys; i++)
			f.key[i] = ledger_text(s, 2 + (int)i);
		for (size_t i = keys; i < LEDGER_CALL_KEYS; i++)
			f.key[i] = "";
		fn(ctx, &f);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : -EIO;
}
