/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree: one run, in the order of time. Steps of a run stand below one another; a sub-agent's run
 * stands indented below the step that started it.
 *
 *   STEP MODEL                    IN   MORE  HIT    OUT   TOOK        COST
 *   1    claude-sonnet-4-5-20250  751             -     65   1.2s   $0.001076
 *   2    claude-sonnet-4-5-20250 1180   +429  61%    120   2.0s    $0.00534
 *     1  claude-haiku-4-5-202510  210             -     80   0.9s    $0.00061  refused
 */
#ifndef WT_TOP_TREE_H
#define WT_TOP_TREE_H

#include "ledger_view.h"

/* A longer run is cut, and it is said: nobody reads so many lines. */
#define TREE_STEPS_MAX 5000

struct tree_step {
	char id[33], run[17], parent_run[17], follows[33], link[12], result[12];
	char model[128], service[128];
	int64_t step, input, cache_read, output, nano_usd, start_ns, end_ns, pid;
	bool estimated;
	/* of the ids: what is equal is so to a few of 2^64 */
	uint64_t id_hash, run_hash, parent_hash, follows_hash;
	bool placed;
};

/* All zero: without a step. */
struct tree {
	struct tree_step *step; /* by their start */
	size_t count, cap;
	struct tree_line {
		uint32_t step; /* its place in step */
		uint32_t level;
	} * line;    /* as many as there are steps, once they are placed */
	size_t runs; /* its own and the sub-agents', once the steps are placed */
	bool no_memory, cut;
};

void tree__fini(struct tree *t);
void tree__add(struct tree *t, const struct ledger_step *s);
/* Makes the lines. Returns 0 or -ENOMEM. */
int tree__place(struct tree *t);
/* "run e428447d1f9a0ff1  analyst[20465]  4 calls, 0 sub-agents, 2.1s  $0.00702"; of placed steps.
 */
const char *tree__title(const struct tree *t, char *dst, size_t cap);
/* Columns for a terminal that is so wide, 80 at least. */
const char *tree_heading(int width, char *dst, size_t cap);
/* A line of so many columns at most; cap >= 10 * width + 8. */
const char *tree__line(const struct tree *t, size_t i, int width, bool ascii, char *dst,
		       size_t cap);

#endif
