// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "base/backlog.h"
#include "test.h"

#define SIZE  65536
#define ROUND 200000

/* A record of len bytes that says which one it is, and in each byte. */
static size_t record_make(uint8_t *buf, uint32_t n)
{
	size_t len = n % 5 == 0 ? n % 3 : n % 7001;

	memset(buf, (int)(n * 31), len);
	return len;
}

static bool record_right(const uint8_t *buf, size_t len, uint32_t n)
{
	static uint8_t want[8192];

	return len == record_make(want, n) && !memcmp(buf, want, len);
}

TEST(what_goes_in_comes_out_in_order)
{
	static uint8_t buf[8192];
	struct backlog s;
	uint32_t in = 0, out = 0;
	size_t len;
	const void *r;

	ASSERT(!backlog__init(&s, SIZE));
	ASSERT(!backlog__next(&s, &len));
	/* It fills, is emptied to a different depth each time, and passes its end many times. */
	for (int round = 0; round < 2000; round++) {
		for (;;) {
			len = record_make(buf, in);
			ASSERT(backlog__room(&s, len) == !backlog__put(&s, buf, len) ||
			       !backlog__room(&s, len));
			if (in++, backlog__waiting(&s) > SIZE / 2)
				break;
		}
		for (int i = 0; i < 1 + round % 40 && (r = backlog__next(&s, &len)); i++) {
			ASSERT(record_right(r, len, out));
			out++;
			backlog__drop(&s);
		}
	}
	for (; (r = backlog__next(&s, &len)); out++) {
		ASSERT(record_right(r, len, out));
		backlog__drop(&s);
	}
	ASSERT_EQ(in, out);
	ASSERT_EQ(backlog__waiting(&s), 0);
	backlog__close(&s);
}

TEST(full_is_said_and_nothing_is_written)
{
	static uint8_t buf[SIZE];
	struct backlog s;
	size_t len;

	ASSERT(!backlog__init(&s, SIZE));
	ASSERT_EQ(backlog__put(&s, buf, SIZE), -ENOSPC); /* its length has no room beside it */
	ASSERT(!backlog__put(&s, buf, SIZE - 8));
	ASSERT(!backlog__room(&s, 0));
	ASSERT_EQ(backlog__put(&s, buf, 0), -ENOSPC);
	ASSERT(backlog__next(&s, &len) && len == SIZE - 8);
	backlog__drop(&s);
	ASSERT(!backlog__put(&s, buf, 40000));
	ASSERT_EQ(backlog__put(&s, buf, 40000), -ENOSPC);
	ASSERT(!backlog__put(&s, buf, 20000));
	backlog__drop(&s);
	/* Room enough, in two parts: before the second record and behind it. */
	ASSERT(backlog__room(&s, 39000) && !backlog__room(&s, 45000));
	backlog__close(&s);
}

TEST(an_empty_queue_uses_few_pages)
{
	static uint8_t buf[4096];
	struct backlog s;
	size_t len;

	ASSERT(!backlog__init(&s, SIZE));
	for (int i = 0; i < 100; i++) {
		ASSERT(!backlog__put(&s, buf, 4000));
		ASSERT(backlog__next(&s, &len) && len == 4000);
		backlog__rewind(&s); /* not yet: a record is held */
		backlog__drop(&s);
		backlog__rewind(&s);
	}
	ASSERT_EQ(s.used, 4008);
	ASSERT(!backlog__put(&s, buf, 4000) && !backlog__put(&s, buf, 4000));
	backlog__tidy(&s, 4096); /* not while it holds something */
	ASSERT_EQ(s.used, 8016);
	for (int i = 0; i < 2; i++) {
		ASSERT(backlog__next(&s, &len));
		backlog__drop(&s);
	}
	backlog__tidy(&s, 4096);
	ASSERT_EQ(s.used, 4096);
	ASSERT(!backlog__put(&s, buf, 4000));
	backlog__close(&s);
}

static void *writes(void *arg)
{
	static uint8_t buf[8192];
	struct backlog *s = arg;

	for (uint32_t n = 0; n < ROUND;) {
		if (!backlog__put(s, buf, record_make(buf, n)))
			n++;
		else
			sched_yield();
	}
	return NULL;
}

TEST(two_threads_agree)
{
	struct backlog s;
	pthread_t writer;
	const void *r;
	size_t len;
	uint32_t n = 0;

	ASSERT(!backlog__init(&s, SIZE));
	ASSERT(!pthread_create(&writer, NULL, writes, &s));
	while (n < ROUND) {
		r = backlog__next(&s, &len);
		if (!r) {
			sched_yield();
			continue;
		}
		if (!record_right(r, len, n))
			break;
		n++;
		backlog__drop(&s);
	}
	ASSERT_EQ(n, ROUND);
	pthread_join(writer, NULL);
	backlog__close(&s);
}

TEST_MAIN()
