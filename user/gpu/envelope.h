/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * envelope: what a process's counters in the kernel (cuda_work.h) say of the time since the look
 * before: for how long it had work outstanding, and whether that can be known at all. Pure.
 */
#ifndef WT_GPU_ENVELOPE_H
#define WT_GPU_ENVELOPE_H

#include <stdbool.h>

#include "cuda_tracer.h"

/*
 * A probe takes a launch one to two microseconds (make bench): of so many a second a process loses
 * some per cent of a core, and more than that nobody is to pay for a meter. A look at an event has
 * two probes, and is made in a spin or not at all.
 */
#define ENVELOPE_LAUNCHES_MAX 10000
#define ENVELOPE_QUERIES_MAX  4000
/* Of what was lifted for that. A model that is loaded, or warmed up, launches more than it serves.
 */
#define ENVELOPE_AGAIN_NS (300 * 1000000000ull)

struct envelope {
	struct cuda_work before;
	uint64_t before_ns;    /* when that was read; 0: never */
	uint64_t before_total; /* outstanding up to then */
	unsigned int lifted;   /* enum cuda_often: those probes are off */
	bool active;	       /* something was seen of it at all */
};

struct envelope_part {
	uint64_t over_ns;
	bool counted;		 /* launches are: their probes were there all the time */
	bool known;		 /* the next figure is */
	uint64_t outstanding_ns; /* over_ns at most */
	uint64_t launches, graphs, waited_ns;
	unsigned int lift; /* these were called too often: to be lifted now */
};

/* From the look before to now. False: there was none, and nothing is known of any time. */
bool envelope__next(struct envelope *e, const struct cuda_work *w, uint64_t now,
		    struct envelope_part *ret_part);

#endif
