/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run_tree: calls of agents as trees, in the order of time. Steps of a run stand below one another;
 * a sub-agent's stand indented below the step that started it. MORE: how much longer the context is
 * than that of the step before; HIT: what of it came from a cache; TOOLS: that the answer asks for.
 *
 *   run 4be1f0a2c33d9e71  claude[20465]  answered after 4.2s: 3 calls, 1 sub-agent, depth 1  $0.02
 *   sent 2141 tokens: 35% sent before, 0% from a cache; got 265
 *   STEP MODEL                              IN     MORE  HIT     OUT TOOLS    TOOK          COST
 *   1    claude-sonnet-4-5                 751                    65     1    1.2s        $0.014
 *     sub-agent 99f0c2e1a4b7d836: 1 call, 1.1s  $0.001
 *     1    claude-haiku-4-5                210                    80          0.9s        $0.001
 *   2    claude-sonnet-4-5                1180     +429         120          2.0s        $0.005
 */
#ifndef WT_SINK_RUN_TREE_H
#define WT_SINK_RUN_TREE_H

#include <stdio.h>

#include "entry.h"
#include "ledger_view.h"

/* A longer run is cut, and it is said: nobody reads so many lines. */
#define RUN_TREE_STEPS_MAX 5000

struct run_tree;
struct json_t;

struct run_tree *run_tree__new(void);	 /* NULL: no memory */
void run_tree__free(struct run_tree *t); /* NULL is fine */
/* Its texts are copied. 0, -ENOMEM, or -EMSGSIZE: there are too many, and this one is left out. */
int run_tree__add(struct run_tree *t, const struct ledger_step *s);
/* The same of a call that just ended; one that is of no run, or that another one stands for, is
 * none. */
int run_tree__add_entry(struct run_tree *t, const struct entry *e);
/* For a screen of so many columns, 80 at least; else it is for one of 92. */
void run_tree__fit(struct run_tree *t, int width);
/*
 * All runs, the one that began first first; those of single calls only where singles is set.
 * Returns how many were printed.
 */
size_t run_tree__print(struct run_tree *t, FILE *out, bool singles);
/* One object a call, by their start: what it follows makes the tree. NULL: no memory. */
struct json_t *run_tree__json(struct run_tree *t);

/*
 * How a run ended, by its last call: "answered"; "open": that asks for tools, of which nobody
 * brought the results, or not yet; "cut": it was as long as it was allowed to be; else the call's
 * result.
 */
const char *run_end_name(const char *result, const char *finish, int64_t tool_calls);

/* Whole percents; 0 of nothing. */
int64_t percent_of(int64_t part, int64_t whole);

#endif
