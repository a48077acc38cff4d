// SPDX-License-Identifier: BSD-2-Clause
/* Sums equal the calls they are of: after kills, floods, corrections, and when calls are gone. */
#include "ledger/keep.h"
#include "ledger/rerate.h"
#include "ledger/rollup.h"
#include "ledger/tally.h"
#include "rollup_fixture.h"

/* A report of the sums, and the same of the calls alone. */
static void same_without_sums(struct ledger_query q)
{
	struct lines *summed, *read;

	summed = ask(q);
	sql("ALTER TABLE rollups RENAME COLUMN upto TO hidden");
	read = ask(q);
	sql("ALTER TABLE rollups RENAME COLUMN hidden TO upto");
	ASSERT_STR(summed->text, read->text);
}

static const char *const services[] = { "shop", "desk", "", "it's \"x\"", "0" };

/* 400 calls of three days, some written late. */
static void fill(struct ledger *l)
{
	uint32_t r = 1;

	for (int i = 1; i <= 400; i++) {
		char user[32];

		r = r * 1103515245 + 12345;
		snprintf(user, sizeof(user), "u%d", r >> 8 & 31);
		put(l, i, services[r >> 16 & 3], user, r >> 20 & 1 ? "m-one" : "m-two",
		    BEGIN_NS + (int64_t)(r >> 4 & 0xffff) * 4 * 1000000000, r >> 24 & 7 ? i : -1);
	}
}

TEST(sums_say_what_the_calls_say)
{
	static const char *const by[][2] = { { "service", NULL },     { "user", NULL },
					     { "model", "service" },  { "hour", NULL },
					     { "day", "provider" },   { "process", NULL },
					     { "user", "hour" },      { "result", "container" },
					     { "service", "feature" } };
	static const int64_t times[][2] = {
		{ INT64_MIN, INT64_MAX },
		{ BEGIN_NS, INT64_MAX },
		{ BEGIN_NS + 17 * 60000000000ll + 5, BEGIN_NS + 50 * HOUR + 3 },
		{ BEGIN_NS + 24 * HOUR, BEGIN_NS + 48 * HOUR },
		{ BEGIN_NS + HOUR / 2, BEGIN_NS + HOUR / 2 + 1000000000 },
		{ BEGIN_NS + 5, BEGIN_NS + 5 },
	};
	struct drops drops = { { 0 } };
	struct ledger *l;

	setup();
	l = open_ledger();
	ASSERT(l);
	fill(l);
	ASSERT_EQ(ledger__tick(l, BEGIN_NS, &drops), 0);
	/* Some that are not summed yet. */
	for (int i = 401; i < 420; i++)
		put(l, i, "late", "u1", "m-one", BEGIN_NS + i * HOUR / 9, i);
	ASSERT_EQ(ledger__tick(l, BEGIN_NS + 1, &drops), 0);
	ASSERT_EQ(number("SELECT max(n) - min(upto) FROM rollups, entries"), 19);
	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++)
		for (size_t k = 0; k < sizeof(times) / sizeof(times[0]); k++) {
			struct ledger_query q = { .by = { by[i][0], by[i][1] },
						  .by_count = by[i][1] ? 2 : 1,
						  .since_ns = times[k][0],
						  .until_ns = times[k][1] };

			same_without_sums(q);
			q.where[0].dimension = "service";
			q.where[0].value = services[k % 5];
			q.where_count = 1;
			same_without_sums(q);
		}
	ledger__close(l);
	teardown();
}

TEST(a_flood_of_values_keeps_the_dear_ones_and_every_cent)
{
	struct ledger_query q = {
		.by = { "user" }, .by_count = 1, .since_ns = INT64_MIN, .until_ns = INT64_MAX
	};
	struct drops drops = { { 0 } };
	struct ledger *l;
	struct lines *t;
	int64_t nano = 0;

	setup();
	l = open_ledger();
	ASSERT(l);
	for (int i = 1; i <= 9000; i++) {
		char user[32];
		bool dear = i % 1000 == 7;

		snprintf(user, sizeof(user), dear ? "dear" : "user-%d", i);
		put(l, i, "shop", user, "m", BEGIN_NS + i, dear ? 1000000 : 10);
		nano += dear ? 1000000 : 10;
		if (i % 1000 == 0)
			ASSERT_EQ(ledger__tick(l, BEGIN_NS + (int64_t)i * 60000000000ll, &drops),
				  0);
	}
	ledger__close(l);
	ASSERT(number("SELECT max(c) FROM (SELECT count(*) AS c FROM hours GROUP BY set_id, at)") <=
	       TALLY_KEYS_MAX);
	ASSERT(number("SELECT count(*) FROM texts") < 100);
	ASSERT_EQ(number("SELECT nano_usd FROM hours WHERE k0 = 'dear'"), 9000000);
	/* Few enough calls are read one by one. */
	t = ask(q);
	ASSERT(!strstr(t->text, LEDGER_OTHER));
	ASSERT_EQ(t->total_nano, nano);
	/* When they are gone, the others are one line. */
	sql("DELETE FROM entries; INSERT INTO meta VALUES ('calls_from_ns', 1793494800000000000)");
	t = ask(q);
	ASSERT(strstr(t->text, "dear/ 9 0 "));
	ASSERT(strstr(t->text, LEDGER_OTHER "/ "));
	ASSERT_EQ(t->total_nano, nano);
	ASSERT_EQ(t->total_calls, 9000);
	q.where[0].dimension = "user";
	q.where[0].value = "dear";
	q.where_count = 1;
	t = ask(q);
	ASSERT_EQ(t->total_nano, 9000000);
	ASSERT(t->known.at_least);
	teardown();
}

static void configure(struct ledger *l, const char *keep, const char *rollups)
{
	struct ledger_opts o = { .rollups = rollups };
	char err[200] = "";

	ASSERT_EQ(keep_parse(keep, &o.keep), 0);
	ASSERT_EQ(ledger__configure(l, &o, err, sizeof(err)), 0);
	ASSERT_STR(err, "");
}

TEST(what_is_too_old_goes_and_its_sums_stay)
{
	struct ledger_query q = {
		.by = { "service" }, .by_count = 1, .since_ns = INT64_MIN, .until_ns = INT64_MAX
	};
	struct ledger_query two = q;
	struct drops drops = { { 0 } };
	struct lines *before, *after;
	struct ledger *l;
	int64_t calls;

	two.by[0] = "model";
	two.by[1] = "user"; /* no set has it */
	two.by_count = 2;
	setup();
	l = open_ledger();
	ASSERT(l);
	fill(l);
	ledger__close(l);
	before = ask(q);
	calls = before->total_calls;
	l = open_ledger();
	configure(l, "calls=1d,minutes=1d,hours=1d", NULL);
	for (int i = 0; i < 5; i++)
		ASSERT_EQ(ledger__tick(l, BEGIN_NS + 60 * HOUR + i, &drops), 0);
	ASSERT_EQ(number("SELECT count(*) FROM entries WHERE end_ns < 1793620800000000000"), 0);
	ASSERT(number("SELECT count(*) FROM entries") > 0);
	ASSERT_EQ(number("SELECT count(*) FROM hours WHERE at < 498216"), 0);
	after = ask(q);
	ASSERT_STR(before->text, after->text);
	ASSERT_EQ(after->known.calls_from_ns, BEGIN_NS + 36 * HOUR);
	/* A time that is known by hours or days alone is widened to them. */
	q.since_ns = BEGIN_NS + 25 * HOUR + 1;
	ASSERT_EQ(ask(q)->known.since_ns, BEGIN_NS + 25 * HOUR);
	q.since_ns = BEGIN_NS + 5 * HOUR;
	ASSERT_EQ(ask(q)->known.since_ns, BEGIN_NS);
	/* What the lines can't tell apart any more is in the total, and said. */
	after = ask(two);
	ASSERT(strstr(after->text, LEDGER_FORGOTTEN "/" LEDGER_FORGOTTEN));
	ASSERT_EQ(after->total_calls, calls);
	/* A call that is written late, too. */
	put(l, 900, "shop", "u1", "m-one", BEGIN_NS + HOUR, 5);
	ASSERT_EQ(ledger__tick(l, BEGIN_NS + 60 * HOUR + 6, &drops), 0);
	ASSERT_EQ(ask(two)->total_calls, calls + 1);
	ledger__close(l);
	ASSERT_EQ(ask(two)->total_calls, calls + 1);
	teardown();
}

/* A ledger that is younger than calls are kept has all of them. */
TEST(nothing_is_said_to_be_gone_that_never_was)
{
	struct ledger_query q = {
		.by = { "service" }, .by_count = 1, .since_ns = INT64_MIN, .until_ns = INT64_MAX
	};
	struct drops drops = { { 0 } };
	struct ledger *l;

	setup();
	l = open_ledger();
	ASSERT(l);
	fill(l);
	configure(l, "calls=9d", NULL);
	ASSERT_EQ(ledger__tick(l, BEGIN_NS + 60 * HOUR, &drops), 0);
	ASSERT(number("SELECT value FROM meta WHERE key = 'calls_from_ns'") > 0);
	ASSERT_EQ(ask(q)->known.calls_from_ns, 0);
	ledger__close(l);
	teardown();
}

/* Set ahead by years, and put right again. */
TEST(a_clock_that_leaps_deletes_nothing)
{
	struct drops drops = { { 0 } };
	int64_t now = BEGIN_NS + 60 * HOUR;
	struct ledger *l;

	setup();
	l = open_ledger();
	ASSERT(l);
	fill(l);
	configure(l, "calls=9d,minutes=9d,hours=9d,days=all", NULL);
	ASSERT_EQ(ledger__tick(l, now, &drops), 0);
	for (int i = 0; i < 50; i++)
		ASSERT_EQ(ledger__tick(l, now + 9999 * HOUR + i * 61000000000ll, &drops), 0);
	ASSERT_EQ(number("SELECT count(*) FROM calls"), 400);
	ASSERT_EQ(ledger__tick(l, now + HOUR, &drops), 0);
	ledger__close(l);
	/* The host was off for longer: an hour later its clock is believed. */
	l = open_ledger();
	configure(l, "calls=9d,minutes=9d,hours=9d,days=all", NULL);
	ASSERT_EQ(ledger__tick(l, now + 500 * HOUR, &drops), 0);
	ASSERT_EQ(number("SELECT count(*) FROM calls"), 400);
	for (int i = 1; i < 62; i++)
		ASSERT_EQ(ledger__tick(l, now + 500 * HOUR + i * 60000000000ll, &drops), 0);
	ASSERT_EQ(number("SELECT count(*) FROM calls"), 0);
	ASSERT_EQ(number("SELECT sum(calls) FROM days WHERE set_id = 1"), 400);
	ledger__close(l);
	teardown();
}

TEST(a_new_set_begins_with_the_calls_that_are_there)
{
	struct ledger_query q = { .by = { "user", "model" },
				  .by_count = 2,
				  .since_ns = BEGIN_NS + 61,
				  .until_ns = INT64_MAX };
	struct ledger *l;

	setup();
	l = open_ledger();
	ASSERT(l);
	fill(l);
	ledger__close(l);
	/* What is summed by nothing says so. */
	ASSERT(ask(q)->known.read > 100);
	l = open_ledger();
	configure(l, "calls=all,minutes=all,hours=all", "model,user");
	ledger__close(l);
	ASSERT_EQ(number("SELECT min(upto) = max(upto) AND min(upto) = 400 FROM rollups"), 1);
	ASSERT(number("SELECT count(*) FROM minutes JOIN rollups ON id = set_id WHERE dims ="
		      " 'model,user'") > 100);
	ASSERT_EQ(number("SELECT count(*) FROM rollups WHERE dims = 'service,model'"), 0);
	ASSERT_EQ(ask(q)->known.read, 0);
	same_without_sums(q);
	teardown();
}

static void price(void *ctx, const struct call *c, int64_t when_ns, struct charge *ret_charge)
{
	*ret_charge = (struct charge){ .basis = CHARGE_COMPUTED,
				       .total = 1000 + c->use.n[USAGE_INPUT],
				       .list_version = "new" };
}

TEST(a_price_that_is_found_later_is_in_all_sums)
{
	static const char *const by[] = { "service", "user", "model", "result", "hour", "day" };
	struct rerate_opts o = { .since_ns = INT64_MIN, .now_ns = 5, .charge = price };
	struct rerate_result r;
	struct ledger *l;
	char err[200] = "";

	setup();
	l = open_ledger();
	ASSERT(l);
	fill(l);
	ledger__close(l);
	ASSERT_EQ(ledger_rerate(path, &o, &r, err, sizeof(err)), 0);
	ASSERT(r.priced > 20);
	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++)
		same_without_sums((struct ledger_query){ .by = { by[i] },
							 .by_count = 1,
							 .since_ns = INT64_MIN,
							 .until_ns = INT64_MAX });
	ASSERT_EQ(number("SELECT sum(unpriced) FROM days"), 0);
	teardown();
}

/* Version 3: calls are a table of texts, corrections go by the call's id. */
static const char version_3[] =
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"INSERT INTO meta VALUES ('version', 3);"
	"CREATE TABLE calls (id TEXT PRIMARY KEY, end_ns INTEGER NOT NULL, served_model TEXT,"
	" result TEXT, complete INTEGER, usage_source TEXT, input INTEGER, output INTEGER,"
	" nano_usd INTEGER, basis TEXT, container_id TEXT, origin INTEGER, service TEXT, run TEXT,"
	" charge_role TEXT) WITHOUT ROWID;"
	"CREATE INDEX calls_by_end ON calls (end_ns);"
	"CREATE INDEX calls_by_run ON calls (run) WHERE run != '';"
	"CREATE TABLE minutes (minute INTEGER PRIMARY KEY, calls INTEGER);"
	"CREATE TABLE corrections (id TEXT PRIMARY KEY, at_ns INTEGER, nano_usd INTEGER,"
	" price_id TEXT, list_version TEXT) WITHOUT ROWID;"
	"CREATE TABLE origins (id INTEGER PRIMARY KEY, text TEXT UNIQUE);"
	"INSERT INTO origins VALUES (4, 'service=platform unit');"
	"INSERT INTO calls VALUES ('0123456789abcdef0123456789abcdef', 90, 'm', 'ok', 1, 'reported',"
	" 1, 2, NULL, 'unknown', 'c', 4, 'web', 'feed', 'charged');"
	"INSERT INTO calls VALUES ('1123456789abcdef0123456789abcdef', 80, 'm', 'ok', 1, 'reported',"
	" 1, 2, 7, 'computed', 'c', 4, 'web', 'feed', 'passed_through');"
	"INSERT INTO calls VALUES ('2123456789abcdef0123456789abcdef', 70, 'm', 'ok', 1, 'reported',"
	" 1, 2, 11, 'computed', 'c', 4, 'web', '', 'charged');"
	"INSERT INTO corrections VALUES ('0123456789abcdef0123456789abcdef', 9, 100, 'p', 'v');";

static void on_origin(void *ctx, const char *field, const char *text, const char *trust,
		      const char *origin)
{
	struct told *t = ctx;

	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%s=%s %s %s; ", field,
				 text, trust, origin);
}

static void explain(struct told *t)
{
	struct ledger_view *v;
	char err[200];

	*t = (struct told){ .n = 0 };
	ASSERT_EQ(ledger_view__open(path, &v, err, sizeof(err)), 0);
	ASSERT_EQ(ledger_view__explain(v, "012", on_origin, t), 0);
	ledger_view__close(v);
}

TEST(a_ledger_of_version_3_is_read_as_it_is_and_then_goes_on)
{
	struct ledger_query q = { .by = { "service", "container_id" },
				  .by_count = 2,
				  .since_ns = INT64_MIN,
				  .until_ns = INT64_MAX };
	struct told old, new;
	struct lines *read, *gone_on;
	struct ledger *l;

	setup();
	sql(version_3);
	read = ask(q);
	ASSERT_STR(read->text, "web/c 2 0 0 2 4 111 0\ntotal/ 2 0 0 2 4 111 0\n");
	explain(&old);
	ASSERT_STR(old.text, "id=0123456789abcdef0123456789abcdef  ; service=web platform unit;"
			     " run=feed  ; ");
	l = open_ledger();
	ASSERT(l);
	ledger__close(l);
	ASSERT_EQ(number("SELECT count(*) FROM entries WHERE typeof(id) = 'blob'"), 3);
	ASSERT_EQ(number("SELECT sum(nano_usd) FROM minutes"), 111);
	gone_on = ask(q);
	ASSERT_STR(gone_on->text, read->text);
	explain(&new);
	ASSERT_STR(new.text, old.text);
	teardown();
}

TEST(how_long_things_are_kept)
{
	static const char *const bad[] = {
		"calls",   "calls=",	"calls=1",	     "calls=d",
		"cals=1d", "calls=-1d", "calls=1d;hours=2d", "calls=99999y"
	};
	struct ledger_keep k;

	ASSERT_EQ(keep_parse("calls=2w,days=1y", &k), 0);
	ASSERT_EQ(k.ns[LEVEL_CALL], 14 * 24 * HOUR);
	ASSERT_EQ(k.ns[LEVEL_MINUTE], 90 * 24 * HOUR);
	ASSERT_EQ(k.ns[LEVEL_DAY], 365 * 24 * HOUR);
	ASSERT_EQ(keep_parse("calls=all", &k), 0);
	ASSERT_EQ(k.ns[LEVEL_CALL], 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ASSERT(keep_parse(bad[i], &k) < 0);
	ASSERT(!rollup_check("service,model team"));
	ASSERT(rollup_check("service,colour"));
	ASSERT(rollup_check("service,service"));
	ASSERT(rollup_check("hour"));
}

TEST_MAIN()
