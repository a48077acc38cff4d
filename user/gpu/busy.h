/* SPDX-License-Identifier: BSD-2-Clause */
/* busy: what one metric told of a device's busy time, and what its windows have of that. Pure. */
#ifndef WT_GPU_BUSY_H
#define WT_GPU_BUSY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * One sample of the driver, or a look at its gauge, stands for no more than this: sample periods
 * are 1/6 s to 1 s by product, looks come each second.
 */
#define GPU_SAMPLE_SPAN_NS (2000 * 1000000ull)
/*
 * What a metric told, less what windows have had of it: a driver's samples end before the window
 * does, or after. What one window had too much, by the rate before, the next ones have less.
 */
struct gpu_busy {
	int64_t busy_ns, covered_ns;
	int64_t owed_busy_ns, owed_ns; /* what windows had by the rate, since it last told one */
	uint64_t rate_ppm;	       /* of the last window */
	bool told;		       /* by now; rate_ppm is known */
};

static inline uint64_t gpu_scaled(uint64_t n, uint64_t to, uint64_t of)
{
	return of ? (uint64_t)((unsigned __int128)n * to / of) : 0;
}

/* It tells the whole window: what is missing is no longer than one sample. */
bool gpu_busy__covers(const struct gpu_busy *b, uint64_t length);
/* What a window of that length has of it, in ns; the rest is the next one's. */
uint64_t gpu_busy__take(struct gpu_busy *b, uint64_t length);

#endif
