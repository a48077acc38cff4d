/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table: 64-bit keys to pointers, open addressing with backward-shift deletion. Bounded: it never
 * holds more than the limit it was made with.
 */
#ifndef WT_BASE_TABLE_H
#define WT_BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table {
	struct table_slot {
		uint64_t key;
		void *value; /* NULL: free */
	} * slots;
	size_t mask; /* slots - 1; 0: nothing allocated yet */
	size_t count, limit;
};

/* No allocation before the first table__put(). */
void table__init(struct table *t, size_t limit);
/* Frees the slots; the values stay the caller's. */
void table__fini(struct table *t);
void *table__get(const struct table *t, uint64_t key);
/* value != NULL. Returns 0, -ENOSPC at the limit, -ENOMEM. An older value of the key is replaced.
 */
int table__put(struct table *t, uint64_t key, void *value);
/* Returns the value that was there, or NULL. */
void *table__take(struct table *t, uint64_t key);
/* Walks all values: start with *at = 0; NULL at the end. Nothing may be put or taken meanwhile. */
void *table__next(const struct table *t, size_t *at);

#endif
