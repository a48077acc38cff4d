// SPDX-License-Identifier: BSD-2-Clause
/* Runs of agents, as the ledger has them: a call knows its run, and its run the one above. */
#include <errno.h>

#include "ledger/id.h"
#include "ledger/view.h"
#include "ledger_view.h"

#define MODEL "CASE served_model WHEN '' THEN requested_model ELSE served_model END"

/* Deeper chains of sub-agents are a mistake, or made to stall a reader. */
#define LEVELS "64"

/* A call that begins a run below another one. */
#define STARTS "(step = 1 AND coalesce(parent_run, '') != '')"

/*
 * own: each run by itself; tree: under which first run each stands. A run whose parent began before
 * the time that is asked for stands for itself. fan: what comes of one step, sub-agents or steps,
 * but for second tries. said: what each step sends that the one before it had sent. What is joined
 * is MATERIALIZED, and is indexed by SQLite once: it would be summed anew for each run.
 */
static const char runs_sql[] =
	"WITH mine AS MATERIALIZED (SELECT id, run, parent_run, follows, link, step, result, finish, "
	"  tool_calls, service, pid, paid, subscription_nano, end_ns, end_ns - duration_ns AS start, "
	"  coalesce(cache_read, 0) AS cached, " SUM_INPUT " AS sent, " SUM_OUTPUT " AS got "
	"  FROM rated WHERE " RATED_WHERE " AND run != ''), "
	"fan AS MATERIALIZED (SELECT run, max(n) AS n FROM ("
	"  SELECT CASE WHEN " STARTS
	" THEN parent_run ELSE run END AS run, count(*) AS n FROM mine "
	"  WHERE follows != '' AND link != 'again' GROUP BY follows, " STARTS ") GROUP BY run), "
	"said AS MATERIALIZED (SELECT c.run AS run, sum(min(c.sent, p.sent)) AS n "
	"  FROM mine c JOIN mine p ON p.id = c.follows AND p.run = c.run GROUP BY c.run), "
	"last AS MATERIALIZED (SELECT run, result, finish, tool_calls, max(end_ns) FROM mine "
	"  GROUP BY run), "
	"own AS MATERIALIZED (SELECT run, max(parent_run) AS parent, count(*) AS calls, "
	"  max(step) AS steps, sum(paid IS NULL) AS unpriced, sum(result != 'ok') AS failed, "
	"  sum(sent) AS input, sum(cached) AS cached, sum(got) AS output, "
	"  sum(coalesce(paid, 0)) AS nano, sum(coalesce(subscription_nano, 0)) AS subscription, "
	"  min(start) AS start, max(end_ns) AS end, max(service) AS service, min(pid) AS pid "
	"  FROM mine GROUP BY run), "
	"kids AS MATERIALIZED (SELECT run, parent FROM own WHERE coalesce(parent, '') != ''), "
	"tree (run, root, level) AS (SELECT run, run, 0 FROM own "
	"  WHERE coalesce(parent, '') = '' OR parent NOT IN (SELECT run FROM own) "
	"  UNION SELECT kids.run, tree.root, level + 1 FROM tree JOIN kids ON kids.parent = tree.run "
	"  WHERE level < " LEVELS ") "
	"SELECT root, max(CASE WHEN own.run = root THEN service END), "
	"  max(CASE WHEN own.run = root THEN pid END), sum(calls), count(*) - 1, max(steps), "
	"  max(level), max(coalesce(fan.n, 0)), "
	"  sum(unpriced), sum(failed), sum(input), sum(cached), sum(output), sum(nano), "
	"  min(start), max(end), sum(subscription), sum(coalesce(said.n, 0)), "
	"  max(CASE WHEN own.run = root THEN last.result END), "
	"  max(CASE WHEN own.run = root THEN last.finish END), "
	"  max(CASE WHEN own.run = root THEN coalesce(last.tool_calls, 0) END) "
	"FROM tree JOIN own ON own.run = tree.run JOIN last ON last.run = own.run "
	"LEFT JOIN fan ON fan.run = tree.run LEFT JOIN said ON said.run = tree.run "
	"GROUP BY root ORDER BY 14 DESC, 4 DESC, root";

int ledger_view__runs(struct ledger_view *v, int64_t since_ns, int64_t until_ns, ledger_run_fn fn,
		      void *ctx)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(v->db, runs_sql, -1, &s, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(s, 1, since_ns);
		sqlite3_bind_int64(s, 2, until_ns);
	}
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct ledger_run r = { .id = ledger_text(s, 0),
					.service = ledger_text(s, 1),
					.pid = sqlite3_column_int64(s, 2),
					.calls = sqlite3_column_int64(s, 3),
					.runs = sqlite3_column_int64(s, 4),
					.steps = sqlite3_column_int64(s, 5),
					.depth = sqlite3_column_int64(s, 6),
					.fan_out = sqlite3_column_int64(s, 7),
					.unpriced = sqlite3_column_int64(s, 8),
					.failed = sqlite3_column_int64(s, 9),
					.input = sqlite3_column_int64(s, 10),
					.cache_read = sqlite3_column_int64(s, 11),
					.output = sqlite3_column_int64(s, 12),
					.nano_usd = sqlite3_column_int64(s, 13),
					.start_ns = sqlite3_column_int64(s, 14),
					.end_ns = sqlite3_column_int64(s, 15),
					.subscription_nano = sqlite3_column_int64(s, 16),
					.repeated = sqlite3_column_int64(s, 17),
					.result = ledger_text(s, 18),
					.finish = ledger_text(s, 19),
					.tool_calls = sqlite3_column_int64(s, 20) };

		fn(ctx, &r);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

/*
 * Calls by their run, as the indexes of `entries` have them (column.c): bytes, or a text where an
 * id is no hex digits. A ledger that is not migrated yet has `calls` alone, all of which are read.
 */
static const char find_sql[] =
	"SELECT * FROM (SELECT DISTINCT run FROM entries WHERE run > '' AND run >= ?1 AND"
	"  run < ?1 || 'g' LIMIT 2) "
	"UNION ALL SELECT * FROM (SELECT DISTINCT run FROM entries WHERE run > '' AND run >= ?2 AND"
	"  run <= ?3 LIMIT 2) LIMIT 2";
static const char find_old_sql[] = "SELECT DISTINCT run FROM rated WHERE run >= ?1 AND "
				   "run < ?1 || 'g' AND run != '' LIMIT 2";

/* The one run that begins so, as the ledger has it: to be freed with sqlite3_value_free(). */
static int find_run(struct ledger_view *v, const char *id, sqlite3_value **ret_run)
{
	sqlite3_stmt *s = NULL;
	sqlite3_value *run = NULL;
	int count = 0, rc;

	rc = sqlite3_prepare_v2(v->db, v->rolled ? find_sql : find_old_sql, -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK && v->rolled && id_is_hex(id))
		rc = id_bind_ends(s, 2, id);
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		sqlite3_value_free(run);
		run = sqlite3_value_dup(sqlite3_column_value(s, 0));
		count++;
		rc = run ? SQLITE_OK : SQLITE_NOMEM;
	}
	sqlite3_finalize(s);
	if (rc == SQLITE_DONE && count == 1) {
		*ret_run = run;
		return 0;
	}
	sqlite3_value_free(run);
	return rc != SQLITE_DONE ? -EIO : count ? -ENOTUNIQ : -ENOENT;
}

/* CROSS JOIN: SQLite keeps that order, in which the index is of use. */
#define TREE                                                                        \
	"WITH tree (run, level) AS (SELECT ?3, 0 UNION SELECT e.run, level + 1 "    \
	"  FROM tree CROSS JOIN entries e WHERE e.parent_run > '' AND e.parent_run" \
	"  = tree.run AND e.run > '' AND level < " LEVELS ") "
#define OLD_TREE                                                                              \
	"WITH tree (run, level) AS (SELECT ?3, 0 UNION SELECT c.run, level + 1 FROM rated c " \
	"  JOIN tree ON c.parent_run = tree.run WHERE c.run != '' AND level < " LEVELS ") "
#define STEPS                                                                               \
	"SELECT id, run, parent_run, follows, link, " MODEL                                 \
	", service, result, step, depth, pid, "                                             \
	"  CASE WHEN input IS NULL AND cache_read IS NULL THEN -1 ELSE " SUM_INPUT " END, " \
	"  coalesce(cache_read, -1), coalesce(output, -1), coalesce(paid, -1), "            \
	"  usage_source LIKE 'estimated%', end_ns - duration_ns, end_ns, finish, "          \
	"  coalesce(tool_calls, 0) FROM rated WHERE " RATED_WHERE " AND "
#define IN_ORDER " ORDER BY end_ns - duration_ns, id"

static const char run_sql[] = TREE STEPS "n IN (SELECT e.n FROM tree CROSS JOIN entries e WHERE"
					 "  e.run > '' AND e.run = tree.run)" IN_ORDER;
static const char run_old_sql[] = OLD_TREE STEPS "run IN (SELECT run FROM tree)" IN_ORDER;

int ledger_view__run(struct ledger_view *v, const char *id, ledger_step_fn fn, void *ctx)
{
	sqlite3_stmt *s = NULL;
	sqlite3_value *run = NULL;
	int rc, count = 0, err = find_run(v, id, &run);

	if (err)
		return err;
	rc = sqlite3_prepare_v2(v->db, v->rolled ? run_sql : run_old_sql, -1, &s, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(s, 1, INT64_MIN);
		sqlite3_bind_int64(s, 2, INT64_MAX);
		rc = sqlite3_bind_value(s, 3, run);
	}
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct ledger_step step = { .id = ledger_text(s, 0),
					    .run = ledger_text(s, 1),
					    .parent_run = ledger_text(s, 2),
					    .follows = ledger_text(s, 3),
					    .link = ledger_text(s, 4),
					    .model = ledger_text(s, 5),
					    .service = ledger_text(s, 6),
					    .result = ledger_text(s, 7),
					    .step = sqlite3_column_int64(s, 8),
					    .depth = sqlite3_column_int64(s, 9),
					    .pid = sqlite3_column_int64(s, 10),
					    .input = sqlite3_column_int64(s, 11),
					    .cache_read = sqlite3_column_int64(s, 12),
					    .output = sqlite3_column_int64(s, 13),
					    .nano_usd = sqlite3_column_int64(s, 14),
					    .estimated = sqlite3_column_int(s, 15),
					    .start_ns = sqlite3_column_int64(s, 16),
					    .end_ns = sqlite3_column_int64(s, 17),
					    .finish = ledger_text(s, 18),
					    .tool_calls = sqlite3_column_int64(s, 19) };

		fn(ctx, &step);
		count++;
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	sqlite3_value_free(run);
	return rc == SQLITE_DONE ? count : -EIO;
}
