/* SPDX-License-Identifier: BSD-2-Clause */
/* memory: how much of it there is for this process. */
#ifndef WT_CAPTURE_MEMORY_H
#define WT_CAPTURE_MEMORY_H

#include <stdint.h>

/*
 * The least of what the host has and of the limits of the cgroups that this process is in, bytes;
 * v2's memory.max, v1's memory.limit_in_bytes. A limit that can't be read is taken for none. root:
 * "" but for tests.
 */
uint64_t memory_here(const char *root);

/* One part in so many of it, max at most. */
static inline uint64_t memory_share(uint64_t parts, uint64_t max)
{
	uint64_t share = memory_here("") / parts;

	return share < max ? share : max;
}

#endif
