// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/gpu.h"
#include "ledger/in_flight.h"
#include "ledger/baseline.h"
#include "ledger/ledger.h"
#include "ledger/lock.h"
#include "ledger/migrate.h"
#include "ledger/rollup.h"
#include "ledger/result.h"
#include "ledger/row.h"
#include "ledger/spool.h"
#include "ledger/statements.h"
#include "ledger/texts.h"

/*
 * Calls are summed up when so many are waiting, or so much time has passed: the same sums are then
 * written once. Who reads meanwhile adds those few.
 */
#define ROLLUP_ROWS	4000
#define ROLLUP_EVERY_NS (30 * 1000000000ll)
#define KEEP_EVERY_NS	(60 * 1000000000ll)

struct ledger {
	sqlite3 *db;
	sqlite3_stmt *s[STATEMENTS];
	sqlite3_stmt *call; /* a row of entries */
	struct texts *texts;
	struct rollup *rollup;
	struct keep *keep;	    /* NULL: everything is kept */
	uint32_t to_sum;	    /* calls since they were summed up */
	bool behind, too_old;	    /* there is more to be summed up; to be deleted */
	int64_t summed_ns, kept_ns; /* when that was last done */
	int lock;		    /* a file beside the database: one writer */
	bool open;		    /* a transaction is */
	uint32_t pending;	    /* rows in it */
	bool cleared;		    /* what the meter before us left under way is gone */
	bool started;		    /* the first tick has been written */
	uint64_t failed;
	struct spool *spool; /* NULL: there are no sinks */
	uint64_t unqueued;   /* rows for it that could not be written */
};

static int open_database(struct ledger *l, const char *path)
{
	static const char *const settings[] = {
		/* Before there is a table: room that retention frees can go back to the disk. */
		"PRAGMA auto_vacuum=INCREMENTAL",
		/* WAL: readers go on while we write; NORMAL: a power cut may cost the last second
		 */
		"PRAGMA journal_mode=WAL",
		"PRAGMA synchronous=NORMAL",
		"PRAGMA busy_timeout=2000",
		/* What a long reader made grow is cut when he is done. */
		"PRAGMA journal_size_limit=67108864",
	};
	int rc = sqlite3_open_v2(path, &l->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
				 NULL);

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(settings) / sizeof(settings[0]); i++)
		rc = sqlite3_exec(l->db, settings[i], NULL, NULL, NULL);
	return rc;
}

static int prepare(struct ledger *l)
{
	int rc = ledger_migrate(l->db);
	char *sql;

	for (int i = 0; rc == SQLITE_OK && i < STATEMENTS; i++)
		rc = sqlite3_prepare_v3(l->db, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT,
					&l->s[i], NULL);
	sql = rc == SQLITE_OK ? ledger_columns_insert() : NULL;
	if (rc == SQLITE_OK)
		rc = sql ? sqlite3_prepare_v3(l->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &l->call,
					      NULL)
			 : SQLITE_NOMEM;
	sqlite3_free(sql);
	if (rc == SQLITE_OK)
		rc = texts__open(l->db, &l->texts);
	l->behind = true; /* who was killed left calls that are not summed up */
	return rc;
}

static int failed(struct ledger *l, int rc, char *err, size_t err_cap)
{
	if (rc != SQLITE_OK)
		snprintf(err, err_cap, "%s: %s", sqlite3_db_filename(l->db, "main"),
			 sqlite3_errmsg(l->db));
	return ledger_errno(rc);
}

int ledger__open(const char *path, struct ledger **ret_ledger, char *err, size_t err_cap)
{
	struct ledger *l = calloc(1, sizeof(*l));
	int ret, rc;

	if (!l) {
		snprintf(err, err_cap, "no memory");
		return -ENOMEM;
	}
	l->lock = -1;
	ret = ledger_lock(path, &l->lock, err, err_cap);
	if (ret)
		goto out;
	rc = open_database(l, path);
	if (rc != SQLITE_OK) {
		ret = ledger_errno(rc);
		snprintf(err, err_cap, "%s: %s", path, l->db ? sqlite3_errmsg(l->db) : "no memory");
		goto out;
	}
	ret = ledger_check_version(l->db, path, err, err_cap);
	if (ret)
		goto out;
	rc = prepare(l);
	if (rc == SQLITE_OK)
		rc = rollup__open(l->db, NULL, &l->rollup);
	ret = failed(l, rc, err, err_cap);
out:
	if (ret) {
		ledger__close(l);
		return ret;
	}
	*ret_ledger = l;
	return 0;
}

static int run(sqlite3_stmt *s)
{
	int rc = sqlite3_step(s);

	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int begin(struct ledger *l)
{
	int rc = l->open ? SQLITE_OK : run(l->s[S_BEGIN]);

	l->open |= rc == SQLITE_OK;
	return rc;
}

/* A full disk, no memory: what is open is lost, and counted, not the ledger. */
static void give_up(struct ledger *l)
{
	l->failed += l->pending;
	l->pending = 0;
	texts__forget(l->texts);
	/* Where SQLite has rolled back by itself there is nothing to do, and it says so. */
	sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	l->open = !sqlite3_get_autocommit(l->db);
	l->cleared = l->started;
}

static int commit(struct ledger *l)
{
	int rc;

	if (!l->open)
		return SQLITE_OK;
	rc = run(l->s[S_COMMIT]);
	if (rc != SQLITE_OK) {
		give_up(l);
		return rc;
	}
	l->open = false;
	l->pending = 0;
	return SQLITE_OK;
}

int ledger__configure(struct ledger *l, const struct ledger_opts *o, char *err, size_t err_cap)
{
	int rc = commit(l);

	rollup__free(l->rollup);
	l->rollup = NULL;
	if (rc == SQLITE_OK)
		rc = rollup__open(l->db, o->rollups, &l->rollup);
	if (rc == SQLITE_OK)
		rc = keep__open(l->db, &o->keep, &l->keep);
	return failed(l, rc, err, err_cap);
}

static int sum_up(struct ledger *l, int64_t rows)
{
	int rc = begin(l);

	if (rc == SQLITE_OK)
		rc = rollup__step(l->rollup, rows, &l->behind);
	if (rc == SQLITE_OK)
		l->to_sum = 0;
	return rc;
}

void ledger__close(struct ledger *l)
{
	if (!l)
		return;
	/* What is behind by more is caught up with by the next meter. */
	if (l->rollup && commit(l) == SQLITE_OK && sum_up(l, ROLLUP_ROWS) == SQLITE_OK)
		commit(l);
	spool__free(l->spool);
	rollup__free(l->rollup);
	keep__free(l->keep);
	texts__free(l->texts);
	sqlite3_finalize(l->call);
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(l->s[i]);
	sqlite3_close(l->db);
	if (l->lock >= 0)
		close(l->lock);
	free(l);
}

/* Runs the statement with the values that were bound, if all were. */
static int run_bound(const struct binder *b)
{
	if (b->rc == SQLITE_OK)
		return run(b->s);
	sqlite3_clear_bindings(b->s);
	return b->rc;
}

int ledger__add(struct ledger *l, const struct entry *e)
{
	struct binder call = { .s = l->call,
			       .texts = l->texts,
			       .day = e->wall_end_ns / LEDGER_DAY_NS };
	int rc = begin(l);

	if (rc != SQLITE_OK) {
		l->failed++;
		return ledger_errno(rc);
	}
	row_bind_call(&call, e);
	rc = run_bound(&call);
	if (rc != SQLITE_OK) {
		l->failed++;
		if (sqlite3_get_autocommit(l->db))
			give_up(l);
		return ledger_errno(rc);
	}
	l->pending++;
	l->to_sum++;
	return l->pending >= LEDGER_BATCH ? ledger_errno(commit(l)) : 0;
}

/* Something beside the calls was written, or not: a failure is counted as theirs are. */
static int added(struct ledger *l, int rc)
{
	if (rc != SQLITE_OK) {
		l->failed++;
		if (l->open && sqlite3_get_autocommit(l->db))
			give_up(l);
		return ledger_errno(rc);
	}
	l->pending++;
	return l->pending >= LEDGER_BATCH ? ledger_errno(commit(l)) : 0;
}

static int add_row(struct ledger *l, struct binder *b, int rc)
{
	return added(l, rc == SQLITE_OK ? run_bound(b) : rc);
}

int ledger__add_gpu(struct ledger *l, const struct gpu_entry *g)
{
	int rc = begin(l);

	return added(l, rc == SQLITE_OK ? gpu_rows_add(l->db, g) : rc);
}

int ledger__gpu_source(struct ledger *l, const struct gpu_source_state *s, int64_t wall_ns)
{
	int rc = begin(l);

	return added(l, rc == SQLITE_OK ? gpu_source_put(l->db, s, wall_ns) : rc);
}

int ledger__add_upload(struct ledger *l, const struct upload_entry *u)
{
	struct binder b = { .s = l->s[S_UPLOAD] };
	int rc = begin(l);

	if (rc == SQLITE_OK)
		row_bind_upload(&b, u);
	return add_row(l, &b, rc);
}

int ledger__add_finding(struct ledger *l, const struct finding *f)
{
	struct binder b = { .s = l->s[S_FINDING] };
	int rc = begin(l);

	if (rc == SQLITE_OK)
		row_bind_finding(&b, f);
	return add_row(l, &b, rc);
}

int ledger__add_action(struct ledger *l, const struct action *a)
{
	struct binder b = { .s = l->s[S_ACTION] };
	int rc = begin(l);

	if (rc == SQLITE_OK)
		row_bind_action(&b, a);
	return add_row(l, &b, rc);
}

int ledger__serve(struct ledger *l, const struct outbox_plan *plan)
{
	return ledger_errno(spool__open(l->db, plan, &l->spool));
}

int ledger__queue(struct ledger *l, const struct outbox_row *row)
{
	int rc;

	if (!l->spool)
		return 0;
	rc = row->line.n ? begin(l) : SQLITE_NOMEM;
	if (rc == SQLITE_OK)
		rc = spool__add(l->spool, row);
	if (rc != SQLITE_OK) {
		l->unqueued++;
		if (l->open && sqlite3_get_autocommit(l->db))
			give_up(l);
	}
	return ledger_errno(rc);
}

uint64_t ledger__undelivered(const struct ledger *l)
{
	return spool__dropped(l->spool) + l->unqueued;
}

int ledger__settle(struct ledger *l)
{
	int rc = begin(l);

	if (rc == SQLITE_OK && l->spool)
		rc = spool__tick(l->spool);
	return ledger_errno(rc == SQLITE_OK ? commit(l) : rc);
}

/* Begins, for what is of this meter alone: a call may be under way before the first tick. */
static int begin_anew(struct ledger *l)
{
	int rc = begin(l);

	if (rc == SQLITE_OK && !l->cleared) {
		rc = sqlite3_exec(l->db,
				  "DELETE FROM drops; DELETE FROM reserved; "
				  "DELETE FROM in_flight",
				  NULL, NULL, NULL);
		l->cleared = rc == SQLITE_OK;
	}
	return rc;
}

int ledger__reserve(struct ledger *l, const char *budget, const char *value, int64_t n)
{
	struct binder b = { .s = l->s[S_RESERVED] };
	int rc = begin_anew(l);

	if (rc == SQLITE_OK) {
		bind_text(&b, budget);
		bind_text(&b, value);
		bind_int(&b, n);
	}
	return add_row(l, &b, rc);
}

int ledger__put_flights(struct ledger *l, const struct flight *at, size_t count)
{
	int rc = begin_anew(l);

	return ledger_errno(rc == SQLITE_OK ? in_flight_put(l->db, at, count) : rc);
}

int ledger__learn(struct ledger *l, const struct learnt *learnt)
{
	int rc = begin(l);

	return ledger_errno(rc == SQLITE_OK ? baseline_put(l->db, learnt) : rc);
}

static int put_meta(struct ledger *l, const char *key, int64_t value)
{
	struct binder b = { .s = l->s[S_META] };

	bind_text(&b, key);
	bind_int(&b, value);
	return run_bound(&b);
}

static int put_start(struct ledger *l, int64_t wall_ns)
{
	int rc = put_meta(l, "version", LEDGER_VERSION);

	if (rc == SQLITE_OK)
		rc = put_meta(l, "pid", getpid());
	if (rc == SQLITE_OK)
		rc = put_meta(l, "started_ns", wall_ns);
	return rc;
}

static int put_drops(struct ledger *l, const struct drops *drops)
{
	int rc = SQLITE_OK;

	for (int i = 0; rc == SQLITE_OK && i < DROP_COUNT; i++) {
		struct binder b = { .s = l->s[S_DROP] };

		if (!drops->n[i])
			continue;
		bind_text(&b, drop_name(i));
		bind_int(&b, (int64_t)drops->n[i]);
		rc = run_bound(&b);
	}
	return rc;
}

/* The clock may be set back: then, too, time has passed. */
static bool is_time(int64_t *last_ns, int64_t now_ns, int64_t every_ns)
{
	if (now_ns >= *last_ns && now_ns - *last_ns < every_ns)
		return false;
	*last_ns = now_ns;
	return true;
}

/* Behind the calls' own transaction: what fails here costs none of them. */
static int tidy(struct ledger *l, int64_t wall_ns)
{
	bool sum = is_time(&l->summed_ns, wall_ns, ROLLUP_EVERY_NS) || l->behind ||
		   l->to_sum >= ROLLUP_ROWS;
	bool keep = l->keep && (is_time(&l->kept_ns, wall_ns, KEEP_EVERY_NS) || l->too_old);
	int rc = sum ? sum_up(l, ROLLUP_ROWS) : SQLITE_OK;

	if (rc == SQLITE_OK && keep)
		rc = begin(l);
	if (rc == SQLITE_OK && keep)
		rc = keep__step(l->keep, l->texts, wall_ns, &l->too_old);
	if (rc == SQLITE_OK && keep)
		rc = baseline_trim(l->db);
	if (rc == SQLITE_OK)
		rc = commit(l);
	else if (l->open)
		give_up(l);
	return rc == SQLITE_OK && keep ? keep_shrink(l->db) : rc;
}

int ledger__tick(struct ledger *l, int64_t wall_ns, const struct drops *drops)
{
	int rc = begin_anew(l);

	if (rc == SQLITE_OK && !l->started)
		rc = put_start(l, wall_ns);
	if (rc == SQLITE_OK)
		rc = put_meta(l, "last_ns", wall_ns);
	if (rc == SQLITE_OK)
		rc = put_drops(l, drops);
	if (rc == SQLITE_OK && l->spool)
		rc = spool__tick(l->spool);
	if (rc == SQLITE_OK)
		rc = commit(l);
	else if (l->open && sqlite3_get_autocommit(l->db))
		give_up(l);
	if (rc == SQLITE_OK) {
		l->started = true;
		rc = tidy(l, wall_ns);
	}
	return ledger_errno(rc);
}

uint64_t ledger__failed(const struct ledger *l)
{
	return l->failed;
}
