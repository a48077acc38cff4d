// SPDX-License-Identifier: BSD-2-Clause
#include "ledger/in_flight.h"
#include "ledger/row.h"

static const char insert[] = "INSERT INTO in_flight (exchange, start_ns, pid, model"
#define FLIGHT(symbol, name) ", " #name
#include "flight.def"
#undef FLIGHT
			     ") VALUES (?,?,?,?"
#define FLIGHT(symbol, name) ",?"
#include "flight.def"
#undef FLIGHT
			     ")";

static int put(sqlite3_stmt *s, const struct flight *f)
{
	struct binder b = { .s = s };

	bind_int(&b, (int64_t)f->exchange);
	bind_int(&b, f->start_ns);
	bind_int(&b, f->pid);
	bind_text(&b, f->model);
	for (int i = 0; i < FLIGHT_FIELDS; i++)
		bind_text(&b, f->text[i]);
	if (b.rc == SQLITE_OK)
		b.rc = sqlite3_step(s);
	sqlite3_reset(s);
	return b.rc == SQLITE_DONE ? SQLITE_OK : b.rc;
}

int in_flight_put(sqlite3 *db, const struct flight *at, size_t count)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_exec(db, "DELETE FROM in_flight", NULL, NULL, NULL);

	if (rc == SQLITE_OK && count)
		rc = sqlite3_prepare_v2(db, insert, -1, &s, NULL);
	for (size_t i = 0; i < count && rc == SQLITE_OK; i++)
		rc = put(s, &at[i]);
	sqlite3_finalize(s);
	return rc;
}
