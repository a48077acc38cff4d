/* SPDX-License-Identifier: BSD-2-Clause */
/* meter_gpu: windows of this host's GPUs into a meter's pipeline, live. */
#ifndef WT_CMD_METER_GPU_H
#define WT_CMD_METER_GPU_H

#include "cmd/gauge.h"
#include "cmd/meter.h"

struct ledger;
struct pipeline;

/* In the process that starts the meter. */
struct meter_gpu {
	struct gauge gauge;
	/* In the meter's own, borrowed: */
	struct pipeline *pipeline;
	struct ledger *ledger; /* NULL: there is none */
};

/*
 * Before any privileges are given up. Where nothing of the kind is on the host no process is
 * started, and fd is -1; so it is for who wants no rows of calls. Returns 0, or -errno, said on
 * stderr.
 */
int meter_gpu__start(struct meter_gpu *g, const struct meter_opts *mo);
void meter_gpu__finish(struct meter_gpu *g);

/*
 * In the meter's own process: reads the pipe at CAPTURE_GAUGE_FD. NULL: there is none, or no
 * memory. To be freed with gauge_reader__free(). How sources are goes to stderr, and to the ledger.
 */
struct gauge_reader *meter_gpu_reader(struct meter_gpu *g, struct pipeline *p, struct ledger *l);

#endif
