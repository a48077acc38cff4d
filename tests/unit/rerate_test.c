// SPDX-License-Identifier: BSD-2-Clause
/* Prices that are found later: a row of their own, once, for calls that had none. */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledger/ledger.h"
#include "ledger/rerate.h"
#include "ledger_view.h"
#include "test.h"

static char dir[64], path[96];

static void setup(void)
{
	strcpy(dir, "/tmp/wt-rerate-XXXXXX");
	if (!mkdtemp(dir))
		exit(2);
	snprintf(path, sizeof(path), "%s/ledger.db", dir);
}

static void teardown(void)
{
	static const char *const suffix[] = { "", "-wal", "-shm", ".lock" };
	char name[128];

	for (size_t i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffix[i]);
		unlink(name);
	}
	rmdir(dir);
}

/* nano < 0: without a price. */
static void add(struct ledger *l, int number, const char *model, int64_t nano)
{
	struct exchange x = { .t_request = 1, .t_last_byte = 3 };
	struct call c = { .x = &x,
			  .provider = "openai",
			  .operation = "chat",
			  .api = "chat",
			  .region = "eu",
			  .result = CALL_OK,
			  .complete = true,
			  .usage_source = USAGE_REPORTED,
			  .use.reasoning = -1 };
	struct charge ch = { .basis = nano < 0 ? CHARGE_UNKNOWN : CHARGE_COMPUTED,
			     .total = nano < 0 ? 0 : nano,
			     .list_version = "test" };
	struct owner o = { .known = true };
	struct entry e = {
		.call = &c, .charge = &ch, .owner = &o, .wall_end_ns = number * 60000000000ll
	};

	usage__set(&c.use, USAGE_INPUT, 10);
	usage__set(&c.use, USAGE_OUTPUT, 3);
	usage__set(&c.use, USAGE_SEARCHES, 2);
	span__copy(span_str(model), c.served_model, sizeof(c.served_model));
	snprintf(e.id, sizeof(e.id), "%032d", number);
	ASSERT_EQ(ledger__add(l, &e), 0);
}

/* A nano-dollar for each token and search; nobody's model has no price. */
static void charge(void *ctx, const struct call *c, int64_t when_ns, struct charge *ret_charge)
{
	int *wrong = ctx;

	*wrong += strcmp(c->region, "eu") || strcmp(c->provider, "openai") || when_ns <= 0 ||
		  strcmp(c->operation, "chat") || usage__knows(&c->use, USAGE_CACHE_READ);
	*ret_charge = (struct charge){ .basis = CHARGE_COMPUTED, .list_version = "new" };
	if (!strcmp(c->served_model, "nobody's"))
		ret_charge->basis = CHARGE_UNKNOWN;
	ret_charge->total =
		c->use.n[USAGE_INPUT] + c->use.n[USAGE_OUTPUT] + c->use.n[USAGE_SEARCHES];
}

static void on_sum(void *ctx, const struct ledger_sum *s)
{
	char *told = ctx;
	size_t n = strlen(told);

	snprintf(told + n, 512 - n, "%s %lld %lld; ", s->total ? "total" : s->key[0],
		 (long long)s->nano_usd, (long long)s->unpriced);
}

static void on_unpriced(void *ctx, const struct ledger_unpriced *u)
{
	char *told = ctx;
	size_t n = strlen(told);

	snprintf(told + n, 512 - n, "%s/%s %lld %lld %lld; ", u->provider, u->model,
		 (long long)u->calls, (long long)u->input, (long long)u->output);
}

static void report(char *told)
{
	struct ledger_query q = {
		.by = { "model" }, .by_count = 1, .since_ns = INT64_MIN, .until_ns = INT64_MAX
	};
	struct ledger_view *v;
	char err[200];

	told[0] = '\0';
	ASSERT_EQ(ledger_view__open(path, &v, err, sizeof(err)), 0);
	ASSERT_EQ(ledger_view__report(v, &q, on_sum, told), 0);
	ASSERT_EQ(ledger_view__unpriced(v, INT64_MIN, on_unpriced, told), 0);
	ledger_view__close(v);
}

static int64_t number(const char *sql)
{
	sqlite3_stmt *s;
	sqlite3 *db;
	int64_t n = -1;

	if (sqlite3_open(path, &db) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

/* A ledger that was written before there were corrections is read as it is. */
TEST(an_older_ledger_has_none)
{
	struct ledger *l;
	char err[200] = "", told[512];

	setup();
	ASSERT_EQ(ledger__open(path, &l, err, sizeof(err)), 0);
	add(l, 3, "late", 100);
	ledger__close(l);
	number("DROP TABLE corrections");
	report(told);
	ASSERT_STR(told, "late 100 0; total 100 0; ");
	teardown();
}

TEST(a_late_price_is_a_correction)
{
	int wrong = 0;
	struct rerate_opts o = { .since_ns = 2 * 60000000000ll,
				 .now_ns = 5,
				 .dry = true,
				 .charge = charge,
				 .ctx = &wrong };
	struct rerate_result r;
	struct ledger *l;
	char err[200] = "", told[512];

	setup();
	ASSERT_EQ(ledger__open(path, &l, err, sizeof(err)), 0);
	add(l, 1, "old", -1); /* before --since */
	add(l, 2, "late", -1);
	add(l, 3, "late", 100); /* it had a price: that stays */
	add(l, 4, "nobody's", -1);
	ledger__tick(l, 1, &(struct drops){ { 0 } });
	ASSERT_EQ(ledger_rerate(path, &o, &r, err, sizeof(err)), 0);
	ASSERT_EQ(r.looked_at, 2);
	ASSERT_EQ(r.priced, 1);
	ASSERT_EQ(number("SELECT count(*) FROM corrections"), 0);
	o.dry = false;
	/* Beside the meter, which has the ledger open. */
	ASSERT_EQ(ledger_rerate(path, &o, &r, err, sizeof(err)), 0);
	ASSERT_EQ(r.nano_usd, 15);
	report(told);
	ASSERT_STR(told, "late 115 0; nobody's 0 1; old 0 1; total 115 2; "
			 "openai/nobody's 1 10 3; openai/old 1 10 3; ");
	ASSERT_EQ(number("SELECT sum(nano_usd) FROM calls"), 100);
	ASSERT_EQ(number("SELECT sum(nano_usd) FROM minutes"), 115);
	ASSERT_EQ(number("SELECT sum(unpriced) FROM minutes"), 2);
	/* Again: nothing that has a price gets another. */
	ASSERT_EQ(ledger_rerate(path, &o, &r, err, sizeof(err)), 0);
	ASSERT_EQ(r.priced, 0);
	report(told);
	ASSERT(strstr(told, "total 115 2;"));
	ASSERT_EQ(wrong, 0);
	ledger__close(l);
	ASSERT(ledger_rerate("/nonexistent/l.db", &o, &r, err, sizeof(err)) < 0);
	teardown();
}

/* A nano-dollar for each token, ten for each beside. */
static void charge_beside(void *ctx, const struct call *c, int64_t when_ns,
			  struct charge *ret_charge)
{
	char *told = ctx;

	(void)when_ns;
	*ret_charge = (struct charge){ .basis = CHARGE_COMPUTED,
				       .list_version = "new",
				       .total = usage__input(&c->use) };
	for (size_t i = 0; i < c->beside_count; i++) {
		const struct call_beside *b = &c->beside[i];

		told += sprintf(told, "%s/%s %lld+%lld %s; ", b->type, b->model,
				(long long)b->use.n[USAGE_INPUT], (long long)b->use.n[USAGE_OUTPUT],
				c->fallback_model);
		ret_charge->total += 10 * usage__input(&b->use);
	}
}

TEST(what_is_billed_beside_a_call_gets_its_price_too)
{
	char err[200] = "", told[256] = "";
	struct rerate_opts o = { .charge = charge_beside, .ctx = told };
	struct exchange x = { .t_request = 1, .t_last_byte = 3 };
	struct call c = { .x = &x,
			  .provider = "anthropic",
			  .operation = "chat",
			  .api = "messages",
			  .result = CALL_OK,
			  .usage_source = USAGE_REPORTED,
			  .fallback_model = "c",
			  .beside = { { .type = "compaction", .use.reasoning = -1 },
				      { .type = "advisor_message",
					.model = "o\"\xff",
					.use.reasoning = -1 } },
			  .beside_count = 2 };
	struct charge ch = { .basis = CHARGE_UNKNOWN, .list_version = "test" };
	struct owner owner = { .known = true };
	struct entry e = { .id = "1", .call = &c, .charge = &ch, .owner = &owner };
	struct rerate_result r;
	struct ledger *l;

	usage__set(&c.use, USAGE_INPUT, 5);
	usage__set(&c.beside[0].use, USAGE_INPUT, 7);
	usage__set(&c.beside[1].use, USAGE_INPUT, 8);
	usage__set(&c.beside[1].use, USAGE_OUTPUT, 2);
	setup();
	ASSERT_EQ(ledger__open(path, &l, err, sizeof(err)), 0);
	ASSERT_EQ(ledger__add(l, &e), 0);
	ledger__close(l);
	ASSERT_EQ(number("SELECT json_extract(beside, '$[1].output') FROM calls"), 2);
	ASSERT_EQ(ledger_rerate(path, &o, &r, err, sizeof(err)), 0);
	ASSERT_STR(told, "compaction/ 7+0 c; advisor_message/o\"\xef\xbf\xbd 8+2 c; ");
	ASSERT_EQ(number("SELECT nano_usd FROM corrections"), 5 + 10 * 15);
	/* What is no such text gets no price. */
	number("DELETE FROM corrections");
	number("UPDATE entries SET beside = '[{\"type\":1}]'");
	ASSERT_EQ(ledger_rerate(path, &o, &r, err, sizeof(err)), 0);
	ASSERT_EQ(r.priced, 0);
	teardown();
}

static void change(const char *sql)
{
	sqlite3 *db;

	ASSERT_EQ(sqlite3_open(path, &db), SQLITE_OK);
	ASSERT_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static struct ledger *open_ledger(void)
{
	struct ledger *l = NULL;
	char err[200] = "";

	if (ledger__open(path, &l, err, sizeof(err)))
		fprintf(stderr, "%s\n", err);
	return l;
}

/* Who pays for it, or whether it is true, no list can tell. */
TEST(what_has_no_price_on_purpose_gets_none)
{
	static const char *const whys[] = {
		"charge_role = 'unknown'",
		"charge_role = 'passed_through'",
		"subscription = 1",
		"usage_source = 'implausible'",
		"usage_source = 'estimated from sizes'",
	};
	int wrong = 0;
	struct rerate_opts o = {
		.since_ns = INT64_MIN, .now_ns = 5, .charge = charge, .ctx = &wrong
	};
	struct rerate_result r;
	struct ledger *l;
	char err[200] = "", sql[200];

	setup();
	l = open_ledger();
	ASSERT(l);
	for (int i = 0; i < 6; i++)
		add(l, 1 + i, "late", -1);
	ledger__close(l);
	for (int i = 0; i < 5; i++) {
		snprintf(sql, sizeof(sql), "UPDATE entries SET %s WHERE n = %d", whys[i], 1 + i);
		change(sql);
	}
	for (int dry = 1; dry >= 0; dry--) {
		o.dry = dry;
		ASSERT_EQ(ledger_rerate(path, &o, &r, err, sizeof(err)), 0);
		ASSERT_EQ(r.looked_at, 1);
		ASSERT_EQ(r.priced, 1);
	}
	ASSERT_EQ(number("SELECT sum(n) FROM corrections"), 6);
	teardown();
}

/* More than one transaction's. */
TEST(many_are_corrected_each_once)
{
	int wrong = 0;
	struct rerate_opts o = {
		.since_ns = INT64_MIN, .now_ns = 5, .charge = charge, .ctx = &wrong
	};
	struct rerate_result r;
	struct ledger *l;
	char err[200] = "";

	setup();
	l = open_ledger();
	ASSERT(l);
	for (int i = 1; i <= 1203; i++)
		add(l, i, i % 3 ? "late" : "nobody's", -1);
	ledger__close(l);
	ASSERT_EQ(ledger_rerate(path, &o, &r, err, sizeof(err)), 0);
	ASSERT_EQ(r.looked_at, 1203);
	ASSERT_EQ(r.priced, 802);
	ASSERT_EQ(r.nano_usd, 802 * 15);
	ASSERT_EQ(number("SELECT count(*) FROM corrections"), 802);
	ASSERT_EQ(number("SELECT sum(nano_usd) FROM minutes"), 802 * 15);
	ASSERT_EQ(number("SELECT sum(unpriced) FROM minutes"), 401);
	teardown();
}

/* While somebody else holds the lock for writing, and with columns that an old ledger lacks. */
TEST(a_dry_run_only_reads)
{
	int wrong = 0;
	struct rerate_opts o = {
		.since_ns = INT64_MIN, .now_ns = 5, .dry = true, .charge = charge, .ctx = &wrong
	};
	struct rerate_result r;
	struct ledger *l;
	char err[200] = "";
	sqlite3 *db;

	setup();
	l = open_ledger();
	ASSERT(l);
	add(l, 1, "late", -1);
	ledger__close(l);
	change("CREATE TABLE old AS SELECT * FROM calls; DROP VIEW calls; DROP TABLE corrections;"
	       "ALTER TABLE old DROP COLUMN n; ALTER TABLE old DROP COLUMN subscription;"
	       "ALTER TABLE old DROP COLUMN charge_role; DROP TABLE entries; DROP TABLE minutes;"
	       "DROP TABLE hours; DROP TABLE days; DROP TABLE rollups; ALTER TABLE old RENAME TO"
	       " calls");
	ASSERT_EQ(sqlite3_open(path, &db), SQLITE_OK);
	ASSERT_EQ(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	ASSERT_EQ(ledger_rerate(path, &o, &r, err, sizeof(err)), 0);
	ASSERT_EQ(r.priced, 1);
	sqlite3_close(db);
	ASSERT_EQ(number("SELECT count(*) FROM pragma_table_info('calls') WHERE name ="
			 " 'charge_role'"),
		  0);
	o.dry = false;
	ASSERT_EQ(ledger_rerate(path, &o, &r, err, sizeof(err)), 0);
	ASSERT_EQ(number("SELECT count(*) FROM corrections"), 1);
	teardown();
}

TEST(a_newer_ledger_is_left_alone)
{
	struct rerate_opts o = { .since_ns = INT64_MIN, .charge = charge };
	struct rerate_result r;
	struct ledger *l;
	char err[200] = "";

	setup();
	l = open_ledger();
	ASSERT(l);
	ASSERT_EQ(ledger__tick(l, 1, &(struct drops){ { 0 } }), 0);
	ledger__close(l);
	change("INSERT OR REPLACE INTO meta VALUES ('version', 99)");
	for (int dry = 0; dry <= 1; dry++) {
		o.dry = dry;
		ASSERT_EQ(ledger_rerate(path, &o, &r, err, sizeof(err)), -EPROTO);
		ASSERT(strstr(err, "newer"));
	}
	teardown();
}

TEST_MAIN()
