/* SPDX-License-Identifier: BSD-2-Clause */
/* numbers: what was learnt as a row of numbers (learnt.h), written, and read again with care. */
#ifndef WT_DETECT_NUMBERS_H
#define WT_DETECT_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "learnt.h"

struct numbers {
	int64_t at[LEARNT_MAX];
	size_t count;
};

static inline void numbers__put(struct numbers *n, int64_t value)
{
	if (n->count < LEARNT_MAX)
		n->at[n->count++] = value;
}

/* The next one, of those from low to high; *bad when there is none such. */
static inline int64_t numbers__take(const struct learnt *l, size_t *at, int64_t low, int64_t high,
				    bool *bad)
{
	int64_t n = *at < l->count ? l->n[(*at)++] : (*bad = true, low);

	if (n >= low && n <= high)
		return n;
	*bad = true;
	return low;
}

#endif
