/* SPDX-License-Identifier: BSD-2-Clause */
/* meter_hold: budgets whose mode is hold: who is stopped for them, and what is said of his writes.
 */
#ifndef WT_CMD_METER_HOLD_H
#define WT_CMD_METER_HOLD_H

#include "capture/capture.h"
#include "detect/budget.h"
#include "pipeline.h"

struct ledger;

struct meter_hold {
	struct halt_who who[BUDGETS_MAX]; /* borrowed from the budgets */
	size_t count;
};

/* enforce: whether anything is to be done about findings at all. */
struct meter_hold meter_hold_of(const struct budgets *b, bool enforce);
/* Has the capture side stop them; borrowed. */
void meter_hold__ask(const struct meter_hold *h, struct capture_opts *c);
/* As struct pipeline_opts's judged, for the keeper. */
void meter_hold_judge(struct tap *t, const struct wire *w, const struct pipeline_judged *j);
/* How long holds took by now, for `wiretally budget`. Returns 0 or -errno. */
int meter_hold_keep(struct ledger *l, const struct tap *t);

#endif
