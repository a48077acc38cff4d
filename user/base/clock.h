/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock, for the outer ring only (capture, cmd): stages get their time with the data. */
#ifndef WT_BASE_CLOCK_H
#define WT_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What to add to CLOCK_MONOTONIC to get ns since the Unix epoch, as of now. */
static inline int64_t clock_wall_offset_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec - (int64_t)clock_monotonic_ns();
}

#endif
