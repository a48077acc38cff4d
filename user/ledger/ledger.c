// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "ledger/ledger.h"
#include "ledger/schema.h"

enum statement {
	S_BEGIN,
	S_COMMIT,
	S_CALL,
	S_MINUTE,
	S_META,
	S_DROP,
	STATEMENTS,
};

static const char *const statement_text[STATEMENTS] = {
	[S_BEGIN] = "BEGIN IMMEDIATE",
	[S_COMMIT] = "COMMIT",
	[S_CALL] = "INSERT OR IGNORE INTO calls (" LEDGER_CALL_COLUMNS ") VALUES ("
		   "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
		   "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
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
	uint64_t failed;
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
	for (int i = 0; rc == SQLITE_OK && i < STATEMENTS; i++)
		rc = sqlite3_prepare_v3(l->db, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT,
					&l->s[i], NULL);
	return rc;
}

static int check_version(struct ledger *l, const char *path, char *err, size_t err_cap)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(l->db, "SELECT value FROM meta WHERE key='version'", -1, &s,
				    NULL);
	int64_t version = 0;

	if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		version = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	if (version > LEDGER_VERSION) {
		snprintf(err, err_cap,
			 "%s was written by a newer wiretally (version %lld, this one knows %d)",
			 path, (long long)version, LEDGER_VERSION);
		return -EPROTO;
	}
	return to_errno(rc);
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
	ret = check_version(l, path, err, err_cap);
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
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(l->s[i]);
	sqlite3_close(l->db);
	if (l->lock >= 0)
		close(l->lock);
	free(l);
}

/* Binds values one after the other. */
struct binder {
	sqlite3_stmt *s;
	int at;
	int rc; /* the first failure: a value that is not there would be NULL, which says unknown */
};

static void bound(struct binder *b, int rc)
{
	if (b->rc == SQLITE_OK)
		b->rc = rc;
}

static void bind_int(struct binder *b, int64_t n)
{
	bound(b, sqlite3_bind_int64(b->s, ++b->at, n));
}

/* NULL where it is not known: unknown is not zero. */
static void bind_known(struct binder *b, bool known, int64_t n)
{
	if (known)
		bound(b, sqlite3_bind_int64(b->s, ++b->at, n));
	else
		bound(b, sqlite3_bind_null(b->s, ++b->at));
}

static void bind_span(struct binder *b, struct span s)
{
	/* SQLITE_TRANSIENT: the bytes are borrowed */
	bound(b, sqlite3_bind_text(b->s, ++b->at, s.n ? (const char *)s.p : "", (int)s.n,
				   SQLITE_TRANSIENT));
}

static void bind_text(struct binder *b, const char *s)
{
	bind_span(b, span_str(s));
}

static const char *const results[] = { [CALL_OK] = "ok",
				       [CALL_REFUSED] = "refused",
				       [CALL_ERROR] = "error",
				       [CALL_ABORTED] = "aborted",
				       [CALL_UNKNOWN] = "unknown" };

static void bind_call(struct binder *b, const struct entry *e)
{
	static const char *const sources[] = { [USAGE_NONE] = "none",
					       [USAGE_REPORTED] = "reported",
					       [USAGE_ESTIMATED] = "estimated",
					       [USAGE_IMPLAUSIBLE] = "implausible" };
	static const char *const basis[] = { [CHARGE_UNKNOWN] = "unknown",
					     [CHARGE_COMPUTED] = "computed",
					     [CHARGE_ESTIMATED] = "estimated",
					     [CHARGE_REPORTED] = "reported",
					     [CHARGE_NOT_BILLED] = "not_billed" };
	const struct call *c = e->call;
	const struct exchange *x = c->x;
	const struct charge *ch = e->charge;
	uint64_t end = x->t_last_byte > x->t_request ? x->t_last_byte : x->t_request;

	bind_text(b, e->id);
	bind_int(b, e->wall_end_ns);
	bind_int(b, (int64_t)(end - x->t_request));
	bind_known(b, x->t_first_byte > x->t_request, (int64_t)(x->t_first_byte - x->t_request));
	bind_text(b, c->provider);
	bind_text(b, c->api);
	bind_text(b, c->operation);
	bind_text(b, c->requested_model);
	bind_text(b, c->served_model);
	bind_text(b, c->response_id);
	bind_text(b, results[c->result]);
	bind_int(b, c->complete);
	bind_text(b, sources[c->usage_source]);
	bind_int(b, c->stream);
	bind_text(b, c->tier);
	for (int i = 0; i < USAGE_CLASSES; i++)
		bind_known(b, usage__knows(&c->use, i), c->use.n[i]);
	bind_known(b, c->use.reasoning >= 0, c->use.reasoning);
	bind_known(b, ch->basis != CHARGE_UNKNOWN, ch->total);
	bind_text(b, basis[ch->basis]);
	bind_text(b, ch->price_id);
	bind_text(b, ch->price_id[0] ? ch->list_version : "");
	bind_int(b, (int64_t)x->lost);
}

static void bind_owner(struct binder *b, const struct entry *e)
{
	static const char *const trust[] = { [TRUST_NONE] = "",
					     [TRUST_CLAIMED] = "claimed",
					     [TRUST_PLATFORM] = "platform",
					     [TRUST_KERNEL] = "kernel" };
	const struct owner *o = e->owner;
	const struct exchange *x = e->call->x;

	bind_int(b, o->proc.tgid);
	bind_int(b, (int64_t)o->proc.start_ns);
	bind_known(b, o->known, o->uid);
	bind_text(b, o->comm);
	bind_text(b, o->exe);
	bind_text(b, o->cgroup_path);
	bind_text(b, o->container_id);
	bind_text(b, o->container_runtime);
	bind_text(b, o->unit);
	bind_text(b, o->service);
	bind_text(b, trust[o->service_trust]);
	bind_span(b, x->request.host);
	bind_text(b, e->call->path);
	bind_known(b, x->response.status != 0, x->response.status);
}

static void bind_minute(struct binder *b, const struct entry *e)
{
	const struct call *c = e->call;
	int64_t sum[4] = { 0 }; /* input, cache_read, cache_write, output */
	static const uint8_t part[USAGE_CLASSES] = {
		[USAGE_INPUT] = 0,	    [USAGE_CACHE_READ] = 1, [USAGE_CACHE_WRITE_5M] = 2,
		[USAGE_CACHE_WRITE_1H] = 2, [USAGE_AUDIO_IN] = 0,   [USAGE_IMAGE_IN] = 0,
		[USAGE_OUTPUT] = 3,	    [USAGE_AUDIO_OUT] = 3,  [USAGE_IMAGE_OUT] = 3,
	};

	for (int i = 0; i < USAGE_CLASSES; i++)
		if (usage__knows(&c->use, i))
			sum[part[i]] += c->use.n[i];
	bind_int(b, e->wall_end_ns / 60000000000);
	bind_text(b, e->owner->service);
	bind_text(b, c->provider);
	bind_text(b, c->served_model[0] ? c->served_model : c->requested_model);
	bind_text(b, results[c->result]);
	bind_int(b, e->charge->basis == CHARGE_UNKNOWN);
	for (int i = 0; i < 4; i++)
		bind_int(b, sum[i]);
	bind_int(b, e->charge->total);
}

_Static_assert(USAGE_CLASSES == 9, "a new token class is a new column: LEDGER_CALL_COLUMNS");

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
	struct binder call = { .s = l->s[S_CALL] }, minute = { .s = l->s[S_MINUTE] };
	int rc = begin(l);

	if (rc != SQLITE_OK) {
		l->failed++;
		return to_errno(rc);
	}
	bind_call(&call, e);
	bind_owner(&call, e);
	rc = run_bound(&call);
	if (rc != SQLITE_OK) {
		l->failed++;
		if (sqlite3_get_autocommit(l->db))
			give_up(l);
		return to_errno(rc);
	}
	l->pending++;
	if (sqlite3_changes(l->db)) {
		bind_minute(&minute, e);
		rc = run_bound(&minute);
	}
	if (rc != SQLITE_OK) {
		/* Not half a call: the whole open second goes, and is counted. */
		give_up(l);
		return to_errno(rc);
	}
	return l->pending >= LEDGER_BATCH ? to_errno(commit(l)) : 0;
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
		rc = sqlite3_exec(l->db, "DELETE FROM drops", NULL, NULL, NULL);
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
