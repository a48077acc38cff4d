// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "run/steps.h"

void steps__init(struct steps *s, size_t limit)
{
	*s = (struct steps){ .count = 0 };
	table__init(&s->by_number, limit + 1); /* one more, until room is made */
	share__init(&s->share, limit);
}

void steps__fini(struct steps *s)
{
	struct step *step;
	size_t at = 0;

	for (size_t i = 0; i < STEPS_PAGES; i++)
		free(s->index[i]);
	while ((step = table__next(&s->by_number, &at)))
		free(step);
	table__fini(&s->by_number);
	share__fini(&s->share);
}

static void forget(struct steps *s, struct step *step)
{
	table__take(&s->by_number, step->number);
	share__take(&s->share, &step->shared);
	free(step);
}

struct step *steps__new(struct steps *s, struct share_owner owner)
{
	struct step *step = calloc(1, sizeof(*step)), *full;
	uint64_t number = s->count++;

	if (!step)
		return NULL;
	step->number = number;
	step->who = owner.process;
	step->tenant = owner.tenant;
	if (share__add(&s->share, owner, &step->shared, step, 1)) {
		free(step);
		return NULL;
	}
	if (table__put(&s->by_number, number, step)) {
		forget(s, step);
		return NULL;
	}
	while ((full = share__over(&s->share))) {
		step = full == step ? NULL : step;
		forget(s, full);
	}
	return step;
}

struct step *steps__get(const struct steps *s, uint64_t number)
{
	return table__get(&s->by_number, number);
}

static uint64_t key_of(enum step_key kind, uint64_t hash)
{
	uint8_t k = (uint8_t)kind;

	return hash_bytes(hash_bytes(HASH_SEED, &k, 1), &hash, sizeof(hash));
}

static size_t page_of(uint64_t key)
{
	return key % STEPS_BUCKETS / (STEPS_BUCKETS / STEPS_PAGES);
}

/* The places of a key, STEPS_WAYS of them; NULL: nothing is there. */
static struct steps_slot *bucket_of(const struct steps *s, uint64_t key)
{
	struct steps_slot(*page)[STEPS_WAYS] = s->index[page_of(key)];

	return page ? page[key % (STEPS_BUCKETS / STEPS_PAGES)] : NULL;
}

/*
 * The place of one that has made room, else of the oldest of the tenant that has most there: many
 * calls, or others' words said again, cost nobody else what he is found by.
 */
static struct steps_slot *room_in(const struct steps *s, struct steps_slot *bucket)
{
	const struct step *step[STEPS_WAYS];
	size_t room = 0, most = 0;

	for (size_t i = 0; i < STEPS_WAYS; i++) {
		step[i] = bucket[i].call ? steps__get(s, bucket[i].call - 1) : NULL;
		if (!step[i])
			return &bucket[i];
	}
	for (size_t i = 0; i < STEPS_WAYS; i++) {
		size_t n = 0;

		for (size_t j = 0; j < STEPS_WAYS; j++)
			n += step[i]->tenant == step[j]->tenant;
		if (n > most || (n == most && bucket[i].call < bucket[room].call)) {
			most = n;
			room = i;
		}
	}
	return &bucket[room];
}

void steps__put(struct steps *s, enum step_key kind, uint64_t hash, const struct step *step)
{
	uint64_t key = key_of(kind, hash);
	size_t page = page_of(key);
	struct steps_slot *bucket;

	if (hash && !s->index[page])
		s->index[page] = calloc(STEPS_BUCKETS / STEPS_PAGES, sizeof(*s->index[page]));
	bucket = hash ? bucket_of(s, key) : NULL;
	if (bucket)
		*room_in(s, bucket) = (struct steps_slot){ .key = key, .call = step->number + 1 };
}

struct step *steps__find(const struct steps *s, enum step_key kind, uint64_t hash, size_t *at)
{
	uint64_t key = key_of(kind, hash);
	const struct steps_slot *bucket = hash ? bucket_of(s, key) : NULL;

	while (bucket && *at < STEPS_WAYS) {
		const struct steps_slot *slot = &bucket[(*at)++];
		struct step *step =
			slot->call && slot->key == key ? steps__get(s, slot->call - 1) : NULL;

		if (step)
			return step;
	}
	return NULL;
}
