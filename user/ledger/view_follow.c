// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls as they are written, for who shows them live. Ends are no order to go by: a call whose end
 * was seen late, or not at all, is written with a time that lies behind. The order of writing (seq)
 * is one; the calls of the time before are told by their ends, as of one moment.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/dimension.h"
#include "ledger/level.h"
#include "ledger/migrate.h"
#include "ledger/view.h"
#include "ledger_view.h"

struct ledger_follow {
	struct ledger_view *view;
	sqlite3_stmt *before; /* the calls of the time before; NULL: they are told */
	sqlite3_stmt *live;
	size_t keys;
	int64_t seq; /* of the last that was written before, or told */
};

/* In the order in which tell() takes them; then the subscription's part, and the dimensions. */
#define FIGURES                                                                           \
	"SELECT id, result, end_ns - coalesce(duration_ns, 0), end_ns, "                  \
	"CASE WHEN input IS NULL AND cache_read IS NULL THEN -1 ELSE " SUM_INPUT " END, " \
	"coalesce(cache_read, -1), coalesce(output, -1), coalesce(paid, -1), " ESTIMATED  \
	", " IMPLAUSIBLE ", " FROM_SIZES ", basis = 'not_billed', NOT complete, "         \
	"charge_role IS 'passed_through', seq"
#define SEQ_COLUMN	    14
#define SUBSCRIPTION_COLUMN 15
#define GPU_COLUMN	    16
#define KEY_COLUMN	    18

#define LIVE		    "seq > ?1 ORDER BY seq LIMIT ?2"
#define BEFORE		    "end_ns >= ?1 ORDER BY end_ns"

static int prepare(const struct ledger_follow *f, const char *const *by, const char *which,
		   sqlite3_stmt **ret_stmt)
{
	sqlite3_str *sql = sqlite3_str_new(f->view->db);
	char *text;
	int rc;

	sqlite3_str_appendall(sql, FIGURES);
	sqlite3_str_appendall(
		sql,
		", coalesce(subscription_nano, 0), coalesce(gpu_ns, -1), coalesce(gpu_nano, -1)");
	for (size_t i = 0; i < f->keys; i++)
		sqlite3_str_appendf(sql, ", %s", dimension_sql(by[i]));
	sqlite3_str_appendf(sql, " FROM rated WHERE %s", which);
	text = sqlite3_str_finish(sql);
	rc = text ? sqlite3_prepare_v3(f->view->db, text, -1, SQLITE_PREPARE_PERSISTENT, ret_stmt,
				       NULL)
		  : SQLITE_NOMEM;
	sqlite3_free(text);
	return rc == SQLITE_OK ? 0 : -EIO;
}

/* The number of the call that was written last, as of the transaction that this begins. */
static int mark(struct ledger_follow *f)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_exec(f->view->db, "BEGIN", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(f->view->db,
					"SELECT max(seq) FROM calls WHERE seq IS NOT NULL", -1, &s,
					NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW)
		f->seq = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return rc == SQLITE_ROW ? 0 : -EIO;
}

int ledger_follow__new(struct ledger_view *v, const char *const *by, size_t by_count,
		       int64_t since_ns, struct ledger_follow **ret_follow)
{
	struct ledger_follow *f;
	int err;

	for (size_t i = 0; i < by_count; i++)
		if (!ledger_view_dimension(by[i]))
			return -EINVAL;
	if (by_count > LEDGER_CALL_KEYS)
		return -EINVAL;
	if (!ledger_has_column(v->db, "calls", "seq"))
		return -EPROTO;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->view = v;
	f->keys = by_count;
	err = prepare(f, by, BEFORE, &f->before);
	err = err ? err : prepare(f, by, LIVE, &f->live);
	err = err ? err : mark(f);
	if (!err && sqlite3_bind_int64(f->before, 1, since_ns) != SQLITE_OK)
		err = -EIO;
	if (err)
		ledger_follow__free(f);
	else
		*ret_follow = f;
	return err;
}

void ledger_follow__free(struct ledger_follow *f)
{
	if (!f)
		return;
	sqlite3_finalize(f->before);
	sqlite3_finalize(f->live);
	/* Where no transaction is open there is nothing to end, and SQLite says so. */
	if (!sqlite3_get_autocommit(f->view->db))
		sqlite3_exec(f->view->db, "COMMIT", NULL, NULL, NULL);
	free(f);
}

static void tell(const struct ledger_follow *f, sqlite3_stmt *s, ledger_call_fn fn, void *ctx)
{
	struct ledger_call c = { .id = ledger_text(s, 0),
				 .result = ledger_text(s, 1),
				 .start_ns = sqlite3_column_int64(s, 2),
				 .end_ns = sqlite3_column_int64(s, 3),
				 .input = sqlite3_column_int64(s, 4),
				 .cache_read = sqlite3_column_int64(s, 5),
				 .output = sqlite3_column_int64(s, 6),
				 .nano_usd = sqlite3_column_int64(s, 7),
				 .estimated = sqlite3_column_int(s, 8),
				 .implausible = sqlite3_column_int(s, 9),
				 .from_sizes = sqlite3_column_int(s, 10),
				 .not_billed = sqlite3_column_int(s, 11),
				 .incomplete = sqlite3_column_int(s, 12),
				 .passed_through = sqlite3_column_int(s, 13),
				 .subscription_nano = sqlite3_column_int64(s, SUBSCRIPTION_COLUMN),
				 .gpu_ns = sqlite3_column_int64(s, GPU_COLUMN),
				 .gpu_nano = sqlite3_column_int64(s, GPU_COLUMN + 1) };

	for (size_t i = 0; i < f->keys; i++)
		c.key[i] = ledger_text(s, KEY_COLUMN + (int)i);
	fn(ctx, &c);
}

/* Up to so many rows of the statement. Returns how many, or -errno; ret_done: there are no more. */
static int step(struct ledger_follow *f, sqlite3_stmt *s, int limit, ledger_call_fn fn, void *ctx,
		bool *ret_done)
{
	int count = 0, rc = SQLITE_ROW;

	while (count < limit && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		tell(f, s, fn, ctx);
		if (s == f->live)
			f->seq = sqlite3_column_int64(s, SEQ_COLUMN);
		count++;
	}
	*ret_done = rc == SQLITE_DONE;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? count : -EIO;
}

int ledger_follow__next(struct ledger_follow *f, int limit, ledger_call_fn fn, void *ctx)
{
	bool done;
	int count = 0, more;

	if (f->before) {
		count = step(f, f->before, limit, fn, ctx, &done);
		if (count < 0 || !done)
			return count;
		sqlite3_finalize(f->before);
		f->before = NULL;
		if (sqlite3_exec(f->view->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
			return -EIO;
	}
	if (count == limit)
		return count;
	sqlite3_bind_int64(f->live, 1, f->seq);
	sqlite3_bind_int(f->live, 2, limit - count);
	more = step(f, f->live, limit - count, fn, ctx, &done);
	sqlite3_reset(f->live);
	return more < 0 ? more : count + more;
}

static void on_total(void *ctx, const struct ledger_sum *s)
{
	*(struct ledger_sum *)ctx = *s;
}

int ledger_view__spent(struct ledger_view *v, int64_t since_ns, struct ledger_spent *ret_spent)
{
	/* A minute that has begun is told whole. */
	struct ledger_query q = { .since_ns = since_ns / LEDGER_MINUTE_NS * LEDGER_MINUTE_NS,
				  .until_ns = INT64_MAX };
	struct ledger_sum sum = { .calls = 0 };
	int err = ledger_view__report(v, &q, on_total, &sum);

	if (!err)
		*ret_spent = (struct ledger_spent){ .calls = sum.calls,
						    .unpriced = sum.unpriced,
						    .nano_usd = sum.nano_usd,
						    .first_ns = ledger_first_minute(v) };
	return err;
}
