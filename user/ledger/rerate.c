// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/beside.h"
#include "ledger/migrate.h"
#include "ledger/rerate.h"
#include "ledger/rollup.h"
#include "ledger/row.h"

/* Corrections of one transaction: the meter that writes beside it waits for milliseconds at most.
 */
#define RERATE_BATCH 500

/* In the order in which call_of() takes them; what is known of a call's use follows. */
static const char *const columns[] = {
	"n",
	"end_ns",
	"provider",
	"operation",
	"requested_model",
	"served_model",
	"tier",
	"region",
	"variant",
	"usage_source",
	"fallback_model",
	"beside",
	"cached_audio",
	"cached_image",
#define USAGE(sym, name, kind) #name,
#include "usage.def"
#undef USAGE
};

enum {
	Q_N,
	Q_END,
	Q_PROVIDER,
	Q_OPERATION,
	Q_REQUESTED,
	Q_SERVED,
	Q_TIER,
	Q_REGION,
	Q_VARIANT,
	Q_SOURCE,
	Q_FALLBACK,
	Q_BESIDE,
	Q_CACHED_AUDIO,
	Q_CACHED_IMAGE,
	Q_USAGE
};

/* A price that was found. */
struct fix {
	sqlite3_value *n;
	int64_t nano;
	char price_id[128];
	const char *list_version; /* the list's own */
};

struct rerating {
	sqlite3 *db;
	const struct rerate_opts *o;
	struct rerate_result result;
	sqlite3_stmt *read, *correct; /* the latter: NULL in a dry run, as rollup is */
	struct rollup *rollup;
	sqlite3_value *last; /* number of the row that was read last; NULL: none yet */
	struct fix fix[RERATE_BATCH];
	size_t n;
	bool more;
};

static bool has(sqlite3 *db, const char *column)
{
	return ledger_has_column(db, "calls", column);
}

/* A ledger that is not migrated yet has no numbers. */
static const char *key_of(sqlite3 *db)
{
	return has(db, "n") ? "n" : "id";
}

/*
 * The calls that lack a price because no list had one, behind one of them. Those that have none on
 * purpose keep none: they are charged at another leg, or a subscription pays, or their figures
 * can't be true, or are of nothing but sizes. A ledger that is not migrated yet lacks columns.
 */
static char *read_sql(sqlite3 *db)
{
	const char *key = key_of(db);
	sqlite3_str *s = sqlite3_str_new(db);

	sqlite3_str_appendf(s, "SELECT %s", key);
	for (size_t i = 1; i < sizeof(columns) / sizeof(columns[0]); i++)
		sqlite3_str_appendf(s, ", %s", has(db, columns[i]) ? columns[i] : "NULL");
	sqlite3_str_appendf(s,
			    " FROM calls c WHERE %s > ?1 AND end_ns >= ?2 AND"
			    " basis = 'unknown' AND usage_source NOT IN"
			    " ('implausible', 'estimated from sizes')",
			    key);
	if (has(db, "charge_role"))
		sqlite3_str_appendall(s, " AND coalesce(charge_role, 'charged') = 'charged'");
	if (has(db, "subscription"))
		sqlite3_str_appendall(s, " AND subscription IS NOT 1");
	if (ledger_has_column(db, "corrections", key))
		sqlite3_str_appendf(
			s, " AND NOT EXISTS (SELECT 1 FROM corrections k WHERE k.%s = c.%s)", key,
			key);
	sqlite3_str_appendf(s, " ORDER BY %s", key);
	return sqlite3_str_finish(s);
}

/* What was corrected by somebody else meanwhile stays as it is. */
static const char correct_sql[] = "INSERT OR IGNORE INTO corrections VALUES (?,?,?,?,?)";

static const char *text(sqlite3_stmt *s, int column)
{
	const char *t = (const char *)sqlite3_column_text(s, column);

	return t ? t : "";
}

static void copy(sqlite3_stmt *s, int column, char *dst, size_t cap)
{
	span__copy(span_str(text(s, column)), dst, cap);
}

/* Returns -EBADMSG where not all is known that the call is priced by. */
static int call_of(sqlite3_stmt *s, struct call *ret_call)
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
	copy(s, Q_FALLBACK, c.fallback_model, sizeof(c.fallback_model));
	c.use.reasoning = -1;
	c.use.cached_audio = sqlite3_column_int64(s, Q_CACHED_AUDIO);
	c.use.cached_image = sqlite3_column_int64(s, Q_CACHED_IMAGE);
	for (int i = 0; i < USAGE_CLASSES; i++)
		if (sqlite3_column_type(s, Q_USAGE + i) != SQLITE_NULL)
			usage__set(&c.use, i, sqlite3_column_int64(s, Q_USAGE + i));
	*ret_call = c;
	return beside_read(text(s, Q_BESIDE), ret_call);
}

static int dup_number(sqlite3_stmt *s, sqlite3_value **ret_n)
{
	sqlite3_value *n = sqlite3_value_dup(sqlite3_column_value(s, Q_N));

	if (!n)
		return SQLITE_NOMEM;
	sqlite3_value_free(*ret_n);
	*ret_n = n;
	return SQLITE_OK;
}

static int look_at(struct rerating *r)
{
	struct fix *f = &r->fix[r->n];
	struct charge ch;
	struct call c;
	int64_t sum;

	r->result.looked_at++;
	if (call_of(r->read, &c))
		return SQLITE_OK;
	r->o->charge(r->o->ctx, &c, sqlite3_column_int64(r->read, Q_END), &ch);
	if ((ch.basis != CHARGE_COMPUTED && ch.basis != CHARGE_ESTIMATED) ||
	    __builtin_add_overflow(r->result.nano_usd, ch.total, &sum))
		return SQLITE_OK;
	r->result.nano_usd = sum;
	r->result.priced++;
	f->nano = ch.total;
	f->list_version = ch.list_version;
	memcpy(f->price_id, ch.price_id, sizeof(f->price_id));
	r->n++;
	return dup_number(r->read, &f->n);
}

/* Reads on until a batch is full, or to the end. No lock is held behind it. */
static int read_batch(struct rerating *r)
{
	int rc = r->last	   ? sqlite3_bind_value(r->read, 1, r->last)
		 : has(r->db, "n") ? sqlite3_bind_int64(r->read, 1, 0)
				   : sqlite3_bind_text(r->read, 1, "", 0, SQLITE_STATIC);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(r->read, 2, r->o->since_ns);
	while (rc == SQLITE_OK && r->n < RERATE_BATCH &&
	       (rc = sqlite3_step(r->read)) == SQLITE_ROW) {
		rc = look_at(r);
		if (rc == SQLITE_OK && r->n == RERATE_BATCH)
			rc = dup_number(r->read, &r->last);
	}
	r->more = rc == SQLITE_OK;
	sqlite3_reset(r->read);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int run(struct binder *b)
{
	int rc = b->rc == SQLITE_OK ? sqlite3_step(b->s) : b->rc;

	sqlite3_reset(b->s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int write_fix(struct rerating *r, const struct fix *f)
{
	struct binder b = { .s = r->correct };
	int rc = rollup__correct(r->rollup, f->n, -1);

	binder__note(&b, rc);
	binder__note(&b, sqlite3_bind_value(b.s, ++b.at, f->n));
	bind_int(&b, r->o->now_ns);
	bind_int(&b, f->nano);
	bind_text(&b, f->price_id);
	bind_text(&b, f->list_version);
	rc = run(&b);
	if (rc != SQLITE_OK)
		return rc;
	if (!sqlite3_changes(r->db)) {
		r->result.priced--;
		r->result.nano_usd -= f->nano;
	}
	return rollup__correct(r->rollup, f->n, 1);
}

static int write_batch(struct rerating *r)
{
	int rc = r->n ? sqlite3_exec(r->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) : SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < r->n; i++)
		rc = write_fix(r, &r->fix[i]);
	if (rc == SQLITE_OK && r->n)
		rc = rollup__write(r->rollup);
	if (rc == SQLITE_OK && r->n)
		rc = sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL);
	return rc; /* closing the database undoes a batch that failed */
}

static void forget_batch(struct rerating *r)
{
	for (size_t i = 0; i < RERATE_BATCH; i++) {
		sqlite3_value_free(r->fix[i].n);
		r->fix[i].n = NULL;
	}
	r->n = 0;
}

static int prepare(struct rerating *r)
{
	char *sql;
	int rc = SQLITE_OK;

	if (!r->o->dry) {
		rc = ledger_migrate(r->db);
		if (rc == SQLITE_OK)
			rc = rollup__open(r->db, NULL, &r->rollup);
		if (rc == SQLITE_OK)
			rc = sqlite3_prepare_v2(r->db, correct_sql, -1, &r->correct, NULL);
	}
	if (rc != SQLITE_OK)
		return rc;
	sql = read_sql(r->db);
	rc = sql ? sqlite3_prepare_v2(r->db, sql, -1, &r->read, NULL) : SQLITE_NOMEM;
	sqlite3_free(sql);
	return rc;
}

static int rerate(struct rerating *r)
{
	int rc = prepare(r);

	/* All that a dry run tells is of one moment. */
	if (rc == SQLITE_OK && r->o->dry)
		rc = sqlite3_exec(r->db, "BEGIN", NULL, NULL, NULL);
	do {
		if (rc == SQLITE_OK)
			rc = read_batch(r);
		if (rc == SQLITE_OK && !r->o->dry)
			rc = write_batch(r);
		forget_batch(r);
	} while (rc == SQLITE_OK && r->more);
	return rc;
}

int ledger_rerate(const char *path, const struct rerate_opts *o, struct rerate_result *ret_result,
		  char *err, size_t err_cap)
{
	struct rerating *r = calloc(1, sizeof(*r));
	int rc, ret = 0;

	if (!r) {
		snprintf(err, err_cap, "no memory");
		return -ENOMEM;
	}
	r->o = o;
	rc = sqlite3_open_v2(path, &r->db, o->dry ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE,
			     NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(r->db, "PRAGMA busy_timeout=5000", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		ret = ledger_check_version(r->db, path, err, err_cap);
	if (rc == SQLITE_OK && !ret)
		rc = rerate(r);
	if (rc != SQLITE_OK) {
		snprintf(err, err_cap, "%s: %s", path, r->db ? sqlite3_errmsg(r->db) : "no memory");
		ret = -EIO;
	}
	if (!ret)
		*ret_result = r->result;
	sqlite3_finalize(r->read);
	sqlite3_finalize(r->correct);
	rollup__free(r->rollup);
	sqlite3_value_free(r->last);
	sqlite3_close(r->db);
	free(r);
	return ret;
}
