// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"

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
		p = realloc(b->p, cap);
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
