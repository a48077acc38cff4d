// SPDX-License-Identifier: BSD-2-Clause
#include "base/projection.h"
#include "test.h"

#define DAY 86400000000000ll

TEST(a_month_that_was_seen_from_its_beginning)
{
	ASSERT_EQ(projection(300, 0, 0, 10 * DAY, 30 * DAY), 900);
	/* Counted for longer than the month. */
	ASSERT_EQ(projection(300, 50 * DAY, DAY, 60 * DAY, 80 * DAY), 900);
}

/* Nothing is known of the days before: they are not taken for free, nor for what later ones cost.
 */
TEST(a_ledger_that_began_in_the_month)
{
	ASSERT_EQ(projection(300, 0, 8 * DAY, 10 * DAY, 30 * DAY), 300 + 20 * 150);
}

TEST(too_early_or_nothing_to_say)
{
	ASSERT_EQ(projection(300, 0, 0, PROJECTION_LEAST_NS - 1, 30 * DAY), -1);
	ASSERT_EQ(projection(300, 0, 10 * DAY, 10 * DAY, 30 * DAY), -1);
	ASSERT_EQ(projection(0, 0, 0, 10 * DAY, 30 * DAY), -1);
	ASSERT_EQ(projection(300, 0, 0, 30 * DAY, 30 * DAY), -1);
}

TEST(what_is_too_much_is_the_most)
{
	ASSERT_EQ(projection(INT64_MAX / 2, 0, 0, DAY, 30 * DAY), INT64_MAX);
}

TEST_MAIN()
