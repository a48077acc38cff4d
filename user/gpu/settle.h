/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settle: one window of a device into parts. Busy time goes to processes by the driver's figures,
 * of each to the requests that it worked for by what of them fell into the window; idle time goes
 * to who holds memory, else to who has a claim, else it is free.
 *
 * What a batch reads its weights for is done once for all that are in it: no request has a cost of
 * its own there, and sharing by work is a choice. What is exact is the sum.
 */
#ifndef WT_GPU_SETTLE_H
#define WT_GPU_SETTLE_H

#include "gpu/requests.h"
#include "gpu/split.h"

/* Parts of one window: a request of a server each, and of each process its rest and what it holds.
 */
#define SETTLE_PARTS_MAX (2 * GPU_SERVER_REQUESTS_MAX + 3 * GPU_PROCESSES_MAX)

#define SETTLE_SPLIT_MAX GPU_SERVER_REQUESTS_MAX

/* Large: to be allocated once. */
struct settle {
	const struct gpu_window *window;
	/* Of each process, whose requests it works for; NULL: of none that is known. */
	struct gpu_server *servers[GPU_PROCESSES_MAX];
	int64_t nano_usd; /* that the window costs */
	/* Out: */
	struct gpu_part parts[SETTLE_PARTS_MAX];
	size_t count;
	/* Room for what is split, one level at a time. */
	struct split_part split[SETTLE_SPLIT_MAX];
	int64_t nano[SETTLE_SPLIT_MAX];
	const struct gpu_request *requests[GPU_SERVER_REQUESTS_MAX];
	struct gpu_work work[GPU_SERVER_REQUESTS_MAX];
};

/* Fills parts. */
void settle__window(struct settle *s);

#endif
