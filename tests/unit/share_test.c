// SPDX-License-Identifier: BSD-2-Clause
#include "base/share.h"
#include "test.h"

#define THINGS 512

struct thing {
	struct shared shared;
	struct share_owner owner;
	uint64_t used;
	bool in;
};

static struct thing things[THINGS];
static uint64_t uses;

static struct share_owner owner(uint32_t tenant, uint32_t process)
{
	return share_owner_of(tenant, process, 1000);
}

static void put(struct share *s, struct thing *t, struct share_owner o, size_t weight)
{
	struct thing *goes;

	t->owner = o;
	t->in = !share__add(s, o, &t->shared, t, weight);
	t->used = ++uses;
	while ((goes = share__over(s))) {
		share__take(s, &goes->shared);
		goes->in = false;
	}
}

static size_t count_of(uint64_t tenant, uint64_t process)
{
	size_t n = 0;

	for (size_t i = 0; i < THINGS; i++)
		n += things[i].in && (!tenant || things[i].owner.tenant == tenant) &&
		     (!process || things[i].owner.process == process);
	return n;
}

TEST(a_flood_costs_its_own_process)
{
	struct share s;

	memset(things, 0, sizeof(things));
	share__init(&s, 8);
	put(&s, &things[0], owner(1, 2), 1);
	put(&s, &things[1], owner(2, 3), 1);
	put(&s, &things[2], owner(2, 3), 1);
	for (size_t i = 3; i < 200; i++)
		put(&s, &things[i], owner(1, 1), 1);
	ASSERT(things[0].in && things[1].in && things[2].in);
	for (size_t i = 3; i < 195; i++)
		ASSERT(!things[i].in);
	ASSERT_EQ(share__of(&s, owner(1, 1)), 5);
	ASSERT(share__oldest(&s, owner(1, 1)) == &things[195]);
	ASSERT(!share__oldest(&s, owner(9, 9)));
	/* What is used stays: the next oldest goes. */
	share__use(&things[195].shared);
	put(&s, &things[200], owner(2, 3), 1);
	ASSERT(things[195].in && !things[196].in);
	share__fini(&s);
}

/* Many processes, each with little: their tenant has most all the same. */
TEST(a_flood_of_processes_costs_its_own_tenant)
{
	struct share s;

	memset(things, 0, sizeof(things));
	share__init(&s, 64);
	for (uint32_t i = 0; i < 30; i++)
		put(&s, &things[i], owner(1, 1), 1);
	for (uint32_t i = 30; i < THINGS; i++)
		put(&s, &things[i], owner(2, i), 1);
	ASSERT_EQ(count_of(owner(1, 1).tenant, 0), 30);
	ASSERT_EQ(count_of(owner(2, 0).tenant, 0), 34);
	share__fini(&s);
}

TEST(the_heaviest_goes)
{
	struct share s;

	memset(things, 0, sizeof(things));
	share__init(&s, 100);
	put(&s, &things[0], owner(1, 1), 30);
	put(&s, &things[1], owner(2, 2), 10);
	share__weigh(&s, &things[1].shared, 60);
	ASSERT_EQ(s.weight, 90);
	put(&s, &things[2], owner(1, 1), 20);
	ASSERT(things[0].in && !things[1].in && things[2].in);
	/* What alone is over the limit can't stay. */
	put(&s, &things[3], owner(3, 3), 101);
	ASSERT(things[0].in && things[2].in && !things[3].in);
	share__take(&s, &things[3].shared);
	share__use(&things[3].shared);
	share__weigh(&s, &things[3].shared, 5);
	ASSERT_EQ(s.weight, 50);
	share__fini(&s);
}

static uint32_t next_random(void)
{
	static uint32_t x = 2463534242;

	x ^= x << 13;
	x ^= x >> 17;
	return x ^= x << 5;
}

/* Whoever goes is the oldest of a process that has as much as any of a tenant that has as much. */
TEST(as_counted_by_hand)
{
	struct share s;

	memset(things, 0, sizeof(things));
	share__init(&s, 100);
	for (int round = 0; round < 50000; round++) {
		struct thing *t = &things[next_random() % THINGS], *goes;
		uint32_t tenant = 1 + next_random() % 5;

		if (t->in && next_random() % 2) {
			share__use(&t->shared);
			t->used = ++uses;
			continue;
		}
		if (t->in) {
			share__take(&s, &t->shared);
			t->in = false;
			continue;
		}
		t->owner = owner(tenant, 10 * tenant + next_random() % 4);
		ASSERT_EQ(share__add(&s, t->owner, &t->shared, t, 1), 0);
		t->in = true;
		t->used = ++uses;
		goes = share__over(&s);
		ASSERT_EQ(goes != NULL, count_of(0, 0) > 100);
		if (!goes)
			continue;
		for (size_t i = 0; i < THINGS; i++) {
			const struct thing *o = &things[i];

			if (!o->in)
				continue;
			ASSERT(count_of(o->owner.tenant, 0) <= count_of(goes->owner.tenant, 0));
			if (o->owner.tenant == goes->owner.tenant)
				ASSERT(count_of(0, o->owner.process) <=
				       count_of(0, goes->owner.process));
			if (o->owner.process == goes->owner.process)
				ASSERT(o->used >= goes->used);
		}
		share__take(&s, &goes->shared);
		goes->in = false;
		if (round > 3000)
			round += 100; /* each look counts all: the first ones are enough */
	}
	for (size_t i = 0; i < THINGS; i++)
		share__take(&s, &things[i].shared);
	ASSERT_EQ(s.weight, 0);
	ASSERT_EQ(s.groups.count, 0);
	share__fini(&s);
}

TEST_MAIN()
