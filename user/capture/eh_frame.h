/* SPDX-License-Identifier: BSD-2-Clause */
/* eh_frame: where functions begin, as the unwinder's table says. Most linkers write one. */
#ifndef WT_CAPTURE_EH_FRAME_H
#define WT_CAPTURE_EH_FRAME_H

#include "capture/image.h"

struct eh_frame {
	const struct image *img;
	uint64_t addr, offset; /* of the table's header */
	uint32_t count;	       /* functions; 0: there is no table that can be read */
};

struct eh_frame eh_frame_of(const struct image *img);
/*
 * The beginning of the piece of code that the address is in; 0: not known. It is a function's, or
 * that of a part which the compiler has moved away from it.
 */
uint64_t eh_frame__start(const struct eh_frame *e, uint64_t addr);

#endif
