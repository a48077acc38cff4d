// SPDX-License-Identifier: BSD-2-Clause
#include "audit/memory.h"
#include "test.h"

struct thing {
	struct remembered remembered;
	int64_t n;
};

static void on_gone(void *ctx, void *value)
{
	*(int64_t *)ctx += ((struct thing *)value)->n;
}

TEST(what_was_not_used_for_a_time_is_told_and_forgotten)
{
	struct memory m;
	struct thing *t;
	int64_t gone = 0, there = 0;

	memory__init(&m, sizeof(struct thing), 100, on_gone, &gone);
	ASSERT(!memory__get(&m, 7, 0));
	ASSERT(!memory__put(&m, 0, 0));
	for (int64_t now = 0; now < 10000; now++) {
		t = memory__put(&m, (uint64_t)now % 5000 + 1, now);
		ASSERT(t && t->n == 0);
		t->n = 1;
		there++;
	}
	/* A hundred are young, and there is room for not many more. */
	ASSERT(m.mask < 4096);
	ASSERT(memory__get(&m, 5000, 9999));
	ASSERT(!memory__get(&m, 5000, 20000));
	memory__forget(&m);
	ASSERT_EQ(gone, there);
	memory__fini(&m);
}

TEST_MAIN()
