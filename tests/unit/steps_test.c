// SPDX-License-Identifier: BSD-2-Clause
/* Calls that later ones can follow: what is found, and who makes room. */
#include "run/steps.h"
#include "test.h"

#define LIMIT 4096
#define KEYS  8

static uint64_t key(uint64_t hash, uint64_t k)
{
	uint64_t both[] = { hash, k };

	return hash_bytes(HASH_SEED, both, sizeof(both));
}

static struct step *add(struct steps *s, uint32_t tgid, uint64_t hash)
{
	struct step *step = steps__new(s, share_owner_of(0, tgid, 1));

	for (uint64_t k = 0; step && k < KEYS; k++)
		steps__put(s, KEY_TOOL_CALL, key(hash, k), step);
	return step;
}

static struct step *find(const struct steps *s, uint64_t hash)
{
	size_t at = 0;

	return steps__find(s, KEY_TOOL_CALL, key(hash, KEYS - 1), &at);
}

TEST(what_is_put_is_found)
{
	struct step *a, *b;
	struct steps s;
	size_t at = 0;

	steps__init(&s, LIMIT);
	a = add(&s, 1, 7);
	ASSERT(find(&s, 7) == a);
	ASSERT(!find(&s, 8));
	b = add(&s, 2, 7);
	steps__put(&s, KEY_TRACE, 5, a);
	steps__put(&s, KEY_TRACE, 5, b);
	steps__put(&s, KEY_TRACE, 0, b);
	ASSERT(steps__find(&s, KEY_TRACE, 5, &at) == a);
	ASSERT(steps__find(&s, KEY_TRACE, 5, &at) == b);
	ASSERT(!steps__find(&s, KEY_TRACE, 5, &at));
	at = 0;
	ASSERT(!steps__find(&s, KEY_TRACE, 0, &at));
	ASSERT(steps__get(&s, 1) == b);
	steps__fini(&s);
}

/* As many calls of one process as there are places, and more: another one's call is found. */
TEST(a_flood_is_its_own_loss)
{
	struct step *mine;
	struct steps s;

	steps__init(&s, LIMIT);
	mine = add(&s, 1, 7);
	for (uint64_t i = 0; i < 20 * LIMIT; i++)
		ASSERT(add(&s, 2, 1000 + i));
	ASSERT(find(&s, 7) == mine);
	ASSERT(!find(&s, 1000));
	ASSERT(find(&s, 1000 + 20 * LIMIT - 1));
	ASSERT_EQ(s.by_number.count, LIMIT);
	steps__fini(&s);
}

/* More keys than the index has places for, and one who says what we say. */
TEST(a_flood_of_words_is_its_own_loss)
{
	struct step *mine, *s;
	struct steps st;
	bool there = false;
	size_t at = 0;

	steps__init(&st, LIMIT);
	mine = add(&st, 1, 7);
	steps__put(&st, KEY_PREFIX, 77, mine);
	for (uint64_t i = 0; i < LIMIT; i++) {
		s = add(&st, 2, 1000 + i);
		for (uint64_t k = KEYS; k < 8 * KEYS; k++)
			steps__put(&st, KEY_ORDER, key(1000 + i, k), s);
		steps__put(&st, KEY_PREFIX, 77, s);
	}
	ASSERT(find(&st, 7) == mine);
	while ((s = steps__find(&st, KEY_PREFIX, 77, &at)))
		there |= s == mine;
	ASSERT(there);
	steps__fini(&st);
}

TEST_MAIN()
