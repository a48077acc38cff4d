/* SPDX-License-Identifier: BSD-2-Clause */
/* buffer: bytes that are held until more of them come, up to a limit. All zero: empty. */
#ifndef WT_BASE_BUFFER_H
#define WT_BASE_BUFFER_H

#include "span.h"

struct buffer {
	uint8_t *p;
	size_t n, cap;
};

/* Returns 0, -EMSGSIZE when it would hold more than max, -ENOMEM. */
int buffer__add(struct buffer *b, struct span s, size_t max);
/* Forgets the first n bytes. */
void buffer__drop(struct buffer *b, size_t n);
void buffer__free(struct buffer *b);

#endif
