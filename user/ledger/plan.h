/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan: where the calls of a time are read from: whole days, then whole hours and minutes of what
 * is summed, and single calls at its ends, and those that are not summed yet. Each call once.
 */
#ifndef WT_LEDGER_PLAN_H
#define WT_LEDGER_PLAN_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "ledger/level.h"
#include "ledger_view.h"

/* A part at each end of each level, and the calls that wait. */
#define PLAN_PARTS (2 * LEVELS + 2)

struct plan {
	int64_t set; /* 0: there is no set of these dimensions, calls are read */
	uint8_t dims[ROLLUP_KEYS];
	int dim_count;
	bool minutes; /* the set has sums of them */
	int64_t upto; /* calls up to that number are in it */
	int64_t since_ns, until_ns;
	int64_t from_ns[LEVELS];    /* nothing before it is kept */
	enum ledger_level coarsest; /* that answers: hours of a zone may be no hours of UTC */
	struct plan_part {
		enum ledger_level level;
		bool waiting; /* calls behind upto */
		int64_t since_ns, until_ns;
	} part[PLAN_PARTS];
	size_t count;
};

/*
 * A plan for dimensions (of dimension.h), each of which calls are known by. Where single calls are
 * kept no longer, the time is widened to whole minutes, hours or days: plan.since_ns, until_ns.
 * Returns SQLite's result.
 */
int plan_make(sqlite3 *db, const uint8_t *dims, int dim_count, enum ledger_level coarsest,
	      int64_t since_ns, int64_t until_ns, struct plan *ret_plan);
/* Reads calls alone, as far as they are kept. */
void plan__use_calls(struct plan *p);
/* The column of the plan's set that has the dimension: 0 to 3. */
int plan__column(const struct plan *p, uint8_t dim);

#endif
