// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

#include "ledger/migrate.h"
#include "ledger/rerate.h"
#include "ledger/row.h"
#include "ledger/schema.h"

/* In the order in which call_of() takes them; what is known of a call's use follows. */
#define COLUMNS                                                                                   \
	"id, end_ns, provider, operation, requested_model, served_model, tier, region, variant, " \
	"usage_source, service, result"

enum {
	Q_ID,
	Q_END,
	Q_PROVIDER,
	Q_OPERATION,
	Q_REQUESTED,
	Q_SERVED,
	Q_TIER,
	Q_REGION,
	Q_VARIANT,
	Q_SOURCE,
	Q_SERVICE,
	Q_RESULT,
	Q_USAGE
};

static const char select_calls[] = "SELECT " COLUMNS
#define USAGE(sym, name, kind) ", " #name
#include "usage.def"
#undef USAGE
				   " FROM calls WHERE end_ns >= ? AND basis = 'unknown' AND"
				   " id NOT IN (SELECT id FROM corrections)";

static const char *text(sqlite3_stmt *s, int column)
{
	const char *t = (const char *)sqlite3_column_text(s, column);

	return t ? t : "";
}

static void copy(sqlite3_stmt *s, int column, char *dst, size_t cap)
{
	span__copy(span_str(text(s, column)), dst, cap);
}

static struct call call_of(sqlite3_stmt *s)
{
	struct call c = { .provider = text(s, Q_PROVIDER),
			  .operation = text(s, Q_OPERATION),
			  .result = CALL_OK,
			  .max_tokens = -1,
			  .usage_source = !strcmp(text(s, Q_SOURCE), "estimated")
						  ? USAGE_ESTIMATED
						  : USAGE_REPORTED };

	copy(s, Q_REQUESTED, c.requested_model, sizeof(c.requested_model));
	copy(s, Q_SERVED, c.served_model, sizeof(c.served_model));
	copy(s, Q_TIER, c.tier, sizeof(c.tier));
	copy(s, Q_REGION, c.region, sizeof(c.region));
	copy(s, Q_VARIANT, c.variant, sizeof(c.variant));
	c.use.reasoning = -1;
	for (int i = 0; i < USAGE_CLASSES; i++)
		if (sqlite3_column_type(s, Q_USAGE + i) != SQLITE_NULL)
			usage__set(&c.use, i, sqlite3_column_int64(s, Q_USAGE + i));
	return c;
}

/* What outlives the calls themselves has the price, too. */
static int add_to_minute(sqlite3 *db, sqlite3_stmt *call, const struct call *c, int64_t nano)
{
	sqlite3_stmt *s = NULL;
	struct binder b = {
		.rc = sqlite3_prepare_v2(
			db,
			"UPDATE minutes SET nano_usd = nano_usd + ?, unpriced = unpriced - 1"
			" WHERE minute = ? AND service = ? AND provider = ? AND model = ?"
			" AND result = ? AND unpriced > 0",
			-1, &s, NULL)
	};
	int rc = b.rc;

	b.s = s;
	if (rc == SQLITE_OK) {
		bind_int(&b, nano);
		bind_int(&b, sqlite3_column_int64(call, Q_END) / 60000000000);
		bind_text(&b, text(call, Q_SERVICE));
		bind_text(&b, c->provider);
		bind_text(&b, c->served_model[0] ? c->served_model : c->requested_model);
		bind_text(&b, text(call, Q_RESULT));
		rc = b.rc == SQLITE_OK ? sqlite3_step(s) : b.rc;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int correct(sqlite3 *db, sqlite3_stmt *call, const struct call *c, const struct charge *ch,
		   int64_t now_ns)
{
	sqlite3_stmt *s = NULL;
	struct binder b = { .rc = sqlite3_prepare_v2(db,
						     "INSERT INTO corrections VALUES (?,?,?,?,?)",
						     -1, &s, NULL) };
	int rc = b.rc;

	b.s = s;
	if (rc == SQLITE_OK) {
		bind_text(&b, text(call, Q_ID));
		bind_int(&b, now_ns);
		bind_int(&b, ch->total);
		bind_text(&b, ch->price_id);
		bind_text(&b, ch->list_version);
		rc = b.rc == SQLITE_OK ? sqlite3_step(s) : b.rc;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? add_to_minute(db, call, c, ch->total) : rc;
}

static int rerate(sqlite3 *db, const struct rerate_opts *o, struct rerate_result *r)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db, select_calls, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 1, o->since_ns);
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct call c = call_of(s);
		struct charge ch;

		rc = SQLITE_OK;
		r->looked_at++;
		o->charge(o->ctx, &c, sqlite3_column_int64(s, Q_END), &ch);
		if ((ch.basis != CHARGE_COMPUTED && ch.basis != CHARGE_ESTIMATED) ||
		    __builtin_add_overflow(r->nano_usd, ch.total, &r->nano_usd))
			continue;
		r->priced++;
		if (o->done)
			o->done(o->ctx, &c, &ch);
		if (!o->dry)
			rc = correct(db, s, &c, &ch, o->now_ns);
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int ledger_rerate(const char *path, const struct rerate_opts *o, struct rerate_result *ret_result,
		  char *err, size_t err_cap)
{
	struct rerate_result result = { 0 };
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "PRAGMA busy_timeout=5000;" LEDGER_SCHEMA, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = ledger_migrate(db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = rerate(db, o, &result);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		snprintf(err, err_cap, "%s: %s", path, db ? sqlite3_errmsg(db) : "no memory");
	else
		*ret_result = result;
	sqlite3_close(db); /* with what is open rolled back */
	return rc == SQLITE_OK ? 0 : -EIO;
}
