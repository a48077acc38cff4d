// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "ledger/dimension.h"
#include "ledger/plan.h"

static int64_t floor_to(int64_t ns, int64_t unit)
{
	return ns / unit * unit;
}

static int64_t ceil_to(int64_t ns, int64_t unit)
{
	return ns > INT64_MAX - unit ? INT64_MAX : (ns + unit - 1) / unit * unit;
}

int plan__column(const struct plan *p, uint8_t dim)
{
	const uint8_t *at = memchr(p->dims, dim, (size_t)p->dim_count);

	return at ? (int)(at - p->dims) : -1;
}

static int load_times(sqlite3 *db, struct plan *p)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key = ?", -1, &s, NULL);

	for (int i = 0; rc == SQLITE_OK && i < LEVELS; i++) {
		rc = sqlite3_bind_text(s, 1, ledger_levels[i].from, -1, SQLITE_STATIC);
		if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW)
			p->from_ns[i] = sqlite3_column_int64(s, 0);
		rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
		sqlite3_reset(s);
	}
	sqlite3_finalize(s);
	return rc;
}

static bool has_all(const struct plan *p, const uint8_t *dims, int count)
{
	for (int i = 0; i < count; i++)
		if (plan__column(p, dims[i]) < 0)
			return false;
	return true;
}

/* The set that knows the dimensions since then, or for the longest time; by the fewest others. */
static int find_set(sqlite3 *db, const uint8_t *dims, int count, struct plan *p)
{
	sqlite3_stmt *s = NULL;
	int64_t since = p->since_ns > p->from_ns[LEVEL_CALL] ? p->since_ns : p->from_ns[LEVEL_CALL];
	struct plan set = *p;
	int rc = sqlite3_prepare_v2(
		db,
		"SELECT id, dims, minutes, upto FROM rollups ORDER BY"
		" max(from_ns, ?1), length(dims) - length(replace(dims, ',', '')),"
		" dims <> '', minutes DESC",
		-1, &s, NULL);

	/* What is kept of single calls is no reason to take another set. */
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 1, p->since_ns < since ? p->since_ns : since);
	while (rc == SQLITE_OK && !p->set && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(s, 1);

		rc = SQLITE_OK;
		set.dim_count =
			text ? dimension_parse(text, strlen(text), set.dims, ROLLUP_KEYS) : -1;
		if (set.dim_count < 0 || !has_all(&set, dims, count))
			continue;
		set.set = sqlite3_column_int64(s, 0);
		set.minutes = sqlite3_column_int(s, 2);
		set.upto = sqlite3_column_int64(s, 3);
		*p = set;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* How finely what ended then is known. */
static enum ledger_level finest_at(const struct plan *p, int64_t ns)
{
	if (ns >= p->from_ns[LEVEL_CALL])
		return LEVEL_CALL;
	if (p->minutes && ns >= p->from_ns[LEVEL_MINUTE])
		return LEVEL_MINUTE;
	return ns >= p->from_ns[LEVEL_HOUR] ? LEVEL_HOUR : LEVEL_DAY;
}

static void add(struct plan *p, enum ledger_level level, bool waiting, int64_t since, int64_t until)
{
	/* Rows that are being deleted are none. */
	if (level == LEVEL_CALL && !waiting && since < p->from_ns[LEVEL_CALL])
		since = p->from_ns[LEVEL_CALL];
	if (since < until && p->count < PLAN_PARTS)
		p->part[p->count++] = (struct plan_part){ level, waiting, since, until };
}

/* Whole units of the level, and what is left at both ends by finer ones. */
static void cover(struct plan *p, int level, int64_t since, int64_t until)
{
	int64_t unit = ledger_levels[level].ns, first, last;

	if (since >= until)
		return;
	if (level == LEVEL_MINUTE && !p->minutes) {
		cover(p, LEVEL_CALL, since, until);
		return;
	}
	first = ceil_to(since, unit);
	last = until == INT64_MAX ? until : floor_to(until, unit);
	if (level == LEVEL_CALL || first >= last) {
		if (level == LEVEL_CALL)
			add(p, LEVEL_CALL, false, since, until);
		else
			cover(p, level - 1, since, until);
		return;
	}
	add(p, level, false, first, last);
	cover(p, level - 1, since, first);
	cover(p, level - 1, last, until);
}

void plan__use_calls(struct plan *p)
{
	p->set = 0;
	p->count = 0;
	add(p, LEVEL_CALL, false, p->since_ns, p->until_ns);
}

int plan_make(sqlite3 *db, const uint8_t *dims, int dim_count, enum ledger_level coarsest,
	      int64_t since_ns, int64_t until_ns, struct plan *ret_plan)
{
	struct plan p = { .since_ns = since_ns > 0 ? since_ns : 0,
			  .until_ns = until_ns > 0 ? until_ns : 0,
			  .coarsest = coarsest };
	int rc = load_times(db, &p);

	if (rc == SQLITE_OK)
		rc = find_set(db, dims, dim_count, &p);
	if (rc != SQLITE_OK)
		return rc;
	p.since_ns = floor_to(p.since_ns, ledger_levels[finest_at(&p, p.since_ns)].ns);
	p.until_ns = ceil_to(p.until_ns, ledger_levels[finest_at(&p, p.until_ns)].ns);
	if (p.set) {
		cover(&p, coarsest, p.since_ns, p.until_ns);
		add(&p, LEVEL_CALL, true, p.since_ns, p.until_ns);
	} else {
		plan__use_calls(&p);
	}
	*ret_plan = p;
	return SQLITE_OK;
}
