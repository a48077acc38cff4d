// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "ledger/ledger.h"
#include "ledger/migrate.h"
#include "ledger/row.h"
#include "ledger/schema.h"
#include "ledger/spool.h"

enum statement {
	S_BEGIN,
	S_COMMIT,
	S_CALL,
	S_ORIGIN,
	S_UPLOAD,
	S_FINDING,
	S_RESERVED,
	S_MINUTE,
	S_META,
	S_DROP,
	STATEMENTS,
};

static const char *const statement_text[STATEMENTS] = {
	[S_BEGIN] = "BEGIN IMMEDIATE",
	[S_COMMIT] = "COMMIT",
	[S_CALL] = "INSERT OR IGNORE INTO calls (" LEDGER_CALL_COLUMNS
#define OWNER(symbol, name, help) ", " #name
#include "owner.def"
#undef OWNER
#define ADDED(name, type) ", " #name
#include "ledger/added.def"
#undef ADDED
		   ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
		   "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"
#define OWNER(symbol, name, help) ",?"
#include "owner.def"
#undef OWNER
#define ADDED(name, type) ",?"
#include "ledger/added.def"
#undef ADDED
		   ")",
	[S_ORIGIN] = "INSERT INTO origins (text) VALUES (?) "
		     "ON CONFLICT (text) DO UPDATE SET text = text RETURNING id",
	[S_UPLOAD] = "INSERT OR IGNORE INTO uploads VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[S_FINDING] = "INSERT OR REPLACE INTO findings VALUES "
		      "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[S_RESERVED] = "INSERT OR REPLACE INTO reserved VALUES (?,?,?)",
	[S_MINUTE] =
		"INSERT INTO minutes VALUES (?,?,?,?,?,1,?,?,?,?,?,?) "
		"ON CONFLICT (minute, service, provider, model, result) DO UPDATE SET "
		"calls = calls + 1, unpriced = unpriced + excluded.unpriced, "
		"input = input + excluded.input, cache_read = cache_read + excluded.cache_read, "
		"cache_write = cache_write + excluded.cache_write, "
		"output = output + excluded.output, nano_usd = nano_usd + excluded.nano_usd",
	[S_META] = "INSERT OR REPLACE INTO meta VALUES (?,?)",
	[S_DROP] = "INSERT OR REPLACE INTO drops VALUES (?,?)",
};

struct ledger {
	sqlite3 *db;
	sqlite3_stmt *s[STATEMENTS];
	int lock;	  /* a file beside the database: one writer */
	bool open;	  /* a transaction is */
	uint32_t pending; /* rows in it */
	bool started;	  /* the first tick has been written */
	int64_t origin;	  /* the number of the text that was written last; 0: none */
	char origin_text[ORIGINS_MAX];
	int64_t seq; /* of the call that was written last */
	uint64_t failed;
	struct spool *spool; /* NULL: there are no sinks */
	uint64_t unqueued;   /* rows for it that could not be written */
};

/* SQLite's result as the errno that comes nearest. */
static int to_errno(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_CANTOPEN:
		return -ENOENT;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

static int take_lock(struct ledger *l, const char *path, char *err, size_t err_cap)
{
	char name[4096];

	snprintf(name, sizeof(name), "%s.lock", path);
	l->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (l->lock < 0) {
		int e = errno;

		snprintf(err, err_cap, "%s can't be written: %s: give another with --ledger", name,
			 strerror(e));
		return -e;
	}
	if (flock(l->lock, LOCK_EX | LOCK_NB)) {
		snprintf(err, err_cap,
			 "another wiretally writes to %s: stop it, or give another --ledger", path);
		return -EBUSY;
	}
	return 0;
}

static int open_database(struct ledger *l, const char *path)
{
	static const char *const settings[] = {
		/* WAL: readers go on while we write; NORMAL: a power cut may cost the last second
		 */
		"PRAGMA journal_mode=WAL",
		"PRAGMA synchronous=NORMAL",
		"PRAGMA busy_timeout=2000",
		LEDGER_SCHEMA,
	};
	int rc = sqlite3_open_v2(path, &l->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
				 NULL);

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(settings) / sizeof(settings[0]); i++)
		rc = sqlite3_exec(l->db, settings[i], NULL, NULL, NULL);
	return rc;
}

static int read_seq(struct ledger *l)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(l->db, "SELECT max(seq) FROM calls WHERE seq IS NOT NULL", -1,
				    &s, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		l->seq = sqlite3_column_int64(s, 0);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return rc;
}

static int prepare(struct ledger *l)
{
	int rc = ledger_migrate(l->db);

	if (rc == SQLITE_OK)
		rc = read_seq(l);
	for (int i = 0; rc == SQLITE_OK && i < STATEMENTS; i++)
		rc = sqlite3_prepare_v3(l->db, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT,
					&l->s[i], NULL);
	return rc;
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
	ret = take_lock(l, path, err, err_cap);
	if (ret)
		goto out;
	rc = open_database(l, path);
	if (rc != SQLITE_OK) {
		ret = to_errno(rc);
		snprintf(err, err_cap, "%s: %s", path, l->db ? sqlite3_errmsg(l->db) : "no memory");
		goto out;
	}
	ret = ledger_check_version(l->db, path, err, err_cap);
	if (ret)
		goto out;
	rc = prepare(l);
	if (rc != SQLITE_OK) {
		ret = to_errno(rc);
		snprintf(err, err_cap, "%s: %s", path, sqlite3_errmsg(l->db));
	}
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
	l->origin = 0;
	/* Where SQLite has rolled back by itself there is nothing to do, and it says so. */
	sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	l->open = !sqlite3_get_autocommit(l->db);
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

void ledger__close(struct ledger *l)
{
	if (!l)
		return;
	if (l->db && l->s[S_COMMIT])
		commit(l);
	spool__free(l->spool);
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

/* The number of the owner's origins in their table; a failure is the row's. */
static int64_t put_origins(struct ledger *l, const struct owner *o, struct binder *row)
{
	struct binder b = { .s = l->s[S_ORIGIN] };
	char text[ORIGINS_MAX];
	int64_t id = 0;

	row_origins(o, text, sizeof(text));
	if (l->origin && !strcmp(text, l->origin_text))
		return l->origin; /* calls of one owner come in rows */
	bind_text(&b, text);
	if (b.rc == SQLITE_OK)
		b.rc = sqlite3_step(b.s);
	if (b.rc == SQLITE_ROW)
		id = sqlite3_column_int64(b.s, 0);
	else
		binder__note(row, b.rc);
	sqlite3_reset(b.s);
	sqlite3_clear_bindings(b.s);
	l->origin = id;
	memcpy(l->origin_text, text, sizeof(text));
	return id;
}

int ledger__add(struct ledger *l, const struct entry *e)
{
	struct binder call = { .s = l->s[S_CALL] }, minute = { .s = l->s[S_MINUTE] };
	int rc = begin(l);

	if (rc != SQLITE_OK) {
		l->failed++;
		return to_errno(rc);
	}
	/* A number that is not used, since the call is there or can't be written, is none's. */
	row_bind_call(&call, e, put_origins(l, e->owner, &call), ++l->seq);
	rc = run_bound(&call);
	if (rc != SQLITE_OK) {
		l->failed++;
		if (sqlite3_get_autocommit(l->db))
			give_up(l);
		return to_errno(rc);
	}
	l->pending++;
	if (sqlite3_changes(l->db) && !entry__is_passed_through(e)) {
		row_bind_minute(&minute, e);
		rc = run_bound(&minute);
	}
	if (rc != SQLITE_OK) {
		/* Not half a call: the whole open second goes, and is counted. */
		give_up(l);
		return to_errno(rc);
	}
	return l->pending >= LEDGER_BATCH ? to_errno(commit(l)) : 0;
}

/* A row beside the calls; a failure is counted as theirs are. */
static int add_row(struct ledger *l, struct binder *b, int rc)
{
	if (rc == SQLITE_OK)
		rc = run_bound(b);
	if (rc != SQLITE_OK) {
		l->failed++;
		if (l->open && sqlite3_get_autocommit(l->db))
			give_up(l);
		return to_errno(rc);
	}
	l->pending++;
	return l->pending >= LEDGER_BATCH ? to_errno(commit(l)) : 0;
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

int ledger__serve(struct ledger *l, const struct outbox_plan *plan)
{
	return to_errno(spool__open(l->db, plan, &l->spool));
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
	return to_errno(rc);
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
	return to_errno(rc == SQLITE_OK ? commit(l) : rc);
}

int ledger__reserve(struct ledger *l, const char *budget, const char *value, int64_t n)
{
	struct binder b = { .s = l->s[S_RESERVED] };
	int rc = begin(l);

	if (rc == SQLITE_OK) {
		bind_text(&b, budget);
		bind_text(&b, value);
		bind_int(&b, n);
	}
	return add_row(l, &b, rc);
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
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(l->db, "DELETE FROM drops; DELETE FROM reserved", NULL, NULL,
				  NULL);
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

int ledger__tick(struct ledger *l, int64_t wall_ns, const struct drops *drops)
{
	int rc = begin(l);

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
	if (rc == SQLITE_OK)
		l->started = true;
	return to_errno(rc);
}

uint64_t ledger__failed(const struct ledger *l)
{
	return l->failed;
}
