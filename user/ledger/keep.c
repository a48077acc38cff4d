// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/keep.h"
#include "ledger/rollup.h"
#include "span.h"

/* Rows of one step: it takes some milliseconds, and calls wait for it. */
#define STEP_CALLS 2000
/* Of sums: so many minutes, hours or days of each set. */
#define STEP_TIMES 48

/* Free pages that stay in the file, to be used again: 16 MiB; what is more goes back to the disk.
 */
#define FREE_PAGES	  4096
#define FREE_PAGES_A_TICK "256"

enum statement {
	S_LAST,
	S_FROM,
	S_PUT_FROM,
	S_CORRECTIONS,
	S_CALLS,
	S_UPLOADS,
	S_LEFT,
	S_MINUTES,
	S_HOURS,
	S_DAYS,
	S_GPU_MINUTES,
	S_GPU_USES,
	STATEMENTS,
};

#define OLD_CALLS "SELECT n FROM entries WHERE end_ns < ?1 AND n <= ?2 ORDER BY end_ns LIMIT ?3"
/* The oldest of each set, by its own beginning. */
#define OLD_SUMS(table)                                                                        \
	"DELETE FROM " table " WHERE at < ?1 AND (set_id, at) IN (SELECT s.set_id, s.at FROM"  \
	" rollups r JOIN " table " s ON s.set_id = r.id AND s.at < ?1 AND s.at < ?2 + (SELECT" \
	" min(at) FROM " table " WHERE set_id = r.id))"

#define OLD_GPU(table) \
	"DELETE FROM " table " WHERE at < ?1 AND at < ?2 + (SELECT min(at) FROM " table ")"

static const char *const statement_text[STATEMENTS] = {
	[S_LAST] = "SELECT value FROM meta WHERE key = 'last_ns'",
	[S_FROM] = "SELECT coalesce((SELECT value FROM meta WHERE key = ?), 0)",
	[S_PUT_FROM] = "INSERT OR REPLACE INTO meta VALUES (?,?)",
	[S_CORRECTIONS] = "DELETE FROM corrections WHERE n IN (" OLD_CALLS ")",
	[S_CALLS] = "DELETE FROM entries WHERE n IN (" OLD_CALLS ")",
	[S_UPLOADS] = "DELETE FROM uploads WHERE id IN (SELECT id FROM uploads WHERE end_ns < ?1"
		      " LIMIT ?2)",
	[S_LEFT] = "SELECT 1 FROM entries WHERE end_ns < ?1 LIMIT 1",
	[S_MINUTES] = OLD_SUMS("minutes"),
	[S_HOURS] = OLD_SUMS("hours"),
	[S_DAYS] = OLD_SUMS("days"),
	[S_GPU_MINUTES] = OLD_GPU("gpu_minutes"),
	[S_GPU_USES] = OLD_GPU("gpu_uses"),
};

struct keep {
	sqlite3 *db;
	sqlite3_stmt *s[STATEMENTS];
	struct ledger_keep how_long;
	int64_t texts_day; /* texts of earlier days are gone */
	int64_t last_ns;   /* the clock, when it was last looked at; 0: never */
	int64_t wait_ns;   /* nothing is too old before */
};

static int parse_time(struct span text, int64_t *ret_ns)
{
	static const struct {
		char unit;
		int64_t days;
	} units[] = { { 'd', 1 }, { 'w', 7 }, { 'y', 365 } };
	int64_t n = 0;

	if (span__eq(text, SPAN("all"))) {
		*ret_ns = 0;
		return 0;
	}
	for (size_t i = 0; i + 1 < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9' || n > 36500)
			return -EINVAL;
		n = n * 10 + text.p[i] - '0';
	}
	for (size_t i = 0; n && i < sizeof(units) / sizeof(units[0]); i++)
		if (text.p[text.n - 1] == units[i].unit && n * units[i].days <= 36500) {
			*ret_ns = n * units[i].days * LEDGER_DAY_NS;
			return 0;
		}
	return -EINVAL;
}

static int parse_into(struct span rest, struct ledger_keep *keep)
{
	while (rest.n) {
		struct span value = span__cut(&rest, ','), name = span__cut(&value, '=');
		int level = 0, err;

		while (level < LEVELS && !span__eq(name, span_str(ledger_levels[level].name)))
			level++;
		err = level < LEVELS && value.n ? parse_time(value, &keep->ns[level]) : -EINVAL;
		if (err)
			return err;
	}
	return 0;
}

int keep_parse(const char *text, struct ledger_keep *ret_keep)
{
	struct ledger_keep keep = { { 0 } };
	int err = parse_into(SPAN(KEEP_DEFAULT), &keep);

	err = err ? err : parse_into(span_str(text), &keep);
	if (!err)
		*ret_keep = keep;
	return err;
}

/* Runs a statement whose values are numbers; *ret_row: it gave a row, whose first number is that.
 */
static int run(sqlite3_stmt *s, const int64_t *values, int count, int64_t *ret_row)
{
	int rc = SQLITE_OK;

	for (int i = 0; rc == SQLITE_OK && i < count; i++)
		rc = sqlite3_bind_int64(s, i + 1, values[i]);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW && ret_row)
		*ret_row = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int keep__open(sqlite3 *db, const struct ledger_keep *how_long, struct keep **ret_keep)
{
	struct keep *k = calloc(1, sizeof(*k));
	int rc = k ? SQLITE_OK : SQLITE_NOMEM;

	for (int i = 0; rc == SQLITE_OK && i < STATEMENTS; i++)
		rc = sqlite3_prepare_v3(db, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT,
					&k->s[i], NULL);
	if (rc != SQLITE_OK) {
		keep__free(k);
		return rc;
	}
	k->db = db;
	k->how_long = *how_long;
	/* Of the meter before this one. */
	rc = run(k->s[S_LAST], NULL, 0, &k->last_ns);
	*ret_keep = k;
	return rc;
}

void keep__free(struct keep *k)
{
	if (!k)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(k->s[i]);
	free(k);
}

static int from(struct keep *k, int level, int64_t *ret_ns)
{
	int rc = sqlite3_bind_text(k->s[S_FROM], 1, ledger_levels[level].from, -1, SQLITE_STATIC);

	return rc == SQLITE_OK ? run(k->s[S_FROM], NULL, 0, ret_ns) : rc;
}

/* Said before the first row goes: who reads does not take what is left for all there was. */
static int put_from(struct keep *k, int level, int64_t ns)
{
	sqlite3_stmt *s = k->s[S_PUT_FROM];
	int rc = sqlite3_bind_text(s, 1, ledger_levels[level].from, -1, SQLITE_STATIC);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 2, ns);
	return rc == SQLITE_OK ? run(s, NULL, 0, NULL) : rc;
}

static int delete_calls(struct keep *k, struct texts *texts, int64_t before, bool *ret_more)
{
	int64_t values[] = { before, 0, STEP_CALLS }, left = 0, uploads[] = { before, STEP_CALLS };
	int rc = rollup_upto(k->db, &values[1]);

	if (rc == SQLITE_OK)
		rc = run(k->s[S_CORRECTIONS], values, 3, NULL);
	if (rc == SQLITE_OK)
		rc = run(k->s[S_CALLS], values, 3, NULL);
	*ret_more |= rc == SQLITE_OK && sqlite3_changes(k->db) == STEP_CALLS;
	if (rc == SQLITE_OK)
		rc = run(k->s[S_UPLOADS], uploads, 2, NULL);
	*ret_more |= rc == SQLITE_OK && sqlite3_changes(k->db) == STEP_CALLS;
	if (rc == SQLITE_OK)
		rc = run(k->s[S_LEFT], &before, 1, &left);
	if (rc != SQLITE_OK || left || k->texts_day == before / LEDGER_DAY_NS)
		return rc;
	k->texts_day = before / LEDGER_DAY_NS;
	return texts__expire(texts, k->texts_day);
}

static int delete_sums(struct keep *k, int level, int64_t before, bool *ret_more)
{
	int64_t values[] = { before / ledger_levels[level].ns, STEP_TIMES };
	int rc = run(k->s[S_MINUTES + level - LEVEL_MINUTE], values, 2, NULL);

	*ret_more |= rc == SQLITE_OK && sqlite3_changes(k->db) > 0;
	for (int i = S_GPU_MINUTES; rc == SQLITE_OK && level == LEVEL_MINUTE && i <= S_GPU_USES;
	     i++) {
		rc = run(k->s[i], values, 2, NULL);
		*ret_more |= rc == SQLITE_OK && sqlite3_changes(k->db) > 0;
	}
	return rc;
}

/* A clock that is set years ahead by mistake would cost all calls. */
static bool is_believed(struct keep *k, int64_t now_ns)
{
	if (k->last_ns && now_ns - k->last_ns > KEEP_LEAP_NS)
		k->wait_ns = now_ns + KEEP_LEAP_NS;
	else if (now_ns < k->last_ns)
		k->wait_ns = 0;
	k->last_ns = now_ns;
	return now_ns >= k->wait_ns;
}

int keep__step(struct keep *k, struct texts *texts, int64_t now_ns, bool *ret_more)
{
	int rc = SQLITE_OK;

	*ret_more = false;
	if (!is_believed(k, now_ns))
		return rc;
	for (int level = LEVEL_CALL; rc == SQLITE_OK && level < LEVELS; level++) {
		/* Whole hours of calls and minutes go, whole days of the rest: what stays is whole.
		 */
		int64_t unit = level < LEVEL_HOUR ? LEDGER_HOUR_NS : LEDGER_DAY_NS;
		int64_t before = (now_ns - k->how_long.ns[level]) / unit * unit, was = 0;

		if (!k->how_long.ns[level] || before <= 0)
			continue;
		rc = from(k, level, &was);
		if (rc == SQLITE_OK && before > was)
			rc = put_from(k, level, before);
		if (rc != SQLITE_OK)
			break;
		/* Kept for longer from now on: what is gone is gone. */
		before = before > was ? before : was;
		rc = level == LEVEL_CALL ? delete_calls(k, texts, before, ret_more)
					 : delete_sums(k, level, before, ret_more);
	}
	return rc;
}

int keep_shrink(sqlite3 *db)
{
	sqlite3_stmt *s = NULL;
	int64_t pages = 0;
	int rc = sqlite3_prepare_v2(db, "PRAGMA freelist_count", -1, &s, NULL);

	if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		pages = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	if (rc == SQLITE_OK && pages > FREE_PAGES)
		rc = sqlite3_exec(db, "PRAGMA incremental_vacuum(" FREE_PAGES_A_TICK ")", NULL,
				  NULL, NULL);
	return rc;
}
