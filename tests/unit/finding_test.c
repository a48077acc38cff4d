// SPDX-License-Identifier: BSD-2-Clause
/* A finding in the ledger and back, as JSON and as a line. */
#include <jansson.h>
#include <time.h>

#include "ledger_fixture.h"
#include "sink/sink.h"

static struct finding finding(void)
{
	struct finding f = { .id = "000102030405060708090a0b0c0d0e0f",
			     .key = "0001020304050607",
			     .kind = FINDING_RUNAWAY_DEPTH,
			     .severity = FINDING_WARNING,
			     .field = "service",
			     .value = "agent\x1b[31m.py",
			     .trust = TRUST_CLAIMED,
			     .service = "agent\x1b[31m.py",
			     .proc = { .tgid = 4711, .start_ns = 255 },
			     .run = "3125759c3da8482a",
			     .since_ns = 1764000000000000000,
			     .found_ns = 1764000010000000000,
			     .last_ns = 1764000070000000000,
			     .count = 12,
			     .calls = 38,
			     .nano_usd = 1234567890,
			     .hour_nano = 43000000001,
			     .projected_nano = 740000000000,
			     .until_ns = 1764547200000000000 };

	finding__figure(&f, "depth", 6, FIGURE_COUNT);
	finding__figure(&f, "usd_a_minute", 2500000, FIGURE_NANO_USD);
	return f;
}

struct back {
	struct finding f;
	int n;
	char line[2000];
};

static void on_back(void *ctx, const struct finding *f)
{
	struct back *b = ctx;
	FILE *out = fmemopen(b->line, sizeof(b->line), "w");

	b->f = *f;
	b->n++;
	sink_json__write_finding(out, f);
	fclose(out);
}

TEST(once_in_the_ledger_with_its_newest_count)
{
	struct finding f = finding();
	struct ledger_view *v;
	struct back b = { .n = 0 };
	struct ledger *l;
	char err[200], line[2000];
	FILE *out = fmemopen(line, sizeof(line), "w");

	setup();
	l = open_ledger();
	ASSERT(l);
	f.count = 1;
	ASSERT_EQ(ledger__add_finding(l, &f), 0);
	f.count = 12;
	ASSERT_EQ(ledger__add_finding(l, &f), 0);
	ledger__close(l);
	ASSERT_EQ(ledger_view__open(path, &v, err, sizeof(err)), 0);
	ASSERT_EQ(ledger_view__findings(v, f.last_ns, INT64_MAX, on_back, &b), 0);
	ASSERT_EQ(b.n, 1);
	ASSERT_EQ((long long)b.f.count, 12);
	ASSERT_STR(b.f.value, f.value);
	/* All of it: the same line of JSON. */
	sink_json__write_finding(out, &f);
	fclose(out);
	ASSERT_STR(b.line, line);
	ASSERT_EQ(ledger_view__findings(v, f.last_ns + 1, INT64_MAX, on_back, &b), 0);
	ASSERT_EQ(b.n, 1);
	ledger_view__close(v);
	teardown();
}

TEST(a_ledger_from_before_has_none)
{
	struct ledger_view *v;
	struct back b = { .n = 0 };
	struct ledger *l;
	char err[200];
	sqlite3 *db;

	setup();
	l = open_ledger();
	ledger__close(l);
	sqlite3_open(path, &db);
	ASSERT_EQ(sqlite3_exec(db, "DROP TABLE findings", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	ASSERT_EQ(ledger_view__open(path, &v, err, sizeof(err)), 0);
	ASSERT_EQ(ledger_view__findings(v, INT64_MIN, INT64_MAX, on_back, &b), 0);
	ASSERT_EQ(b.n, 0);
	ledger_view__close(v);
	teardown();
}

struct learnt_back {
	int rows;
	uint64_t owner;
	int64_t n[LEARNT_MAX];
	size_t count;
};

static void on_learnt(void *ctx, const struct learnt *l)
{
	struct learnt_back *b = ctx;

	b->rows++;
	b->owner = l->owner;
	b->count = l->count;
	memcpy(b->n, l->n, l->count * sizeof(b->n[0]));
}

TEST(what_was_learnt_of_an_owner_is_its_newest_numbers)
{
	static const int64_t before[] = { 1 }, now[] = { 1, INT64_MIN, INT64_MAX, 0, -7 };
	struct learnt l = {
		.detector = "anomaly", .owner = ~0ull, .at_ns = 1, .n = before, .count = 1
	};
	struct ledger *ledger;
	struct learnt_back b = { .rows = 0 };
	struct ledger_view *v;
	char err[200];
	sqlite3 *db;

	setup();
	ledger = open_ledger();
	ASSERT_EQ(ledger__learn(ledger, &l), 0);
	l.n = now;
	l.count = sizeof(now) / sizeof(now[0]);
	ASSERT_EQ(ledger__learn(ledger, &l), 0);
	ledger__close(ledger);
	/* What nobody wrote: words, and more numbers than there can be. */
	sqlite3_open(path, &db);
	ASSERT_EQ(sqlite3_exec(db,
			       "INSERT INTO learnt VALUES ('anomaly', 7, 7, 0, 'nothing'),"
			       " ('anomaly', 8, 8, 0, replace(hex(zeroblob(2000)), '0', '1 '))",
			       NULL, NULL, NULL),
		  SQLITE_OK);
	sqlite3_close(db);
	ASSERT_EQ(ledger_view__open(path, &v, err, sizeof(err)), 0);
	ASSERT_EQ(ledger_view__learnt(v, on_learnt, &b), 0);
	ASSERT_EQ(b.rows, 1);
	ASSERT(b.owner == ~0ull);
	ASSERT_EQ(b.count, l.count);
	ASSERT_EQ(memcmp(b.n, now, sizeof(now)), 0);
	ledger_view__close(v);
	teardown();
}

TEST(a_line_for_a_terminal)
{
	struct finding f = finding();
	char line[2000] = "";
	FILE *out = fmemopen(line, sizeof(line), "w");

	setenv("TZ", "UTC", 1);
	tzset();
	sink_line__write_finding(out, &f, false);
	fclose(out);
	ASSERT_STR(line,
		   "16:01:10 warning runaway.depth agent?[31m.py[4711] (claimed) run 3125759c: "
		   "sub-agents start sub-agents, ever deeper (depth 6, usd a minute $0.0025); "
		   "since 16:00:00, 38 calls, $1.23 so far, $43.0 an hour, $740.0 by 2025-12-01 "
		   "...\n");
}

TEST_MAIN()
