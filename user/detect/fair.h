/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fair: a bounded table of things by their keys, shared among tenants (base/share.h): a flood of
 * one tenant's makes room of what is his, and blinds nobody to the others.
 */
#ifndef WT_DETECT_FAIR_H
#define WT_DETECT_FAIR_H

#include "base/share.h"

/* The first member of what is kept. */
struct fair_item {
	uint64_t key;
	struct shared shared;
};

struct fair {
	struct table items;
	struct share share;
	size_t size; /* bytes of an item */
	/* Told an item before it is freed; may be NULL. */
	void (*leave)(void *ctx, void *item);
	void *ctx;
};

/* No allocation before the first fair__make(). */
void fair__init(struct fair *f, size_t limit, size_t size, void (*leave)(void *ctx, void *item),
		void *ctx);
void fair__fini(struct fair *f);
/* The item of that key, now its tenant's newest; NULL: there is none. */
void *fair__get(struct fair *f, uint64_t key);
/* A new one, zeroed but for its fair_item. The key is not in use. NULL: no memory. */
void *fair__make(struct fair *f, uint64_t key, uint64_t tenant);
void fair__drop(struct fair *f, void *item);
/* Walks all: start with *at = 0; NULL at the end. None may be made or dropped meanwhile. */
static inline void *fair__next(const struct fair *f, size_t *at)
{
	return table__next(&f->items, at);
}

#endif
