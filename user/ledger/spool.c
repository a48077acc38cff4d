// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <stdlib.h>

#include "ledger/spool.h"
#include "ledger/row.h"

/* Rows that all sinks have are taken out so many a second: captured bytes wait for it. */
#define TRIM_ROWS 4096

enum statement { S_ADD, S_FIND, S_PUT, S_COUNT, S_TRIM, S_SPAN, S_LAST, STATEMENTS };

static const char *const statement_text[STATEMENTS] = {
	[S_ADD] = "INSERT INTO outbox (at_ns, kind, severity, id, line) VALUES (?,?,?,?,?)",
	[S_FIND] = "SELECT cursor, delivered, refused, dropped, last_ns, down_ns, error FROM sinks "
		   "WHERE name = ?",
	[S_PUT] = "INSERT OR REPLACE INTO sinks VALUES (?,?,?,?,?,?,?,?,?)",
	[S_COUNT] = "SELECT count(*) FROM outbox WHERE seq > ?1 AND seq <= ?2 AND (1 << kind) & ?3",
	[S_TRIM] = "DELETE FROM outbox WHERE seq <= ?",
	[S_SPAN] = "SELECT coalesce((SELECT min(seq) FROM outbox), 0), "
		   "coalesce((SELECT max(seq) FROM outbox), 0)",
	[S_LAST] = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0)",
};

struct spool {
	sqlite3_stmt *s[STATEMENTS];
	const struct outbox_plan *plan;
	struct sink_state state[SINKS_MAX]; /* as the board last told */
	int64_t sink_dropped[SINKS_MAX];
	bool changed[SINKS_MAX]; /* since it was written down */
	uint64_t dropped;
};

static int run(sqlite3_stmt *s)
{
	int rc = sqlite3_step(s);

	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Steps a query for its one row; reset(s) is the caller's. */
static int row_of(sqlite3_stmt *s)
{
	int rc = sqlite3_step(s);

	return rc == SQLITE_ROW ? SQLITE_OK : rc == SQLITE_DONE ? SQLITE_NOTFOUND : rc;
}

static int put(struct spool *o, size_t i)
{
	const struct sink_state *st = &o->state[i];
	struct binder b = { .s = o->s[S_PUT] };

	bind_text(&b, o->plan->sinks[i].name);
	bind_int(&b, o->plan->sinks[i].wants);
	bind_int(&b, st->cursor);
	bind_int(&b, st->delivered);
	bind_int(&b, st->refused);
	bind_int(&b, o->sink_dropped[i]);
	bind_int(&b, st->last_ns);
	bind_int(&b, st->down_ns);
	bind_text(&b, st->error);
	return b.rc == SQLITE_OK ? run(b.s) : b.rc;
}

/* Where the sink stood when a meter last wrote here; a new one begins behind the last row. */
static int find(struct spool *o, size_t i, int64_t last)
{
	struct sink_state *st = &o->state[i];
	struct binder b = { .s = o->s[S_FIND] };
	int rc;

	bind_text(&b, o->plan->sinks[i].name);
	rc = b.rc == SQLITE_OK ? row_of(b.s) : b.rc;
	if (rc == SQLITE_OK) {
		const char *error = (const char *)sqlite3_column_text(b.s, 6);

		st->cursor = sqlite3_column_int64(b.s, 0);
		st->delivered = sqlite3_column_int64(b.s, 1);
		st->refused = sqlite3_column_int64(b.s, 2);
		o->sink_dropped[i] = sqlite3_column_int64(b.s, 3);
		st->last_ns = sqlite3_column_int64(b.s, 4);
		span__copy(span_str(error ? error : ""), st->error, sizeof(st->error));
	} else if (rc == SQLITE_NOTFOUND) {
		st->cursor = last;
		rc = SQLITE_OK;
	}
	/* A ledger that was put back to an older state has fewer rows than the cursor. */
	if (st->cursor > last)
		st->cursor = last;
	st->sent = st->cursor;
	sqlite3_reset(b.s);
	sqlite3_clear_bindings(b.s);
	o->changed[i] = true;
	return rc;
}

static bool planned(const struct outbox_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->count; i++)
		if (!strcmp(plan->sinks[i].name, name))
			return true;
	return false;
}

/* Rows behind that one, up to the other, that are of the wanted kinds. */
static int count_wanted(struct spool *o, int64_t after, int64_t last, int64_t wants, int64_t *ret_n)
{
	sqlite3_stmt *s = o->s[S_COUNT];
	int rc;

	sqlite3_bind_int64(s, 1, after);
	sqlite3_bind_int64(s, 2, last);
	sqlite3_bind_int64(s, 3, wants);
	rc = row_of(s);
	*ret_n = rc == SQLITE_OK ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return rc;
}

/* A sink that nobody configures any more would hold its rows for ever; what waits for it is lost.
 */
static int forget_others(struct spool *o, sqlite3 *db)
{
	sqlite3_stmt *all = NULL, *gone = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT name, cursor, wants FROM sinks", -1, &all, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db, "DELETE FROM sinks WHERE name = ?", -1, &gone, NULL);
	while (rc == SQLITE_OK && (rc = sqlite3_step(all)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(all, 0);
		int64_t lost = 0;

		rc = SQLITE_OK;
		if (!name || planned(o->plan, name))
			continue;
		rc = count_wanted(o, sqlite3_column_int64(all, 1), INT64_MAX,
				  sqlite3_column_int64(all, 2), &lost);
		o->dropped += (uint64_t)lost;
		if (rc == SQLITE_OK)
			rc = sqlite3_bind_text(gone, 1, name, -1, SQLITE_TRANSIENT);
		if (rc == SQLITE_OK)
			rc = run(gone);
	}
	sqlite3_finalize(all);
	sqlite3_finalize(gone);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int last_seq(struct spool *o, int64_t *ret_last)
{
	int rc = row_of(o->s[S_LAST]);

	*ret_last = rc == SQLITE_OK ? sqlite3_column_int64(o->s[S_LAST], 0) : 0;
	sqlite3_reset(o->s[S_LAST]);
	return rc;
}

int spool__open(sqlite3 *db, const struct outbox_plan *plan, struct spool **ret_spool)
{
	struct spool *o = calloc(1, sizeof(*o));
	int rc = o ? SQLITE_OK : SQLITE_NOMEM;
	int64_t last = 0;

	for (int i = 0; rc == SQLITE_OK && i < STATEMENTS; i++)
		rc = sqlite3_prepare_v3(db, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT,
					&o->s[i], NULL);
	if (rc != SQLITE_OK)
		goto out;
	o->plan = plan;
	rc = forget_others(o, db);
	if (rc == SQLITE_OK)
		rc = last_seq(o, &last);
	for (size_t i = 0; rc == SQLITE_OK && i < plan->count; i++)
		rc = find(o, i, last);
out:
	if (rc != SQLITE_OK) {
		spool__free(o);
		return rc;
	}
	if (!atomic_load(&plan->board->ready))
		for (size_t i = 0; i < plan->count; i++)
			sink_seat__write(&plan->board->seats[i], &o->state[i]);
	atomic_store(&plan->board->ready, true);
	*ret_spool = o;
	return SQLITE_OK;
}

void spool__free(struct spool *o)
{
	if (!o)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(o->s[i]);
	free(o);
}

int spool__add(struct spool *o, const struct outbox_row *row)
{
	struct binder b = { .s = o->s[S_ADD] };

	bind_int(&b, row->at_ns);
	bind_int(&b, row->kind);
	bind_int(&b, row->severity);
	bind_text(&b, row->id);
	bind_span(&b, row->line);
	return b.rc == SQLITE_OK ? run(b.s) : b.rc;
}

/* What a sink tells may be wrong, as it reads what strangers send: it never goes back. */
static void look_at_board(struct spool *o)
{
	for (size_t i = 0; i < o->plan->count; i++) {
		struct sink_state now, *was = &o->state[i];

		if (!sink_seat__read(&o->plan->board->seats[i], &now) || now.cursor < was->cursor ||
		    !memcmp(&now, was, sizeof(now)))
			continue;
		*was = now;
		o->changed[i] = true;
	}
}

/* Rows up to there go; what a sink was not sent of them is counted. */
static int drop_up_to(struct spool *o, int64_t seq)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < o->plan->count; i++) {
		struct sink_state *st = &o->state[i];
		int64_t from = st->sent > st->cursor ? st->sent : st->cursor;
		int64_t n;

		if (from >= seq)
			continue;
		rc = count_wanted(o, from, seq, o->plan->sinks[i].wants, &n);
		o->sink_dropped[i] += n;
		o->dropped += (uint64_t)n;
		o->changed[i] |= n != 0;
	}
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(o->s[S_TRIM], 1, seq);
	return run(o->s[S_TRIM]);
}

static int trim(struct spool *o)
{
	int64_t passed = INT64_MAX, first, last, too_many, go;
	int rc = row_of(o->s[S_SPAN]);

	first = rc == SQLITE_OK ? sqlite3_column_int64(o->s[S_SPAN], 0) : 0;
	last = rc == SQLITE_OK ? sqlite3_column_int64(o->s[S_SPAN], 1) : 0;
	sqlite3_reset(o->s[S_SPAN]);
	if (rc != SQLITE_OK || !first)
		return rc;
	for (size_t i = 0; i < o->plan->count; i++)
		if (o->state[i].cursor < passed)
			passed = o->state[i].cursor;
	too_many = last - o->plan->rows_max;
	go = passed < first - 1 + TRIM_ROWS ? passed : first - 1 + TRIM_ROWS;
	if (go < too_many)
		go = too_many;
	return go >= first ? drop_up_to(o, go) : SQLITE_OK;
}

int spool__tick(struct spool *o)
{
	int rc;

	look_at_board(o);
	rc = trim(o);
	for (size_t i = 0; rc == SQLITE_OK && i < o->plan->count; i++) {
		if (!o->changed[i])
			continue;
		rc = put(o, i);
		o->changed[i] = rc != SQLITE_OK;
	}
	return rc;
}

uint64_t spool__dropped(const struct spool *o)
{
	return o ? o->dropped : 0;
}
