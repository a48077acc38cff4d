// SPDX-License-Identifier: BSD-2-Clause
/* Sums of calls by what their owners, models and times have in common. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "ledger/dimension.h"
#include "ledger/lines.h"
#include "ledger/local.h"
#include "ledger/plan.h"
#include "ledger/view.h"
#include "ledger_view.h"

/*
 * So many calls are read one by one in about a second, when some values of theirs are told apart in
 * no sum.
 */
#define READ_CALLS_MAX 300000

/* A query, taken apart. */
struct asked {
	const struct ledger_query *q;
	size_t keys; /* 0: of the total */
	uint8_t dims[LEDGER_KEYS + LEDGER_WHERES];
	int dim_count;
	enum ledger_level coarsest;
	struct plan plan;
};

static void want(struct asked *a, int dim)
{
	if (dim >= 0 && !memchr(a->dims, dim, (size_t)a->dim_count))
		a->dims[a->dim_count++] = (uint8_t)dim;
}

/* Days are whole hours in most time zones, and whole days of UTC in it alone. */
static void want_time(struct asked *a, const char *name)
{
	enum dimension_time time = dimension_time(name);
	enum ledger_level level = time == DIMENSION_NO_TIME ? LEVEL_DAY
				  : time == DIMENSION_HOUR  ? LEVEL_HOUR
							    : LEVEL_DAY;

	while (time != DIMENSION_NO_TIME && level > LEVEL_MINUTE &&
	       !ledger_local_fits(a->q->since_ns, a->q->until_ns, ledger_levels[level].ns))
		level--;
	if (level < a->coarsest)
		a->coarsest = level;
}

static int take_apart(const struct ledger_query *q, size_t keys, struct asked *a)
{
	*a = (struct asked){ .q = q, .keys = keys, .coarsest = LEVEL_DAY };
	for (size_t i = 0; i < keys + q->where_count; i++) {
		const char *name = i < keys ? q->by[i] : q->where[i - keys].dimension;

		if (!ledger_view_dimension(name))
			return -EINVAL;
		want(a, dimension_find(name));
		want_time(a, name);
	}
	return 0;
}

/* A dimension in a row of the part: "k1", "provider", "local_day(at * 86400000000000)". */
static void add_dimension(sqlite3_str *s, const struct asked *a, const struct plan_part *part,
			  const char *name)
{
	enum dimension_time time = dimension_time(name);
	int dim = dimension_find(name);

	if (time != DIMENSION_NO_TIME)
		sqlite3_str_appendf(s, "local_%s(", name);
	if (time != DIMENSION_NO_TIME && part->level == LEVEL_CALL)
		sqlite3_str_appendall(s, "end_ns)");
	else if (time != DIMENSION_NO_TIME)
		sqlite3_str_appendf(s, "at * %lld)", (long long)ledger_levels[part->level].ns);
	else if (part->level == LEVEL_CALL)
		sqlite3_str_appendf(s, "coalesce(%s, '')", ledger_dimensions[dim].sql);
	else /* NULL: all others */
		sqlite3_str_appendf(s, "CASE typeof(k%d) WHEN 'text' THEN k%d END",
				    plan__column(&a->plan, (uint8_t)dim),
				    plan__column(&a->plan, (uint8_t)dim));
}

/* A part's rows: of a table of sums, or of single calls, whose sums are 1, 0, ... */
static void add_rows(sqlite3_str *s, const struct asked *a, const struct plan_part *part)
{
	const struct plan *p = &a->plan;
	long long unit = ledger_levels[part->level].ns, since = part->since_ns / unit;
	long long until = part->until_ns == INT64_MAX ? INT64_MAX : part->until_ns / unit;
	bool calls = part->level == LEVEL_CALL;
	/* The index of times would be of no use behind the last row that is summed. */
	const char *no_index = part->waiting ? "+" : "";

	sqlite3_str_appendall(s, "SELECT ");
	for (size_t i = 0; i < a->keys; i++) {
		add_dimension(s, a, part, a->q->by[i]);
		sqlite3_str_appendf(s, " AS g%d, ", (int)i);
	}
	if (calls)
		sqlite3_str_appendf(s,
				    RATED_COLUMNS " FROM rated WHERE %send_ns >= %lld AND %send_ns"
						  " < %lld AND charge_role IS NOT 'passed_through'",
				    no_index, since, no_index, until);
	else
		sqlite3_str_appendf(s, "* FROM %s WHERE set_id = %lld AND at >= %lld AND at < %lld",
				    ledger_levels[part->level].name, (long long)p->set, since,
				    until);
	if (calls && p->set)
		sqlite3_str_appendf(s, " AND n %s %lld",
				    part->waiting ? ">" : "<=", (long long)p->upto);
	for (size_t i = 0; i < a->q->where_count; i++) {
		sqlite3_str_appendall(s, " AND ");
		add_dimension(s, a, part, a->q->where[i].dimension);
		sqlite3_str_appendf(s, " = ?%d", (int)i + 1);
	}
	if (calls)
		sqlite3_str_appendall(s, RATED_ALONE);
}

/*
 * SELECT calls, ..., g0 FROM (SELECT k0 AS g0, * FROM days WHERE ...), or
 * SELECT 1, ..., g0 FROM (SELECT provider AS g0, basis, ... FROM rated WHERE ...).
 * Names are taken from tables alone; values are bound.
 */
static char *part_sql(sqlite3 *db, const struct asked *a, const struct plan_part *part)
{
	sqlite3_str *s = sqlite3_str_new(db);
	const char *comma = "SELECT ";

#define SUM(name, sql)                                                                  \
	sqlite3_str_appendf(s, "%s%s", comma, part->level == LEVEL_CALL ? sql : #name); \
	comma = ", ";
#include "ledger/sums.def"
#undef SUM
	for (size_t i = 0; i < a->keys; i++)
		sqlite3_str_appendf(s, ", g%d", (int)i);
	sqlite3_str_appendall(s, " FROM (");
	add_rows(s, a, part);
	sqlite3_str_appendall(s, ")");
	return sqlite3_str_finish(s);
}

static int add_row(sqlite3_stmt *s, const struct asked *a, struct lines *lines)
{
	int64_t figures[LINE_FIGURES];
	struct span keys[LEDGER_KEYS];

	for (int i = 0; i < LINE_FIGURES; i++)
		figures[i] = sqlite3_column_int64(s, i);
	for (int i = 0; i < (int)a->keys; i++) {
		const void *text = sqlite3_column_text(s, LINE_FIGURES + i);

		keys[i] = span_of(text, (size_t)sqlite3_column_bytes(s, LINE_FIGURES + i));
	}
	return lines__add(lines, keys, figures);
}

static int add_part(struct ledger_view *v, const struct asked *a, const struct plan_part *part,
		    struct lines *lines)
{
	char *sql = part_sql(v->db, a, part);
	sqlite3_stmt *s = NULL;
	int rc = sql ? sqlite3_prepare_v2(v->db, sql, -1, &s, NULL) : SQLITE_NOMEM, err = 0;

	sqlite3_free(sql);
	for (size_t i = 0; rc == SQLITE_OK && i < a->q->where_count; i++)
		rc = sqlite3_bind_text(s, (int)i + 1, a->q->where[i].value, -1, SQLITE_STATIC);
	while (!err && rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		err = add_row(s, a, lines);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return err ? err : rc == SQLITE_DONE ? 0 : -EIO;
}

/* fn NULL: nothing is told; ret_told is what the lines add up to. */
static int tell(struct ledger_view *v, const struct asked *a, struct ledger_sum *ret_told,
		ledger_sum_fn fn, void *ctx)
{
	bool times = a->keys && dimension_time(a->q->by[0]) != DIMENSION_NO_TIME;
	struct lines *lines;
	int err = lines__new(a->keys, LINES_MAX, &lines);

	if (err)
		return err;
	for (size_t i = 0; !err && i < a->plan.count; i++)
		err = add_part(v, a, &a->plan.part[i], lines);
	err = err ? err
		  : lines__tell(lines, times ? LINES_BY_TIME : LINES_BY_COST, fn, ctx, ret_told);
	lines__free(lines);
	return err;
}

/* The set has a row of all others in that time. */
static bool has_others(struct ledger_view *v, const struct plan *p)
{
	long long until = p->until_ns == INT64_MAX ? INT64_MAX : p->until_ns / LEDGER_DAY_NS + 1;
	char *sql =
		sqlite3_mprintf("SELECT 1 FROM days WHERE set_id = %lld AND at >= %lld AND at <"
				" %lld AND typeof(k0) = 'integer' LIMIT 1",
				(long long)p->set, (long long)(p->since_ns / LEDGER_DAY_NS), until);
	sqlite3_stmt *s = NULL;
	bool has = sql && sqlite3_prepare_v2(v->db, sql, -1, &s, NULL) == SQLITE_OK &&
		   sqlite3_step(s) == SQLITE_ROW;

	sqlite3_finalize(s);
	sqlite3_free(sql);
	return has;
}

/* calls: of the same time and conditions, so far as is known; 0: few. */
static int make_plan(struct ledger_view *v, struct asked *a, int64_t since_ns, int64_t until_ns,
		     int64_t calls, bool *ret_at_least)
{
	struct plan *p = &a->plan;

	if (!v->rolled) {
		*p = (struct plan){ .since_ns = since_ns, .until_ns = until_ns };
		plan__use_calls(p);
		return 0;
	}
	if (plan_make(v->db, a->dims, a->dim_count, a->coarsest, since_ns, until_ns, p))
		return -EIO;
	/* The calls of one value, exactly: some may be among the others. */
	if (!p->set || !a->dim_count || !has_others(v, p))
		return 0;
	if (p->since_ns < p->from_ns[LEVEL_CALL])
		*ret_at_least = a->q->where_count;
	else if (a->q->where_count || calls <= READ_CALLS_MAX)
		plan__use_calls(p);
	return 0;
}

/* What is in the total, and in no line: calls that are not known by these dimensions any more. */
static void tell_rest(const struct asked *a, struct ledger_sum *total, struct ledger_sum *lines,
		      ledger_sum_fn fn, void *ctx)
{
	struct ledger_sum rest = { .other = true };

	for (size_t i = 0; i < LINE_FIGURES; i++)
		*line_figure(&rest, i) = *line_figure(total, i) - *line_figure(lines, i);
	for (size_t i = 0; i < a->keys; i++)
		rest.key[i] = LEDGER_FORGOTTEN;
	if (rest.calls)
		fn(ctx, &rest);
}

static int report(struct ledger_view *v, const struct ledger_query *q, ledger_sum_fn fn, void *ctx)
{
	struct ledger_known known = { .since_ns = q->since_ns, .until_ns = q->until_ns };
	struct ledger_sum lines, total = { .calls = 0 };
	struct asked by, all;
	int err = take_apart(q, q->by_count, &by);

	err = err ? err : take_apart(q, 0, &all);
	err = err ? err : make_plan(v, &all, q->since_ns, q->until_ns, 0, &known.at_least);
	err = err ? err : tell(v, &all, &total, NULL, NULL);
	err = err ? err : make_plan(v, &by, q->since_ns, q->until_ns, total.calls, &known.at_least);
	if (err)
		return err;
	known.read = v->rolled && !by.plan.set ? total.calls : 0;
	/* Of the time that the lines are of. */
	known.since_ns = by.plan.since_ns;
	known.until_ns = by.plan.until_ns;
	if (by.plan.from_ns[LEVEL_CALL] > ledger_first_minute(v))
		known.calls_from_ns = by.plan.from_ns[LEVEL_CALL];
	if (known.since_ns != all.plan.since_ns || known.until_ns != all.plan.until_ns) {
		err = make_plan(v, &all, known.since_ns, known.until_ns, 0, &known.at_least);
		err = err ? err : tell(v, &all, &total, NULL, NULL);
	}
	if (!err && q->ret_known)
		*q->ret_known = known;
	if (!err && q->by_count) {
		err = tell(v, &by, &lines, fn, ctx);
		if (!err)
			tell_rest(&by, &total, &lines, fn, ctx);
	}
	if (!err)
		fn(ctx, &total);
	return err;
}

int ledger_view__report(struct ledger_view *v, const struct ledger_query *q, ledger_sum_fn fn,
			void *ctx)
{
	/* All that is told is of one moment: of a follower's, if there is one. */
	bool own = sqlite3_get_autocommit(v->db);
	int err = own && sqlite3_exec(v->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK ? -EIO : 0;

	err = err ? err : report(v, q, fn, ctx);
	if (own)
		sqlite3_exec(v->db, "COMMIT", NULL, NULL, NULL);
	return err;
}

int ledger_view__unpriced(struct ledger_view *v, int64_t since_ns, ledger_unpriced_fn fn, void *ctx)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(
		v->db,
		"SELECT provider, CASE served_model WHEN '' THEN requested_model ELSE served_model END"
		" AS m, count(*), sum(coalesce(input, 0) + coalesce(cache_read, 0)),"
		" sum(coalesce(output, 0)) FROM rated WHERE end_ns >= ?1 AND paid IS NULL AND"
		" usage_source <> 'none' GROUP BY provider, m ORDER BY 3 DESC, 1, 2",
		-1, &s, NULL);

	if (rc == SQLITE_OK)
		sqlite3_bind_int64(s, 1, since_ns);
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		const char *provider = (const char *)sqlite3_column_text(s, 0);
		const char *model = (const char *)sqlite3_column_text(s, 1);

		fn(ctx, &(struct ledger_unpriced){ .provider = provider ? provider : "",
						   .model = model ? model : "",
						   .calls = sqlite3_column_int64(s, 2),
						   .input = sqlite3_column_int64(s, 3),
						   .output = sqlite3_column_int64(s, 4) });
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : -EIO;
}
