/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * repeats: calls in, how often each was made before out: the same request by the same process, each
 * sent when the one before it was over; the same tools with the same arguments, step after step of
 * a run. What is the same is known by hashes, of which none is told: a row has the counts.
 */
#ifndef WT_RUN_REPEATS_H
#define WT_RUN_REPEATS_H

#include "entry.h"

/* Processes and runs that are followed at once; of one process its last different requests. */
#define REPEATS_MAX	 8192
#define REPEATS_REQUESTS 8
/* The same request a longer time behind the last one is another occasion: a check of health. */
#define REPEATS_GAP_NS (20 * 1000000000ull)
/* Tools in turn, "read, edit, read, edit", are found up to so many. */
#define REPEATS_PERIOD 3

struct repeats;

struct repeats *repeats__new(void);    /* NULL: no memory */
void repeats__free(struct repeats *r); /* NULL is fine */
/* Fills l->same and l->repeats of e's call, which is over, behind what else is known of its run. */
void repeats__add(struct repeats *r, const struct entry *e, struct run_link *l);

#endif
