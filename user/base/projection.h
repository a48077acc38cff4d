/* SPDX-License-Identifier: BSD-2-Clause */
/* What a time comes to if its rest is like what there was of it. */
#ifndef WT_BASE_PROJECTION_H
#define WT_BASE_PROJECTION_H

#include <stdint.h>

/* Less of a time says nothing of the rest. */
#define PROJECTION_LEAST_NS (600 * 1000000000ll)

/*
 * Of n in [since_ns, now_ns), by end_ns. first_ns: when the counting began, if that was later: a
 * ledger that began in the middle of a month is not taken to have spent nothing before. -1: too
 * early to say, or there is nothing to go by.
 */
static inline int64_t projection(int64_t n, int64_t since_ns, int64_t first_ns, int64_t now_ns,
				 int64_t end_ns)
{
	int64_t from = first_ns > since_ns ? first_ns : since_ns;
	__int128 most;

	if (n <= 0 || now_ns - from < PROJECTION_LEAST_NS || end_ns <= now_ns)
		return -1;
	most = n + (__int128)n * (end_ns - now_ns) / (now_ns - from);
	return most > INT64_MAX ? INT64_MAX : (int64_t)most;
}

#endif
