/* SPDX-License-Identifier: BSD-2-Clause */
/* gaps: cells of a reconciliation, summed by what was asked for, and shown. */
#ifndef WT_CMD_RECONCILE_GAPS_H
#define WT_CMD_RECONCILE_GAPS_H

#include "reconcile/reconcile.h"

struct gaps;

/* by: "day,model", cut up in place and kept. NULL: it names what there is not. */
struct gaps *gaps__new(char *by);
void gaps__free(struct gaps *g); /* NULL is fine */
/* A reconcile_cell_fn. */
void gaps__add(void *gaps, const struct reconcile_cell *c);
/* The widest gaps first, the total last. json: a line each. */
void gaps__print(struct gaps *g, const struct reconcile_summary *sum, bool json);

#endif
