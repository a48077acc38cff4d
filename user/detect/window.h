/* SPDX-License-Identifier: BSD-2-Clause */
/* window: what came within the last minute, in pieces of ten seconds. */
#ifndef WT_DETECT_WINDOW_H
#define WT_DETECT_WINDOW_H

#include <stdint.h>

#define WINDOW_PIECES	6
#define WINDOW_PIECE_NS (10 * 1000000000ll)

struct window {
	int64_t piece; /* number of the newest one */
	uint32_t calls[WINDOW_PIECES];
	int64_t nano[WINDOW_PIECES];
};

/* Forgets what is older than a minute. */
static inline void window__move(struct window *w, int64_t now_ns)
{
	int64_t piece = now_ns / WINDOW_PIECE_NS;

	/* Calls come a little out of order: an older one counts as now. */
	for (int64_t i = 0; w->piece < piece && i < WINDOW_PIECES; i++) {
		int64_t gone = piece - i;

		if (gone <= w->piece)
			break;
		w->calls[gone % WINDOW_PIECES] = 0;
		w->nano[gone % WINDOW_PIECES] = 0;
	}
	if (piece > w->piece)
		w->piece = piece;
}

static inline void window__add(struct window *w, int64_t now_ns, uint32_t calls, int64_t nano)
{
	window__move(w, now_ns);
	w->calls[w->piece % WINDOW_PIECES] += calls;
	w->nano[w->piece % WINDOW_PIECES] += nano;
}

static inline int64_t window__calls(const struct window *w)
{
	int64_t sum = 0;

	for (int i = 0; i < WINDOW_PIECES; i++)
		sum += w->calls[i];
	return sum;
}

static inline int64_t window__nano(const struct window *w)
{
	int64_t sum = 0;

	for (int i = 0; i < WINDOW_PIECES; i++)
		sum += w->nano[i];
	return sum;
}

#endif
