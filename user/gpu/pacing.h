/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pacing: how often a driver is asked about a GPU, by what its answers cost. A look at an H200
 * takes 4 ms of a core, whose time goes into the driver's own counters: eight of them each second
 * would take 3 % of it. Devices take turns, so that all looks together stay below the budget:
 *
 *   8 GPUs, 3.8 ms a look:  each is looked at every 8th pass, one of them in each
 *   1 GPU,  3.8 ms:         in each pass
 *
 * Nothing is lost by that but the time's resolution: counters and the driver's samples tell what
 * was between two looks.
 */
#ifndef WT_GPU_PACING_H
#define WT_GPU_PACING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a core, for all devices of a source together: with the rest it is half a per cent. */
#define PACING_BUDGET_PPM 4000
/* Passes are a second apart; those that come more often are not paced down for it. */
#define PACING_PASS_NS 1000000000ull
/* A driver remembers its samples for some 20 s, and a call waits for its last window. */
#define PACING_PASSES_MAX 10

struct pacing {
	uint64_t look_ns; /* of a core, that a look at one device takes: a moving mean; 0: none yet
			   */
	uint32_t passes;  /* from one look at a device to the next; 0: as 1 */
};

void pacing__took(struct pacing *p, uint64_t cpu_ns);
/* For so many devices, behind a pass. True: p->passes has changed. */
bool pacing__settle(struct pacing *p, size_t devices);
/* Is it that device's turn? Both count from 0: in the first pass it is everybody's. */
bool pacing__is_due(const struct pacing *p, uint64_t pass, size_t device);

#endif
