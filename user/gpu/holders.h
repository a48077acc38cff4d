/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * holders: which processes a source said to hold memory of a GPU, or to be busy on one, lately.
 * What one source's process writes another's reads: it lies in memory that they share, and needs no
 * lock.
 */
#ifndef WT_GPU_HOLDERS_H
#define WT_GPU_HOLDERS_H

#include "gpu/reading.h"

/* As many as one device tells apart. */
#define HOLDERS_MAX 256
/* Somebody who was not named for so long holds nothing any more: the dear lists are asked each 10
 * s. */
#define HOLDERS_STALE_NS (25 * 1000000000ull)

struct gpu_holder {
	_Atomic uint32_t pid;		   /* 0: none */
	_Atomic uint64_t held_ns, busy_ns; /* when it was last said to be; 0: never */
};

struct gpu_holders {
	struct gpu_holder at[HOLDERS_MAX];
};

/* What a reading tells of it. More than fit are left out. */
void holders__note(struct gpu_holders *h, const struct gpu_reading *r);
/* Whether it held memory within HOLDERS_STALE_NS. */
bool holder__is(const struct gpu_holder *h, uint64_t now);

#endif
