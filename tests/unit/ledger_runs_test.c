// SPDX-License-Identifier: BSD-2-Clause
/* Runs of agents, written into a ledger and read again. */
#include <errno.h>
#include <sqlite3.h>
#include <unistd.h>

#include "ledger/ledger.h"
#include "ledger_view.h"
#include "test.h"

static char dir[64], path[96];

static void setup(void)
{
	strcpy(dir, "/tmp/wt-runs-XXXXXX");
	if (!mkdtemp(dir))
		exit(2);
	snprintf(path, sizeof(path), "%s/ledger.db", dir);
}

static void teardown(void)
{
	static const char *const suffix[] = { "", "-wal", "-shm", ".lock", "-journal" };
	char name[128];

	for (size_t i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffix[i]);
		unlink(name);
	}
	rmdir(dir);
}

/* A call of a second, that ends at second n and costs n nano-dollars. */
static void add(struct ledger *l, int n, const char *id, struct run_link link)
{
	struct conversation talk = { .tools = true, .calls = { .count = (uint32_t)n } };
	struct exchange x = { .t_request = 1, .t_first_byte = 2, .t_last_byte = 1000000001 };
	struct call c = { .x = &x,
			  .provider = "openai",
			  .operation = "chat",
			  .api = "chat",
			  .served_model = "gpt-x",
			  .result = n == 3 ? CALL_REFUSED : CALL_OK,
			  .complete = true,
			  .finish_reason = "stop",
			  .conversation = &talk,
			  .usage_source = USAGE_REPORTED };
	struct charge charge = { .basis = CHARGE_COMPUTED, .total = n };
	struct owner owner = { .known = true };
	struct entry e = { .call = &c,
			   .charge = &charge,
			   .owner = &owner,
			   .link = &link,
			   .wall_end_ns = 1000000000ll * n };

	c.use.reasoning = -1;
	usage__set(&c.use, USAGE_INPUT, 100 * n);
	usage__set(&c.use, USAGE_CACHE_READ, 10);
	usage__set(&c.use, USAGE_OUTPUT, n);
	snprintf(e.id, sizeof(e.id), "%s", id);
	owner__set(&owner, OWNER_RUN, span_str(link.run), TRUST_CLAIMED, "conversation");
	owner__set(&owner, OWNER_PARENT_RUN, span_str(link.parent_run), TRUST_CLAIMED,
		   "conversation");
	owner__set(&owner, OWNER_SERVICE, SPAN("shop"), TRUST_KERNEL, "exe");
	ASSERT_EQ(ledger__add(l, &e), 0);
}

#define A  "aaaaaaaaaaaaaaaa"
#define A2 "aaaabbbbbbbbbbbb"
#define B  "bbbbbbbbbbbbbbbb"
#define C  "cccccccccccccccc"

static struct ledger_view *written(void)
{
	struct drops drops = { 0 };
	struct ledger_view *v = NULL;
	struct ledger *l;
	char err[512];

	if (ledger__open(path, &l, err, sizeof(err)))
		exit(2);
	/* a run of two steps; the second is tried twice; the first starts a sub-agent of two */
	add(l, 1, A "1", (struct run_link){ .run = A, .step = 1 });
	add(l, 2, B "1",
	    (struct run_link){ .run = B,
			       .parent_run = A,
			       .parent_call = A "1",
			       .step = 1,
			       .depth = 1,
			       .how = RUN_SUBAGENT });
	add(l, 3, A "2",
	    (struct run_link){ .run = A, .parent_call = A "1", .step = 2, .how = RUN_TOOL_CALL });
	add(l, 4, A "3",
	    (struct run_link){ .run = A, .parent_call = A "1", .step = 2, .how = RUN_AGAIN });
	add(l, 5, B "2",
	    (struct run_link){ .run = B,
			       .parent_run = A,
			       .parent_call = B "1",
			       .step = 2,
			       .depth = 1,
			       .how = RUN_MESSAGES });
	add(l, 6, C "1", (struct run_link){ .run = C, .step = 1 });
	add(l, 7, A2 "1", (struct run_link){ .run = A2, .step = 1 });
	add(l, 8, "of no run", (struct run_link){ .how = RUN_ROOT });
	if (ledger__tick(l, 9000000000ll, &drops))
		exit(2);
	ledger__close(l);
	if (ledger_view__open(path, &v, err, sizeof(err)))
		exit(2);
	return v;
}

struct told {
	char text[4096];
	size_t n;
};

static void on_run(void *ctx, const struct ledger_run *r)
{
	struct told *t = ctx;

	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n,
				 "%.4s %s: %d calls %d subs %d steps depth %d fan %d failed %d in "
				 "%d said %d out %d $%d %d..%d %s %s %d\n",
				 r->id, r->service, (int)r->calls, (int)r->runs, (int)r->steps,
				 (int)r->depth, (int)r->fan_out, (int)r->failed, (int)r->input,
				 (int)r->repeated, (int)r->output, (int)r->nano_usd,
				 (int)(r->start_ns / 1000000000), (int)(r->end_ns / 1000000000),
				 r->result, r->finish, (int)r->tool_calls);
}

TEST(a_run_has_what_its_sub_agents_cost)
{
	struct ledger_view *v;
	struct told t = { .n = 0 };

	setup();
	v = written();
	ASSERT_EQ(ledger_view__runs(v, 0, INT64_MAX, on_run, &t), 0);
	ledger_view__close(v);
	teardown();
	if (strcmp(t.text,
		   "aaaa shop: 5 calls 1 subs 2 steps depth 1 fan 1 failed 1 in 1550 said 430 out "
		   "15 $15 0..5 ok stop 4\n"
		   "aaaa shop: 1 calls 0 subs 1 steps depth 0 fan 0 failed 0 in 710 said 0 out 7 $7 "
		   "6..7 ok stop 7\n"
		   "cccc shop: 1 calls 0 subs 1 steps depth 0 fan 0 failed 0 in 610 said 0 out 6 $6 "
		   "5..6 ok stop 6\n"))
		TEST_FAIL("%s", t.text);
}

/* Who started it is not in the time that is asked for: a sub-agent stands for itself. */
TEST(a_run_whose_start_is_not_asked_for)
{
	struct ledger_view *v;
	struct told t = { .n = 0 };

	setup();
	v = written();
	ASSERT_EQ(ledger_view__runs(v, 4500000000ll, 5500000000ll, on_run, &t), 0);
	ledger_view__close(v);
	teardown();
	if (strcmp(t.text, "bbbb shop: 1 calls 0 subs 2 steps depth 0 fan 1 failed 0 in 510 said "
			   "0 out 5 $5 4..5 ok stop 5\n"))
		TEST_FAIL("%s", t.text);
}

static void on_step(void *ctx, const struct ledger_step *s)
{
	struct told *t = ctx;

	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%.1s%c<%.1s%c %d %s %s\n",
				 s->id, s->id[16], *s->follows ? s->follows : "-",
				 *s->follows ? s->follows[16] : '-', (int)s->step, s->link,
				 s->result);
}

TEST(a_tree_by_the_first_letters_of_its_id)
{
	struct ledger_view *v;
	struct told t = { .n = 0 };

	setup();
	v = written();
	ASSERT_EQ(ledger_view__run(v, "aaaa", on_step, &t), -ENOTUNIQ);
	ASSERT_EQ(ledger_view__run(v, "d", on_step, &t), -ENOENT);
	ASSERT_EQ(t.n, 0);
	ASSERT_EQ(ledger_view__run(v, "aaaaaa", on_step, &t), 5);
	ledger_view__close(v);
	teardown();
	if (strcmp(t.text, "a1<-- 1 root ok\nb1<a1 1 subagent ok\na2<a1 2 tool_call refused\n"
			   "a3<a1 2 again ok\nb2<b1 2 messages ok\n"))
		TEST_FAIL("%s", t.text);
}

/* Ids are bytes, but for those that are no hex digits; a digit is half a byte. */
TEST(a_run_is_found_by_any_number_of_its_letters)
{
	static const char *const asked[] = { "c", "cc", "ccc", C, "plain", "plain-1" };
	struct told t = { .n = 0 };
	struct ledger_view *v;
	struct ledger *l;
	char err[512];

	setup();
	ledger_view__close(written());
	ASSERT_EQ(ledger__open(path, &l, err, sizeof(err)), 0);
	add(l, 9, "not-hex-digits--1", (struct run_link){ .run = "plain-1", .step = 1 });
	ledger__close(l);
	ASSERT_EQ(ledger_view__open(path, &v, err, sizeof(err)), 0);
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		ASSERT_EQ(ledger_view__run(v, asked[i], on_step, &t), 1);
	ASSERT_EQ(ledger_view__run(v, "aaaaa", on_step, &t), 5);
	ASSERT_EQ(ledger_view__run(v, "a", on_step, &t), -ENOTUNIQ);
	ASSERT_EQ(ledger_view__run(v, "ccd", on_step, &t), -ENOENT);
	ASSERT_EQ(ledger_view__run(v, C "c", on_step, &t), -ENOENT);
	ASSERT_EQ(ledger_view__run(v, "plain-2", on_step, &t), -ENOENT);
	ledger_view__close(v);
	teardown();
}

/* Of a ledger that has them, indexes by the texts of runs go, and those by their bytes come. */
TEST(runs_are_found_by_an_index_of_bytes)
{
	static const char old[] =
		"DROP INDEX entries_of_run; DROP INDEX entries_of_parent_run;"
		"CREATE INDEX entries_by_run ON entries (lower(hex(run))) WHERE run IS NOT '';"
		"CREATE INDEX entries_by_parent_run ON entries (lower(hex(parent_run)));";
	sqlite3_stmt *s = NULL;
	struct ledger *l;
	char err[512];
	sqlite3 *db;

	setup();
	ledger_view__close(written());
	ASSERT_EQ(sqlite3_open(path, &db), SQLITE_OK);
	ASSERT_EQ(sqlite3_exec(db, old, NULL, NULL, NULL), SQLITE_OK);
	ASSERT_EQ(ledger__open(path, &l, err, sizeof(err)), 0);
	ledger__close(l);
	ASSERT_EQ(
		sqlite3_prepare_v2(db,
				   "SELECT group_concat(name) FROM (SELECT name FROM sqlite_master"
				   " WHERE name GLOB 'entries_*run' ORDER BY name)",
				   -1, &s, NULL),
		SQLITE_OK);
	ASSERT_EQ(sqlite3_step(s), SQLITE_ROW);
	ASSERT_STR((const char *)sqlite3_column_text(s, 0), "entries_of_parent_run,entries_of_run");
	sqlite3_finalize(s);
	sqlite3_close(db);
	teardown();
}

TEST_MAIN()
