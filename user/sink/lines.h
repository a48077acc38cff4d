/* SPDX-License-Identifier: BSD-2-Clause */
/* lines: NDJSON that is held until it is flushed. */
#ifndef WT_SINK_LINES_H
#define WT_SINK_LINES_H

#include "base/buffer.h"

/* More than a batch has (delivery.h). */
#define LINES_BYTES_MAX (4u << 20)

/* The text and a newline. -EMSGSIZE: more than is held. */
static inline int lines__add(struct buffer *b, struct span text)
{
	size_t held = b->n;
	int ret = buffer__add(b, text, LINES_BYTES_MAX - 1);

	if (!ret)
		ret = buffer__add(b, SPAN("\n"), LINES_BYTES_MAX);
	if (ret)
		b->n = held; /* no half of one */
	return ret;
}

#endif
