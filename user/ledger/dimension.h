/* SPDX-License-Identifier: BSD-2-Clause */
/* dimension: what calls can be summed by, as SQL of the view `rated`. */
#ifndef WT_LEDGER_DIMENSION_H
#define WT_LEDGER_DIMENSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Everything but times: what a rollup may go by. */
extern const struct dimension {
	const char *name, *sql;
} ledger_dimensions[];
extern const size_t ledger_dimension_count;

/* Hours and days are no property of a call: sums have their own time. */
enum dimension_time { DIMENSION_NO_TIME, DIMENSION_HOUR, DIMENSION_DAY };

/* -1: there is none of that name. */
int dimension_find(const char *name);
enum dimension_time dimension_time(const char *name);

/* SQL of what a call has, also of its hour or day; NULL: there is no such dimension. */
const char *dimension_sql(const char *name);

/*
 * "model,service": each of them in ret_dims, in their order. Returns how many, -EINVAL when one is
 * none, or comes twice, -E2BIG when there are more than cap.
 */
int dimension_parse(const char *text, size_t n, uint8_t *ret_dims, size_t cap);

#endif
