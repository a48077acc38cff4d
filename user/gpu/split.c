// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "gpu/split.h"

static int by_rest(const void *a, const void *b)
{
	const struct split_part *x = a, *y = b;

	if (x->rest != y->rest)
		return x->rest > y->rest ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static int by_place(const void *a, const void *b)
{
	const struct split_part *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

bool split(int64_t total, struct split_part *parts, size_t count)
{
	unsigned __int128 sum = 0;
	int64_t left = total;

	for (size_t i = 0; i < count; i++)
		sum += parts[i].weight;
	for (size_t i = 0; i < count; i++) {
		unsigned __int128 quota = (unsigned __int128)total * parts[i].weight;

		parts[i].part = sum ? (int64_t)(quota / sum) : 0;
		parts[i].rest = sum ? quota % sum : 0;
		parts[i].at = i;
		left -= parts[i].part;
	}
	if (!sum)
		return false;
	/* Fewer are left than there are parts with a remainder. */
	qsort(parts, count, sizeof(*parts), by_rest);
	for (size_t i = 0; left > 0; i++, left--)
		parts[i].part++;
	qsort(parts, count, sizeof(*parts), by_place);
	return true;
}
