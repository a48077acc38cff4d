// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "base/table.h"

#define FIRST_SLOTS 64

static size_t place(const struct table *t, uint64_t key)
{
	/* Fibonacci hashing: consecutive ids spread over the whole table. */
	return (size_t)((key * 0x9e3779b97f4a7c15ull) >> 20) & t->mask;
}

void table__init(struct table *t, size_t limit)
{
	*t = (struct table){ .limit = limit };
}

void table__fini(struct table *t)
{
	free(t->slots);
	table__init(t, t->limit);
}

/* The slot of the key, or the free one where it would go. The table is never full. */
static struct table_slot *find(const struct table *t, uint64_t key)
{
	size_t i = place(t, key);

	while (t->slots[i].value && t->slots[i].key != key)
		i = (i + 1) & t->mask;
	return &t->slots[i];
}

static int grow(struct table *t)
{
	struct table larger = *t;
	size_t slots = t->slots ? 2 * (t->mask + 1) : FIRST_SLOTS;

	larger.slots = calloc(slots, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	larger.mask = slots - 1;
	for (size_t i = 0; t->slots && i <= t->mask; i++)
		if (t->slots[i].value)
			*find(&larger, t->slots[i].key) = t->slots[i];
	free(t->slots);
	*t = larger;
	return 0;
}

void *table__get(const struct table *t, uint64_t key)
{
	return t->slots ? find(t, key)->value : NULL;
}

int table__put(struct table *t, uint64_t key, void *value)
{
	struct table_slot *s = t->slots ? find(t, key) : NULL;

	if (s && s->value) {
		s->value = value;
		return 0;
	}
	if (t->count >= t->limit)
		return -ENOSPC;
	/* At most three quarters full: runs stay short. */
	if (!t->slots || 4 * (t->count + 1) > 3 * (t->mask + 1)) {
		int err = grow(t);

		if (err)
			return err;
		s = find(t, key);
	}
	s->key = key;
	s->value = value;
	t->count++;
	return 0;
}

void *table__take(struct table *t, uint64_t key)
{
	struct table_slot *s = t->slots ? find(t, key) : NULL;
	void *value = s ? s->value : NULL;
	size_t hole, i;

	if (!value)
		return NULL;
	t->count--;
	/* Entries behind the hole that are not in their own place move up. */
	hole = (size_t)(s - t->slots);
	for (i = (hole + 1) & t->mask; t->slots[i].value; i = (i + 1) & t->mask) {
		size_t want = place(t, t->slots[i].key);

		if (((i - want) & t->mask) >= ((i - hole) & t->mask)) {
			t->slots[hole] = t->slots[i];
			hole = i;
		}
	}
	t->slots[hole].value = NULL;
	return value;
}

void *table__next(const struct table *t, size_t *at)
{
	while (t->slots && *at <= t->mask) {
		void *value = t->slots[(*at)++].value;

		if (value)
			return value;
	}
	return NULL;
}
