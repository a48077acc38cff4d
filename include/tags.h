/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tags: what a call says of itself, in headers and fields that applications send anyway: who the
 * user is, which session, which feature. All of it is claimed. Held in one block, bounded.
 */
#ifndef WT_TAGS_H
#define WT_TAGS_H

#include "owner.h"

/* Of one call. More is not told, and counted (DROP_TAGS_FULL). */
#define TAGS_MAX   24
#define TAGS_BYTES 3072

struct tags {
	char *p; /* each: field, rank, its origin and its value, both ended by NUL */
	size_t n, cap;
	uint32_t count;
};

/* In place of a field: for rules of the configuration alone, and no label. */
#define TAG_FOR_RULES (OWNER_FIELDS + 1)

struct tag {
	uint8_t field; /* enum owner_field; OWNER_FIELDS: a label; TAG_FOR_RULES */
	uint8_t rank;  /* of two for the same field the lower one stands */
	const char *origin, *value;
};

/* Walks the tags: start with *at = 0. Returns false at the end. */
static inline bool tags__next(const struct tags *t, size_t *at, struct tag *ret_tag)
{
	const char *p;

	if (*at >= t->n)
		return false;
	p = t->p + *at;
	ret_tag->field = (uint8_t)p[0];
	ret_tag->rank = (uint8_t)p[1];
	ret_tag->origin = p + 2;
	ret_tag->value = ret_tag->origin + strlen(ret_tag->origin) + 1;
	*at = (size_t)(ret_tag->value + strlen(ret_tag->value) + 1 - t->p);
	return true;
}

#endif
