/* SPDX-License-Identifier: BSD-2-Clause */
/* returns: the return instructions of a function, by a real decoder of its instructions. */
#ifndef WT_CAPTURE_RETURNS_H
#define WT_CAPTURE_RETURNS_H

#include "capture/image.h"

/*
 * Tells fn the place in the file of each return instruction in the code from start to end
 * (addresses), in order. Returns 0; what fn returned when that is not 0; -EOPNOTSUPP for another
 * processor; -EBADMSG when it is no code, not all instructions, or more than a function has.
 */
int returns_find(const struct image *img, uint64_t start, uint64_t end,
		 int (*fn)(void *ctx, uint64_t offset), void *ctx);

#endif
