/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * progress: when the tokens of an answer came, as its events passed, in bounded room: a long answer
 * is remembered more coarsely. Times in ns, any clock.
 */
#ifndef WT_GPU_PROGRESS_H
#define WT_GPU_PROGRESS_H

#include <stdint.h>

/* Steps of an answer that are told apart; an answer of a minute has steps of a second. */
#define PROGRESS_STEPS 64
/* The first step's length: shorter than any window that devices are asked in. */
#define PROGRESS_STEP_NS 100000000ull

struct progress {
	uint64_t start, step; /* step 0: nothing came yet */
	uint32_t events[PROGRESS_STEPS];
	uint64_t total;
};

void progress__event(struct progress *p, uint64_t ts);
/* Of `whole`, the part that had come by ts, each event as much: 0 before the first, whole at end.
 */
uint64_t progress__until(const struct progress *p, uint64_t whole, uint64_t end, uint64_t ts);
/* The same of work that went on evenly from start to end. */
uint64_t progress_even(uint64_t whole, uint64_t start, uint64_t end, uint64_t ts);

#endif
