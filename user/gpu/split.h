/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * split: an integer into parts by weights, whose sum is the integer, exactly: largest remainder.
 * What a part gets depends on weights and names alone, not on the order of the parts.
 *
 *   split 100 by 1, 1, 1  ->  34, 33, 33
 */
#ifndef WT_GPU_SPLIT_H
#define WT_GPU_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct split_part {
	uint64_t weight; /* below 2^63 */
	uint64_t name;	 /* decides between parts whose remainders are equal: the lower is first */
	int64_t part;	 /* what came of it */
	unsigned __int128 rest;
	size_t at; /* where it stood before */
};

/*
 * total >= 0. Returns false, and every part is 0, where all weights are 0: nothing was given out.
 * The parts come out in the order in which they were given.
 */
bool split(int64_t total, struct split_part *parts, size_t count);

#endif
