/* SPDX-License-Identifier: BSD-2-Clause */
/* meter_own: what a meter holds, shared by the files that make one up (meter.c, meter_events.c). */
#ifndef WT_CMD_METER_OWN_H
#define WT_CMD_METER_OWN_H

#include <stdbool.h>
#include <stdio.h>

#include "cmd/config_act.h"
#include "cmd/doing.h"
#include "cmd/fingerprints.h"
#include "cmd/meter.h"
#include "cmd/meter_gpu.h"
#include "cmd/meter_hold.h"
#include "cmd/outlet.h"
#include "cmd/spoken.h"
#include "detect/detect.h"
#include "pipeline.h"

struct meter {
	const struct meter_opts *m;
	struct price_list *prices;
	struct attribute_opts attribute;
	struct fingerprints fingerprints;
	struct detect_settings detect;
	const struct budgets *budgets;
	struct meter_hold hold;
	struct act_settings acts;
	const char *protect[ACT_PROTECT_MAX + 1]; /* of acts, as the keeper takes them */
	struct doing doing;
	struct tap *tap;
	struct pipeline *pipeline;
	struct meter_gpu gpu;
	struct gauge_reader *gauge; /* NULL: there is no GPU */
	struct bill *bill;
	struct run_tree *tree; /* the runs of what is billed */
	bool tree_cut;
	struct ledger *ledger;
	bool ledger_failed; /* said once */
	int64_t wall_offset_ns;
	struct outlet *outlet;
	FILE *out; /* its stream: rows or bill */
	int hooks; /* the socket to them, in the meter; -1: there are none */
	bool colour;
	bool output_gone;
	uint64_t calls;
	struct spoken spoken;
	int64_t learnt_at; /* when what was learnt was last written down */
	bool ending;
	uint64_t undelivered; /* rows for sinks that were lost, when the ledger was closed */
};

extern const struct tap_ops meter_tap_ops;

/* How the pipeline is to run for this meter, and what it tells back. Points into *m. */
struct pipeline_opts meter__pipeline_opts(struct meter *m);
/* What does and tells actions for this meter; not begun yet. Points into *m. */
struct doing meter__doing(struct meter *m);
/* Wall time, since the Unix epoch. */
int64_t meter__now_ns(const struct meter *m);
/* What became no row, wherever it was lost. */
struct drops meter__drops(const struct meter *m);
/* What stands beside calls in the ledger is written down; one transaction ends. */
void meter__tick_ledger(struct meter *m, uint64_t monotonic_ns);
/* Says so once. */
void meter__output_failed(struct meter *m, int err);
/* A recording grows in pieces that are worth writing; what is there is readable at any time. */
void meter__check_record(struct meter *m);

#endif
