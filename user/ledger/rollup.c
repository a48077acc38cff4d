// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/dimension.h"
#include "ledger/rollup.h"
#include "ledger/tally.h"
#include "ledger/view.h"

struct set {
	int64_t id, upto;
	bool minutes;
	uint8_t dims[ROLLUP_KEYS];
	int dim_count;
};

struct rollup {
	sqlite3 *db;
	sqlite3_stmt *sets, *last, *read, *read_one, *advance;
	struct tally *tally;
	struct set set[ROLLUP_SETS_MAX];
	size_t count;
};

/* What a row of the scan begins with; dimensions and sums follow. */
enum { Q_N, Q_END, Q_PASSED, Q_DIMENSIONS };

int rollup_create(sqlite3 *db)
{
	int rc = sqlite3_exec(
		db,
		"CREATE TABLE IF NOT EXISTS rollups (id INTEGER PRIMARY KEY, dims TEXT,"
		" minutes INTEGER, upto INTEGER NOT NULL, from_ns INTEGER NOT NULL,"
		" UNIQUE (dims, minutes))",
		NULL, NULL, NULL);

	return rc == SQLITE_OK ? tally_create(db) : rc;
}

const char *rollup_check(const char *named)
{
	struct span rest = span_str(named);
	uint8_t dims[ROLLUP_KEYS];
	size_t count = 0;

	while (rest.n) {
		struct span one = span__cut(&rest, ' ');

		if (one.n && dimension_parse((const char *)one.p, one.n, dims, ROLLUP_KEYS) < 0)
			return "give what report goes by, up to four joined by commas: "
			       "'service,model team,feature'";
		count += one.n != 0;
	}
	return count <= ROLLUP_NAMED_MAX ? NULL : "give 24 of them at most";
}

/* Makes a set, or marks the one that is there as wanted. */
static int want(sqlite3_stmt *add, struct span dims, bool minutes)
{
	int rc = sqlite3_bind_text(add, 1, dims.n ? (const char *)dims.p : "", (int)dims.n,
				   SQLITE_TRANSIENT);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int(add, 2, minutes);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(add);
	sqlite3_reset(add);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Sets that are not wanted any more go, with their sums. */
static const char give_up_sql[] =
	"DELETE FROM minutes WHERE set_id NOT IN (SELECT id FROM rollups JOIN temp.wanted USING (dims, minutes));"
	"DELETE FROM hours WHERE set_id NOT IN (SELECT id FROM rollups JOIN temp.wanted USING (dims, minutes));"
	"DELETE FROM days WHERE set_id NOT IN (SELECT id FROM rollups JOIN temp.wanted USING (dims, minutes));"
	"DELETE FROM rollups WHERE (dims, minutes) NOT IN (SELECT dims, minutes FROM temp.wanted);";

static const char begin_sql[] =
	/* What was deleted of the calls before is not in a set that begins now. */
	"INSERT OR IGNORE INTO rollups (dims, minutes, upto, from_ns) SELECT dims, minutes, 0,"
	" coalesce((SELECT value FROM meta WHERE key = 'calls_from_ns'), 0) FROM temp.wanted";

static int choose(sqlite3 *db, const char *named, bool by_minutes, bool own)
{
	struct span rest = span_str(named);
	sqlite3_stmt *add = NULL;
	int rc = sqlite3_exec(
		db, "CREATE TEMP TABLE wanted (dims, minutes, PRIMARY KEY (dims, minutes))", NULL,
		NULL, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db, "INSERT OR IGNORE INTO temp.wanted VALUES (?,?)", -1,
					&add, NULL);
	if (rc == SQLITE_OK)
		rc = want(add, SPAN(""), true);
	for (size_t i = 0; rc == SQLITE_OK && i < ledger_dimension_count; i++)
		rc = want(add, span_str(ledger_dimensions[i].name), false);
	while (rc == SQLITE_OK && rest.n) {
		struct span one = span__cut(&rest, ' ');

		if (one.n)
			rc = want(add, one, by_minutes);
	}
	sqlite3_finalize(add);
	if (rc == SQLITE_OK)
		rc = own ? SQLITE_OK : sqlite3_exec(db, give_up_sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, begin_sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "DROP TABLE temp.wanted", NULL, NULL, NULL);
	return rc;
}

static bool has_sets(sqlite3 *db)
{
	sqlite3_stmt *s = NULL;
	bool has = sqlite3_prepare_v2(db, "SELECT 1 FROM rollups LIMIT 1", -1, &s, NULL) ==
			   SQLITE_OK &&
		   sqlite3_step(s) == SQLITE_ROW;

	sqlite3_finalize(s);
	return has;
}

static int choose_sets(sqlite3 *db, const char *named)
{
	bool own = !named && has_sets(db);
	int rc;

	rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return rc;
	rc = choose(db, named ? named : own ? "" : ROLLUP_DEFAULT, named != NULL, own);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

/* How far each set is: another process may have done a step, and a step may have been undone. */
static int load_sets(struct rollup *r)
{
	int rc;

	r->count = 0;
	while ((rc = sqlite3_step(r->sets)) == SQLITE_ROW && r->count < ROLLUP_SETS_MAX) {
		struct set *set = &r->set[r->count];
		const char *dims = (const char *)sqlite3_column_text(r->sets, 1);

		set->id = sqlite3_column_int64(r->sets, 0);
		set->minutes = sqlite3_column_int(r->sets, 2);
		set->upto = sqlite3_column_int64(r->sets, 3);
		set->dim_count = dims ? dimension_parse(dims, strlen(dims), set->dims, ROLLUP_KEYS)
				      : -EINVAL;
		r->count += set->dim_count >= 0;
	}
	sqlite3_reset(r->sets);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* SELECT n, end_ns, passed, d0, d1, ..., (sums) FROM (SELECT n, ..., provider AS d1, ... FROM
 * rated) */
static char *scan_sql(const char *where)
{
	sqlite3_str *s = sqlite3_str_new(NULL);

	sqlite3_str_appendall(s, "SELECT n, end_ns, passed");
	for (size_t i = 0; i < ledger_dimension_count; i++)
		sqlite3_str_appendf(s, ", d%d", (int)i);
#define SUM(name, sql) sqlite3_str_appendf(s, ", %s", sql);
#include "ledger/sums.def"
#undef SUM
	sqlite3_str_appendall(s, " FROM (SELECT n, end_ns, charge_role IS 'passed_through' AS"
				 " passed, " RATED_COLUMNS);
	for (size_t i = 0; i < ledger_dimension_count; i++)
		sqlite3_str_appendf(s, ", %s AS d%d", ledger_dimensions[i].sql, (int)i);
	sqlite3_str_appendf(s, " FROM rated WHERE %s)", where);
	return sqlite3_str_finish(s);
}

static int prepare(sqlite3 *db, char *sql, sqlite3_stmt **ret_s)
{
	int rc = sql ? sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_s, NULL)
		     : SQLITE_NOMEM;

	sqlite3_free(sql);
	return rc;
}

int rollup__open(sqlite3 *db, const char *named, struct rollup **ret_rollup)
{
	struct rollup *r = calloc(1, sizeof(*r));
	int rc = r ? choose_sets(db, named) : SQLITE_NOMEM;

	if (rc == SQLITE_OK)
		rc = ledger_rated_create(db);
	if (rc == SQLITE_OK)
		rc = tally__open(db, &r->tally);
	if (rc == SQLITE_OK)
		rc = prepare(db, sqlite3_mprintf("SELECT id, dims, minutes, upto FROM rollups"),
			     &r->sets);
	if (rc == SQLITE_OK)
		rc = prepare(db, sqlite3_mprintf("SELECT max(n) FROM entries"), &r->last);
	if (rc == SQLITE_OK)
		rc = prepare(db, scan_sql("n > ?1 AND n <= ?2 ORDER BY n LIMIT ?3"), &r->read);
	if (rc == SQLITE_OK)
		rc = prepare(db, scan_sql("n = ?1" RATED_ALONE), &r->read_one);
	if (rc == SQLITE_OK)
		rc = prepare(db, sqlite3_mprintf("UPDATE rollups SET upto = ?2 WHERE id = ?1"),
			     &r->advance);
	if (rc != SQLITE_OK) {
		rollup__free(r);
		return rc;
	}
	r->db = db;
	*ret_rollup = r;
	return SQLITE_OK;
}

void rollup__free(struct rollup *r)
{
	if (!r)
		return;
	tally__free(r->tally);
	sqlite3_finalize(r->sets);
	sqlite3_finalize(r->last);
	sqlite3_finalize(r->read);
	sqlite3_finalize(r->read_one);
	sqlite3_finalize(r->advance);
	free(r);
}

static struct span text_at(sqlite3_stmt *s, int column)
{
	const void *text = sqlite3_column_text(s, column);

	return span_of(text, text ? (size_t)sqlite3_column_bytes(s, column) : 0);
}

/* A call into one set. */
static int count_in(struct rollup *r, sqlite3_stmt *row, const struct set *set,
		    const int64_t sums[TALLY_SUMS], int sign)
{
	struct tally_key key = { .set = set->id,
				 .level = set->minutes ? LEVEL_MINUTE : LEVEL_HOUR };

	key.at = sqlite3_column_int64(row, Q_END) / ledger_levels[key.level].ns;
	for (int i = 0; i < set->dim_count; i++)
		key.text[i] = text_at(row, Q_DIMENSIONS + set->dims[i]);
	return tally__add(r->tally, &key, sums, sign);
}

static void sums_of(sqlite3_stmt *row, int64_t ret_sums[TALLY_SUMS])
{
	int at = Q_DIMENSIONS + (int)ledger_dimension_count;

	for (int i = 0; i < TALLY_SUMS; i++)
		ret_sums[i] = sqlite3_column_int64(row, at + i);
}

static int64_t last_row(struct rollup *r, int *ret_rc)
{
	int rc = sqlite3_step(r->last);
	int64_t n = rc == SQLITE_ROW ? sqlite3_column_int64(r->last, 0) : 0;

	*ret_rc = rc == SQLITE_ROW ? SQLITE_OK : rc;
	sqlite3_reset(r->last);
	return n;
}

/* From where to where: those that are the farthest behind, up to where others join them. */
static void next_range(const struct rollup *r, int64_t last, int64_t *ret_from, int64_t *ret_to)
{
	int64_t from = INT64_MAX, to = last;

	for (size_t i = 0; i < r->count; i++)
		if (r->set[i].upto < from)
			from = r->set[i].upto;
	for (size_t i = 0; i < r->count; i++)
		if (r->set[i].upto > from && r->set[i].upto < to)
			to = r->set[i].upto;
	*ret_from = from;
	*ret_to = to;
}

/* Up to which row the calls were taken in: all of the range, or as many as there was room for. */
static int scan(struct rollup *r, int64_t from, int64_t to, int64_t rows_max, int64_t *ret_upto)
{
	int64_t rows = 0, at = from, sums[TALLY_SUMS];
	int rc = sqlite3_bind_int64(r->read, 1, from);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(r->read, 2, to);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(r->read, 3, rows_max);
	while (rc == SQLITE_OK && !tally__is_full(r->tally, r->count) &&
	       (rc = sqlite3_step(r->read)) == SQLITE_ROW) {
		rc = SQLITE_OK;
		rows++;
		at = sqlite3_column_int64(r->read, Q_N);
		if (sqlite3_column_int(r->read, Q_PASSED))
			continue;
		sums_of(r->read, sums);
		for (size_t i = 0; rc == SQLITE_OK && i < r->count; i++)
			if (r->set[i].upto == from)
				rc = count_in(r, r->read, &r->set[i], sums, 1);
	}
	sqlite3_reset(r->read);
	*ret_upto = rc == SQLITE_DONE && rows < rows_max ? to : at;
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int advance(struct rollup *r, int64_t from, int64_t upto)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < r->count; i++) {
		if (r->set[i].upto != from)
			continue;
		rc = sqlite3_bind_int64(r->advance, 1, r->set[i].id);
		if (rc == SQLITE_OK)
			rc = sqlite3_bind_int64(r->advance, 2, upto);
		if (rc == SQLITE_OK)
			rc = sqlite3_step(r->advance);
		sqlite3_reset(r->advance);
		rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
	}
	return rc;
}

int rollup__step(struct rollup *r, int64_t rows_max, bool *ret_more)
{
	int64_t from, to, upto = 0, last;
	int rc = load_sets(r);

	*ret_more = false;
	tally__clear(r->tally); /* of a step that was undone */
	last = rc == SQLITE_OK ? last_row(r, &rc) : 0;
	if (rc != SQLITE_OK || !r->count)
		return rc;
	next_range(r, last, &from, &to);
	if (from >= to)
		return SQLITE_OK;
	rc = scan(r, from, to, rows_max, &upto);
	if (rc == SQLITE_OK)
		rc = tally__write(r->tally, false);
	if (rc == SQLITE_OK)
		rc = advance(r, from, upto);
	*ret_more = rc == SQLITE_OK && upto < last;
	return rc;
}

int rollup__correct(struct rollup *r, sqlite3_value *n, int sign)
{
	int64_t sums[TALLY_SUMS];
	int rc = load_sets(r);

	if (rc == SQLITE_OK && tally__is_full(r->tally, r->count))
		rc = tally__write(r->tally, true);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_value(r->read_one, 1, n);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(r->read_one);
	if (rc == SQLITE_ROW) {
		rc = SQLITE_OK;
		sums_of(r->read_one, sums);
		for (size_t i = 0; rc == SQLITE_OK && i < r->count; i++)
			if (sqlite3_column_int64(r->read_one, Q_N) <= r->set[i].upto &&
			    !sqlite3_column_int(r->read_one, Q_PASSED))
				rc = count_in(r, r->read_one, &r->set[i], sums, sign);
	}
	sqlite3_reset(r->read_one);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int rollup__write(struct rollup *r)
{
	return tally__write(r->tally, true);
}

int rollup_upto(sqlite3 *db, int64_t *ret_n)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT coalesce(min(upto), 0) FROM rollups", -1, &s, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		*ret_n = sqlite3_column_int64(s, 0);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return rc;
}
