/* SPDX-License-Identifier: BSD-2-Clause */
/* FNV-1a, for ids that must come out the same in a replay; not for anything an attacker may steer.
 */
#ifndef WT_BASE_HASH_H
#define WT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_SEED 0xcbf29ce484222325ull

static inline uint64_t hash_bytes(uint64_t h, const void *p, size_t n)
{
	const uint8_t *at = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ at[i]) * 0x100000001b3ull;
	return h;
}

/* Of a text that stands for itself: an id. 0 is that of no text. */
static inline uint64_t hash_text(const void *p, size_t n)
{
	uint64_t h = hash_bytes(HASH_SEED, p, n);

	return n ? h | !h : 0;
}

#endif
