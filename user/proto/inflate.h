/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inflate: zlib's, whose window takes as much memory as was written to it. It has 32 KiB, and most
 * answers are shorter: thousands of them are open.
 */
#ifndef WT_PROTO_INFLATE_H
#define WT_PROTO_INFLATE_H

#include <zlib.h>

#include "span.h"

/* All zero: nothing has passed. It stays where it is: zlib points to it. */
struct inflate {
	z_stream z;
	void *window;	  /* mapped, so that what was never written is no memory; NULL: none yet */
	uint32_t written; /* bytes of it, at most all */
	size_t state;	  /* bytes of what else zlib took */
	bool open;
};

/* window_bits: inflateInit2()'s. Returns 0 or -ENOMEM. */
int inflate__open(struct inflate *i, int window_bits);
/* inflate(), with what it takes and where it puts it in i->z; returns what that does. */
int inflate__run(struct inflate *i, int flush);
/* Bytes of memory that it takes. */
size_t inflate__held(const struct inflate *i);
/* Forgets what passed. */
void inflate__close(struct inflate *i);

#endif
