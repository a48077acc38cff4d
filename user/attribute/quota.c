// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "attribute/quota.h"
#include "base/hash.h"

#define MINUTE_NS      60000000000ull
#define FORGET_MINUTES 60

/* Slots: a power of two, at most half of them in use. */
#define SLOTS_FIRST 16
#define SLOTS_MAX   (2 * QUOTA_VALUES)

struct slot {
	uint32_t hash;	 /* 0: free */
	uint32_t minute; /* when it was seen last */
};

struct set {
	uint64_t key, used;
	uint32_t count, slot_count, swept; /* swept: the minute in which room was looked for */
	struct slot *slots;
};

void quota__init(struct quota *q)
{
	table__init(&q->sets, QUOTA_SETS);
}

static void set_free(struct set *s)
{
	free(s->slots);
	free(s);
}

void quota__fini(struct quota *q)
{
	struct set *s;
	size_t at = 0;

	while ((s = table__next(&q->sets, &at)))
		set_free(s);
	table__fini(&q->sets);
}

static void make_room(struct quota *q)
{
	struct set *s, *oldest = NULL;
	size_t at = 0;

	while ((s = table__next(&q->sets, &at)))
		if (!oldest || s->used < oldest->used)
			oldest = s;
	if (!oldest)
		return;
	table__take(&q->sets, oldest->key);
	set_free(oldest);
}

static struct set *set_of(struct quota *q, uint64_t key)
{
	struct set *s = table__get(&q->sets, key);

	if (!s) {
		if (q->sets.count == QUOTA_SETS)
			make_room(q);
		s = calloc(1, sizeof(*s));
		if (!s)
			return NULL;
		s->key = key;
		if (table__put(&q->sets, key, s)) {
			free(s);
			return NULL;
		}
	}
	s->used = ++q->looks;
	return s;
}

static struct slot *find(const struct set *s, uint32_t hash)
{
	uint32_t at = hash & (s->slot_count - 1);

	while (s->slots[at].hash && s->slots[at].hash != hash)
		at = (at + 1) & (s->slot_count - 1);
	return &s->slots[at];
}

/* Into so many slots, without what was not seen since `since`. */
static bool rebuild(struct set *s, uint32_t slot_count, uint32_t since)
{
	struct set made = *s;

	made.slots = calloc(slot_count, sizeof(*made.slots));
	if (!made.slots)
		return false;
	made.slot_count = slot_count;
	made.count = 0;
	for (uint32_t i = 0; i < s->slot_count; i++)
		if (s->slots[i].hash && s->slots[i].minute >= since) {
			*find(&made, s->slots[i].hash) = s->slots[i];
			made.count++;
		}
	free(s->slots);
	*s = made;
	return true;
}

static bool has_room(struct set *s, uint32_t minute)
{
	if (2 * s->count < s->slot_count)
		return true;
	if (s->slot_count < SLOTS_MAX)
		return rebuild(s, s->slot_count ? 2 * s->slot_count : SLOTS_FIRST, 0);
	if (s->swept == minute || minute < FORGET_MINUTES)
		return false; /* once a minute: a flood pays nothing for its size */
	s->swept = minute;
	return rebuild(s, SLOTS_MAX, minute - FORGET_MINUTES) && s->count < QUOTA_VALUES;
}

bool quota__admit(struct quota *q, uint64_t owner, enum owner_field field, struct span value,
		  uint64_t ns)
{
	uint32_t minute = (uint32_t)(ns / MINUTE_NS);
	uint64_t long_hash = hash_bytes(owner ^ (uint64_t)field << 56, value.p, value.n);
	uint32_t hash = (uint32_t)(long_hash ^ long_hash >> 32);
	struct set *s = set_of(q, owner + field);
	struct slot *slot;

	if (!s)
		return false;
	hash += !hash;
	slot = s->slot_count ? find(s, hash) : NULL;
	if (!slot || !slot->hash) {
		if (!has_room(s, minute))
			return false;
		slot = find(s, hash);
		s->count += !slot->hash;
	}
	*slot = (struct slot){ hash, minute };
	return true;
}
