// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/busy.h"

bool gpu_busy__covers(const struct gpu_busy *b, uint64_t length)
{
	int64_t missing = (int64_t)length - b->covered_ns;

	if (missing > (int64_t)GPU_SAMPLE_SPAN_NS)
		return false;
	return b->told || b->covered_ns >= (int64_t)length / 2;
}

uint64_t gpu_busy__take(struct gpu_busy *b, uint64_t length)
{
	int64_t half = (int64_t)length / 2;
	uint64_t busy;
	bool by_rate;

	if (!gpu_busy__covers(b, length)) {
		*b = (struct gpu_busy){ .busy_ns = 0 };
		return 0;
	}
	/*
	 * This window is told, and yet what was told is no more than windows before it still lack:
	 * that was lost, and will not come. Else the rate of then would stand for ever.
	 */
	if (b->covered_ns < half && b->covered_ns + b->owed_ns >= half) {
		b->busy_ns += b->owed_busy_ns;
		b->covered_ns += b->owed_ns;
	}
	by_rate = b->covered_ns < half;
	if (by_rate)
		busy = gpu_scaled(b->rate_ppm, length, 1000000);
	else
		busy = gpu_scaled(b->busy_ns > 0 ? (uint64_t)b->busy_ns : 0, length,
				  (uint64_t)b->covered_ns);
	if (busy > length)
		busy = length;
	b->owed_busy_ns = by_rate ? b->owed_busy_ns + (int64_t)busy : 0;
	b->owed_ns = by_rate ? b->owed_ns + (int64_t)length : 0;
	b->busy_ns -= (int64_t)busy;
	b->covered_ns -= (int64_t)length;
	/* Samples that are ahead by more than one are of before: engines that overlap, for one. */
	if (b->covered_ns > (int64_t)GPU_SAMPLE_SPAN_NS)
		b->busy_ns = b->covered_ns = 0;
	if (b->busy_ns > (int64_t)GPU_SAMPLE_SPAN_NS)
		b->busy_ns = 0;
	b->rate_ppm = gpu_scaled(busy, 1000000, length);
	b->told = true;
	return busy;
}
