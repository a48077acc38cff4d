// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"

/* Up to this malloc() has what was freed last at hand (glibc's tcache), which realloc() never asks.
 */
#define SMALL_MAX 1024

static uint8_t *grown(const struct buffer *b, size_t cap)
{
	uint8_t *p;

	if (cap > SMALL_MAX)
		return realloc(b->p, cap);
	p = malloc(cap);
	if (p && b->p) {
		memcpy(p, b->p, b->n);
		free(b->p);
	}
	return p;
}

int buffer__add(struct buffer *b, struct span s, size_t max)
{
	if (s.n > max || b->n > max - s.n)
		return -EMSGSIZE;
	if (b->n + s.n > b->cap) {
		/* What is held once is held by thousands of streams: no more than it is. */
		size_t cap = b->cap ? b->cap : s.n;
		uint8_t *p;

		while (cap < b->n + s.n)
			cap *= 2;
		p = grown(b, cap);
		if (!p)
			return -ENOMEM;
		b->p = p;
		b->cap = cap;
	}
	if (s.n)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
	return 0;
}

void buffer__drop(struct buffer *b, size_t n)
{
	b->n -= n;
	if (b->n)
		memmove(b->p, b->p + n, b->n);
}

void buffer__free(struct buffer *b)
{
	free(b->p);
	*b = (struct buffer){ 0 };
}
