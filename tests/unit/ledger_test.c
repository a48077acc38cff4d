// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "ledger/schema.h"
#include "ledger_fixture.h"

/* As version 1 made it, with one call. */
static const char version_1[] =
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"INSERT INTO meta VALUES ('version', 1);"
	"CREATE TABLE calls (id TEXT PRIMARY KEY, end_ns INTEGER NOT NULL, duration_ns INTEGER,"
	" ttft_ns INTEGER, provider TEXT, api TEXT, operation TEXT, requested_model TEXT,"
	" served_model TEXT, response_id TEXT, result TEXT, complete INTEGER, usage_source TEXT,"
	" stream INTEGER, tier TEXT, input INTEGER, cache_read INTEGER, cache_write_5m INTEGER,"
	" cache_write_1h INTEGER, audio_in INTEGER, image_in INTEGER, output INTEGER,"
	" audio_out INTEGER, image_out INTEGER, reasoning INTEGER, nano_usd INTEGER, basis TEXT,"
	" price_id TEXT, list_version TEXT, lost_bytes INTEGER, pid INTEGER, start_ns INTEGER,"
	" uid INTEGER, comm TEXT, exe TEXT, cgroup TEXT, container TEXT, runtime TEXT, unit TEXT,"
	" service TEXT, service_trust TEXT, domain TEXT, path TEXT, status INTEGER) WITHOUT ROWID;"
	"INSERT INTO calls (id, end_ns, nano_usd, input, output, basis, result, complete, container,"
	" service, served_model) VALUES ('old', 1, 8, 10, 3, 'computed', 'ok', 1, 'c0ffee', 'web',"
	" 'm');";

TEST(a_ledger_of_version_1_goes_on)
{
	struct ledger *l;
	struct told t;
	sqlite3 *db;

	setup();
	ASSERT_EQ(sqlite3_open(path, &db), SQLITE_OK);
	ASSERT_EQ(sqlite3_exec(db, version_1, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	l = open_ledger();
	ASSERT(l);
	add(l, 1, "web", 5);
	ledger__close(l);
	report(&t, "service");
	ASSERT_STR(t.text, "web: 2 calls 20 in 6 out $13 0 unpriced\n"
			   "total: 2 calls 20 in 6 out $13 0 unpriced\n");
	report(&t, "container_id");
	ASSERT(strstr(t.text, "c0ffee: 1 calls"));
	report(&t, "feature");
	ASSERT(strstr(t.text, ": 2 calls") == t.text);
	teardown();
}

static int64_t query(const char *sql)
{
	sqlite3_stmt *s;
	sqlite3 *db;
	int64_t n = -1;

	sqlite3_open(path, &db);
	sqlite3_prepare_v2(db, sql, -1, &s, NULL);
	if (sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

TEST(a_call_counts_once_also_in_the_rollup)
{
	struct ledger *l;

	setup();
	l = open_ledger();
	add(l, 1, "s", 5);
	add(l, 1, "s", 5);
	ledger__close(l);
	l = open_ledger();
	add(l, 1, "s", 5);
	add(l, 2, "s", 5);
	ledger__close(l);
	ASSERT_EQ(query("SELECT count(*) FROM calls"), 2);
	ASSERT_EQ(query("SELECT sum(calls) FROM minutes"), 2);
	ASSERT_EQ(query("SELECT sum(nano_usd) FROM minutes"), 10);
	ASSERT_EQ(query("SELECT count(*) FROM calls WHERE cache_read IS NULL"), 2);
	teardown();
}

TEST(one_writer_at_a_time)
{
	struct ledger *l, *second = NULL;
	char err[200] = "";

	setup();
	l = open_ledger();
	ASSERT_EQ(ledger__open(path, &second, err, sizeof(err)), -EBUSY);
	ASSERT(strstr(err, "another wiretally writes to"));
	ledger__close(l);
	l = open_ledger();
	ASSERT(l);
	ledger__close(l);
	teardown();
}

TEST(what_is_no_ledger_is_told)
{
	struct ledger *l;
	char err[200] = "";
	FILE *f;

	setup();
	f = fopen(path, "w");
	for (int i = 0; i < 2000; i++)
		fputs("this is no database ", f);
	fclose(f);
	ASSERT_EQ(ledger__open(path, &l, err, sizeof(err)), -EBADMSG);
	ASSERT(strstr(err, "not a database"));
	teardown();
	setup();
	rmdir(dir);
	ASSERT_EQ(ledger__open(path, &l, err, sizeof(err)), -ENOENT);
	ASSERT(strstr(err, "give another with --ledger"));
}

TEST(a_newer_ledger_is_refused)
{
	struct drops drops = { { 0 } };
	struct ledger *l;
	char err[200] = "";

	setup();
	l = open_ledger();
	ledger__tick(l, 1, &drops);
	ledger__close(l);
	query("UPDATE meta SET value = 99 WHERE key = 'version'");
	ASSERT_EQ(ledger__open(path, &l, err, sizeof(err)), -EPROTO);
	ASSERT(strstr(err, "newer wiretally"));
	teardown();
}

/* A ledger of an older version gets the columns that came since, and keeps its rows. */
TEST(an_older_ledger_grows)
{
	struct ledger *l;
	struct told t;
	sqlite3 *db;

	setup();
	ASSERT_EQ(sqlite3_open(path, &db), SQLITE_OK);
	ASSERT_EQ(sqlite3_exec(
			  db,
			  "CREATE TABLE entries (n INTEGER PRIMARY KEY, id, end_ns INTEGER,"
			  " served_model, input INTEGER, nano_usd INTEGER, basis, run);"
			  "INSERT INTO entries VALUES (1, 'old', 1, 'gpt-x', 5, 7, 'computed', '')",
			  NULL, NULL, NULL),
		  SQLITE_OK);
	sqlite3_close(db);
	l = open_ledger();
	ASSERT(l);
	ASSERT_EQ(add(l, 1, "a", 100), 0);
	ledger__close(l);
	report(&t, "model");
	ASSERT_STR(t.text, "gpt-x: 2 calls 15 in 3 out $107 0 unpriced\n"
			   "total: 2 calls 15 in 3 out $107 0 unpriced\n");
	ASSERT_EQ(sqlite3_open(path, &db), SQLITE_OK);
	ASSERT_EQ(sqlite3_exec(db, "SELECT searches, region FROM calls", NULL, NULL, NULL),
		  SQLITE_OK);
	sqlite3_close(db);
	teardown();
}

/* The sums have each call once: up to the one that they go to. */
static const char summed_sql[] =
	"SELECT (SELECT count(*) FROM calls) = (SELECT coalesce(sum(calls), 0) FROM minutes) +"
	" (SELECT count(*) FROM entries WHERE n > (SELECT min(upto) FROM rollups))";

/* Killed at any moment: it opens clean, what was committed is there, and sums equal the calls. */
TEST(a_kill_at_any_moment)
{
	setup();
	for (int round = 0; round < 20; round++) {
		int fds[2], status, committed = 0, n;
		pid_t pid;

		if (pipe(fds))
			exit(2);
		pid = fork();
		if (pid == 0) {
			struct drops drops = { { 0 } };
			struct ledger *l = open_ledger();

			for (int i = 0;; i++) {
				/* every second id comes twice, also over the rounds */
				add(l, round * 100000 + i / 2, "s", 1);
				if (i % 7 == 6 && !ledger__tick(l, i, &drops)) {
					n = i / 2;
					if (write(fds[1], &n, sizeof(n)) != sizeof(n))
						_exit(1);
				}
			}
		}
		close(fds[1]);
		usleep(2000 + round * 1500);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		while (read(fds[0], &n, sizeof(n)) == sizeof(n))
			committed = n;
		close(fds[0]);
		if (access(path, F_OK))
			continue; /* killed before it was made */
		{
			struct ledger *l = open_ledger();

			ASSERT(l);
			ledger__close(l);
		}
		if (committed) {
			char sql[200];

			snprintf(sql, sizeof(sql),
				 "SELECT count(*) FROM calls WHERE id >= '%032d' AND id <= '%032d'",
				 round * 100000, round * 100000 + committed);
			ASSERT_EQ(query(sql), committed + 1);
		}
		ASSERT_EQ(query(summed_sql), 1);
	}
	teardown();
}

static void on_drop(void *ctx, const char *name, const char *help, int64_t n)
{
	struct told *t = ctx;

	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%s=%lld%s", name,
				 (long long)n, *help ? "" : " without a word on it");
}

TEST(status_is_what_the_last_tick_said)
{
	struct drops drops = { { 0 } };
	struct ledger_status st;
	struct ledger_view *v;
	struct told t = { .n = 0 };
	struct ledger *l;
	char err[200];

	setup();
	drops.n[DROP_BAD_HTTP2] = 3;
	l = open_ledger();
	ledger__tick(l, 5000, &drops);
	add(l, 1, "s", 1);
	ledger__tick(l, 6000, &drops);
	ledger__close(l);
	ASSERT_EQ(ledger_view__open(path, &v, err, sizeof(err)), 0);
	ASSERT_EQ(ledger_view__status(v, &st, on_drop, &t), 0);
	ledger_view__close(v);
	ASSERT(st.known);
	ASSERT_EQ(st.started_ns, 5000);
	ASSERT_EQ(st.last_ns, 6000);
	ASSERT_EQ(st.pid, getpid());
	ASSERT_EQ(st.calls, 1);
	ASSERT_STR(t.text, "bad_http2=3");
	teardown();
}

/* A full disk, played by a database that may not grow. */
/* What is under way before the first tick is held; what the meter before left is not. */
TEST(what_is_under_way_is_this_meters)
{
	struct drops none = { .n = { 0 } };
	struct ledger *l;

	setup();
	l = open_ledger();
	ASSERT_EQ(ledger__reserve(l, "budget", "left behind", 1), 0);
	ASSERT_EQ(ledger__tick(l, 1000000000ll, &none), 0);
	ASSERT_EQ(query("SELECT count(*) FROM reserved"), 1);
	ledger__close(l);
	l = open_ledger();
	ASSERT_EQ(query("SELECT count(*) FROM reserved"), 1);
	ASSERT_EQ(ledger__reserve(l, "budget", "", 4711), 0);
	ASSERT_EQ(ledger__tick(l, 2000000000ll, &none), 0);
	ASSERT_EQ(query("SELECT sum(n) FROM reserved"), 4711);
	ASSERT_EQ(ledger__reserve(l, "budget", "b", 1), 0);
	ASSERT_EQ(ledger__tick(l, 3000000000ll, &none), 0);
	ASSERT_EQ(query("SELECT sum(n) FROM reserved"), 4712);
	ledger__close(l);
	teardown();
}

TEST(a_full_disk_is_survived_and_counted)
{
	struct drops drops = { { 0 } };
	struct ledger *l;
	struct rlimit limit = { 0, 0 }, before;

	setup();
	l = open_ledger();
	add(l, 1, "s", 1);
	ASSERT_EQ(ledger__tick(l, 1, &drops), 0);
	getrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_IGN);
	limit = (struct rlimit){ 4096, before.rlim_max };
	setrlimit(RLIMIT_FSIZE, &limit);
	for (int i = 2; i < 10; i++) {
		add(l, i, "s", 1);
		ledger__tick(l, i, &drops);
	}
	setrlimit(RLIMIT_FSIZE, &before);
	ASSERT(ledger__failed(l) > 0);
	ASSERT_EQ(add(l, 100, "s", 1), 0);
	ASSERT_EQ(ledger__tick(l, 100, &drops), 0);
	ledger__close(l);
	ASSERT_EQ(query("SELECT count(*) FROM calls WHERE id = '00000000000000000000000000000100'"),
		  1);
	ASSERT_EQ(query(summed_sql), 1);
	teardown();
}

TEST(what_applications_upload_is_held_once_and_is_no_call)
{
	struct exchange x = { .proc = { .tgid = 7, .start_ns = 9 } };
	struct upload u = { .x = &x,
			    .service = "langsmith",
			    .id = "run-1",
			    .tags = "a,b",
			    .input = 11,
			    .output = -1,
			    .cost_told = true,
			    .cost_nano = 77500 };
	struct upload_entry e = { .id = "1", .call_id = "2", .wall_end_ns = 5, .upload = &u };
	struct told t;
	struct ledger *l;

	setup();
	l = open_ledger();
	ASSERT(l);
	add(l, 1, "agent", 5);
	ASSERT_EQ(ledger__add_upload(l, &e), 0);
	ASSERT_EQ(ledger__add_upload(l, &e), 0);
	ledger__close(l);
	ASSERT_EQ(query("SELECT count(*) FROM uploads WHERE call = '2' AND run = 'run-1' AND "
			"input = 11 AND output IS NULL AND nano_usd = 77500 AND pid = 7"),
		  1);
	report(&t, "service");
	ASSERT_STR(t.text, "agent: 1 calls 10 in 3 out $5 0 unpriced\n"
			   "total: 1 calls 10 in 3 out $5 0 unpriced\n");
	teardown();
}

TEST_MAIN()
