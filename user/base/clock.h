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

/* Since boot, with the time in suspend: as /proc has the start of a process. */
static inline uint64_t clock_boot_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/*
 * What to add to CLOCK_MONOTONIC to get ns since the Unix epoch, as of now: it changes when the
 * clock is set, by NTP or by hand, and by each suspend, in which CLOCK_MONOTONIC stands. The coarse
 * clocks go forward together, at the kernel's tick: between two of them their difference is exact.
 */
static inline int64_t clock_wall_offset_ns(void)
{
	struct timespec before, wall, after;

	do {
		clock_gettime(CLOCK_MONOTONIC_COARSE, &before);
		clock_gettime(CLOCK_REALTIME_COARSE, &wall);
		clock_gettime(CLOCK_MONOTONIC_COARSE, &after);
	} while (before.tv_nsec != after.tv_nsec || before.tv_sec != after.tv_sec);
	return ((int64_t)wall.tv_sec - before.tv_sec) * 1000000000 + wall.tv_nsec - before.tv_nsec;
}

#endif
