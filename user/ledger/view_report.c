// SPDX-License-Identifier: BSD-2-Clause
/* Sums of calls by what their owners, models and times have in common. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ledger/view.h"
#include "ledger_view.h"

/* What a report may go by beside the fields of an owner. To add one: a line here and in the text.
 */
static const struct {
	const char *name, *sql;
} dimensions[] = {
#define OWNER(symbol, name, help) { #name, "coalesce(" #name ", '')" },
#include "owner.def"
#undef OWNER
	{ "model", "CASE served_model WHEN '' THEN requested_model ELSE served_model END" },
	{ "provider", "provider" },
	{ "api", "api" },
	{ "uid", "CAST(coalesce(uid, '') AS TEXT)" },
	{ "container_id", "container_id" },
	{ "exe", "exe" },
	{ "cgroup", "coalesce(cgroup, '')" },
	{ "usage_source", "usage_source" },
	{ "process", "comm || '[' || pid || ']'" },
	{ "domain", "domain" },
	{ "via", "via" },
	{ "result", "result" },
	{ "hour", "strftime('%Y-%m-%dT%H:00Z', end_ns / 1000000000, 'unixepoch')" },
	{ "day", "strftime('%Y-%m-%d', end_ns / 1000000000, 'unixepoch')" },
};

#define DIMENSIONS (sizeof(dimensions) / sizeof(dimensions[0]))

const char *ledger_dimension_sql(const char *name)
{
	for (size_t i = 0; i < DIMENSIONS; i++)
		if (!strcmp(dimensions[i].name, name))
			return dimensions[i].sql;
	return NULL;
}

bool ledger_view_dimension(const char *name)
{
	return ledger_dimension_sql(name) != NULL;
}

const char *ledger_view_dimensions(void)
{
	return "model provider"
#define OWNER(symbol, name, help) " " #name
#include "owner.def"
#undef OWNER
	       " api uid container_id exe cgroup usage_source process domain via result hour day";
}

#define SUMS                                                                                 \
	"count(*), sum(paid IS NULL), sum(basis = 'not_billed'), sum(result = 'aborted'), "  \
	"sum(NOT complete), sum(" ESTIMATED "), sum(" FROM_SIZES "), sum(" IMPLAUSIBLE "), " \
	"sum(coalesce(input,0) + coalesce(audio_in,0) + coalesce(image_in,0)), "             \
	"sum(coalesce(cache_read,0)), sum(coalesce(cache_write_5m,0) + "                     \
	"coalesce(cache_write_1h,0)), sum(coalesce(output,0) + coalesce(audio_out,0) + "     \
	"coalesce(image_out,0)), sum(coalesce(paid,0)), "                                    \
	"sum(CASE WHEN " ESTIMATED " THEN paid ELSE 0 END), "                                \
	"sum(CASE WHEN " IMPLAUSIBLE " THEN paid ELSE 0 END)"

/* Adds to a text of SQL. Returns 0, -EMSGSIZE when it does not fit. */
static int add(char *sql, size_t cap, const char *text)
{
	size_t n = strlen(sql), len = strlen(text);

	if (n + len >= cap)
		return -EMSGSIZE;
	memcpy(sql + n, text, len + 1);
	return 0;
}

/*
 * SELECT service, model, count(*), ... FROM rated WHERE end_ns >= ?1 AND end_ns < ?2 AND team = ?3
 * GROUP BY 1, 2 ORDER BY 15 DESC, ... Names are taken from the table alone; values are bound.
 */
static int query_sql(const struct ledger_view *v, const struct ledger_query *q, bool total,
		     char *sql, size_t cap)
{
	size_t keys = total ? 0 : q->by_count;
	char part[128];
	int err = add(sql, cap, "SELECT ");

	for (size_t i = 0; !err && i < keys; i++) {
		const char *by = ledger_dimension_sql(q->by[i]);

		err = by ? add(sql, cap, by) : -EINVAL;
		err = err ? err : add(sql, cap, ", ");
	}
	err = err ? err : add(sql, cap, SUMS ", sum(");
	err = err ? err : add(sql, cap, v->subscription);
	err = err ? err : add(sql, cap, ") FROM rated WHERE ");
	err = err ? err : add(sql, cap, v->where);
	for (size_t i = 0; !err && i < q->where_count; i++) {
		const char *by = ledger_dimension_sql(q->where[i].dimension);

		snprintf(part, sizeof(part), " = ?%zu", i + 3);
		err = by ? add(sql, cap, " AND ") : -EINVAL;
		err = err ? err : add(sql, cap, by);
		err = err ? err : add(sql, cap, part);
	}
	for (size_t i = 0; !err && i < keys; i++) {
		snprintf(part, sizeof(part), "%s%zu", i ? ", " : " GROUP BY ", i + 1);
		err = add(sql, cap, part);
	}
	if (!err && keys) {
		/* cost, what a subscription pays, calls; then by name */
		snprintf(part, sizeof(part), " ORDER BY %zu DESC, %zu DESC, %zu DESC, 1", keys + 13,
			 keys + 16, keys + 1);
		err = add(sql, cap, part);
	}
	return err;
}

static const char *key_text(sqlite3_stmt *s, int column)
{
	const char *t = (const char *)sqlite3_column_text(s, column);

	return t ? t : "";
}

static void tell_sum(sqlite3_stmt *s, size_t keys, ledger_sum_fn fn, void *ctx)
{
	int at = (int)keys;
	struct ledger_sum sum = { .total = !keys,
				  .calls = sqlite3_column_int64(s, at),
				  .unpriced = sqlite3_column_int64(s, at + 1),
				  .not_billed = sqlite3_column_int64(s, at + 2),
				  .aborted = sqlite3_column_int64(s, at + 3),
				  .incomplete = sqlite3_column_int64(s, at + 4),
				  .estimated = sqlite3_column_int64(s, at + 5),
				  .from_sizes = sqlite3_column_int64(s, at + 6),
				  .implausible = sqlite3_column_int64(s, at + 7),
				  .input = sqlite3_column_int64(s, at + 8),
				  .cache_read = sqlite3_column_int64(s, at + 9),
				  .cache_write = sqlite3_column_int64(s, at + 10),
				  .output = sqlite3_column_int64(s, at + 11),
				  .nano_usd = sqlite3_column_int64(s, at + 12),
				  .estimated_nano = sqlite3_column_int64(s, at + 13),
				  .implausible_nano = sqlite3_column_int64(s, at + 14),
				  .subscription_nano = sqlite3_column_int64(s, at + 15) };

	for (size_t i = 0; i < keys; i++)
		sum.key[i] = key_text(s, (int)i);
	fn(ctx, &sum);
}

static int tell(struct ledger_view *v, const struct ledger_query *q, bool total, ledger_sum_fn fn,
		void *ctx)
{
	char sql[8192] = "";
	sqlite3_stmt *s = NULL;
	int rc, err = query_sql(v, q, total, sql, sizeof(sql));

	if (err)
		return err;
	rc = sqlite3_prepare_v2(v->db, sql, -1, &s, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(s, 1, q->since_ns);
		sqlite3_bind_int64(s, 2, q->until_ns);
	}
	for (size_t i = 0; rc == SQLITE_OK && i < q->where_count; i++)
		rc = sqlite3_bind_text(s, (int)i + 3, q->where[i].value, -1, SQLITE_STATIC);
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		tell_sum(s, total ? 0 : q->by_count, fn, ctx);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

int ledger_view__report(struct ledger_view *v, const struct ledger_query *q, ledger_sum_fn fn,
			void *ctx)
{
	int err = q->by_count ? tell(v, q, false, fn, ctx) : 0;

	return err ? err : tell(v, q, true, fn, ctx);
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
