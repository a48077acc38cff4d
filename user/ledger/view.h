/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of a ledger that is read: ledger_view.h. */
#ifndef WT_LEDGER_VIEW_INSIDE_H
#define WT_LEDGER_VIEW_INSIDE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/table.h"
#include "span.h"

/* A call whose tokens are estimated from nothing but sizes, as row.c writes it. */
#define FROM_SIZES "usage_source = 'estimated from sizes'"

/* A price that was found later stands beside a basis that stays unknown. */
#define ESTIMATED                                                              \
	"(basis = 'estimated' OR (basis = 'unknown' AND paid IS NOT NULL AND " \
	"usage_source LIKE 'estimated%'))"
/* Figures that can't be true, and have a price all the same. */
#define IMPLAUSIBLE "(usage_source = 'implausible' AND paid IS NOT NULL)"

/* All input, cached or not. */
#define SUM_INPUT                                                            \
	"coalesce(input,0) + coalesce(audio_in,0) + coalesce(image_in,0) + " \
	"coalesce(cache_read,0) + coalesce(cache_write_5m,0) + coalesce(cache_write_1h,0)"
#define SUM_OUTPUT "coalesce(output,0) + coalesce(audio_out,0) + coalesce(image_out,0)"

/* A column's text, empty where there is none; it is good until the next step. */
static inline const char *ledger_text(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text ? text : "";
}

static inline struct span ledger_span(sqlite3_stmt *s, int column)
{
	return span_str(ledger_text(s, column));
}

/* SQL of a dimension of a report; NULL: there is no such. */
const char *ledger_dimension_sql(const char *name);
/* SQL: which calls are summed, by two times: each once. */
#define RATED_WHERE "end_ns >= ?1 AND end_ns < ?2 AND charge_role IS NOT 'passed_through'"

/*
 * What sums.def is made of. To be selected in a subquery with a LIMIT, which SQLite leaves as it
 * is: a text is then looked up once for a call, not once for each sum that asks for it.
 */
#define RATED_COLUMNS                                                                          \
	"basis, usage_source, result, complete, paid, subscription_nano, input, audio_in, "    \
	"image_in, cache_read, cache_write_5m, cache_write_1h, output, audio_out, image_out, " \
	"request_bytes, response_bytes, gpu_ns, gpu_nano"
#define RATED_ALONE " LIMIT -1"

struct ledger_view {
	sqlite3 *db;
	struct table names; /* of calls that were told one by one: hashes of texts to them, owned */
	bool rolled;	    /* there are sums; a ledger that is not migrated yet has calls alone */
};

/*
 * Makes the temporary view `rated`: calls, each with `paid`, its price or the one that was found
 * for it later. What a ledger that is not migrated yet lacks is NULL. Returns SQLite's result.
 */
int ledger_rated_create(sqlite3 *db);
/* The first minute of which there are calls or sums, since the Unix epoch; 0: there is none. */
int64_t ledger_first_minute(struct ledger_view *v);

#endif
