// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include "base/backlog.h"
#include "test.h"

#define SIZE  (4 * BACKLOG_CHUNK)
#define ROUND 400000

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

static int put(struct backlog *s, size_t len)
{
	static uint8_t buf[BACKLOG_CHUNK];

	return backlog__put(s, buf, len);
}

static bool take(struct backlog *s, size_t want)
{
	size_t len;

	if (!backlog__next(s, &len) || len != want)
		return false;
	backlog__drop(s);
	return true;
}

TEST(full_is_said_and_nothing_is_written)
{
	struct backlog s;
	size_t len;

	ASSERT(!backlog__init(&s, 0)); /* two chunks at least */
	ASSERT_EQ(put(&s, BACKLOG_RECORD_MAX + 1), -ENOSPC);
	ASSERT(!backlog__room(&s, BACKLOG_RECORD_MAX + 1));
	ASSERT(!put(&s, BACKLOG_RECORD_MAX));
	ASSERT(backlog__room(&s, BACKLOG_RECORD_MAX));
	ASSERT(!put(&s, 100000));
	ASSERT(!put(&s, 300000)); /* beside the one before */
	ASSERT_EQ(put(&s, 300000), -ENOSPC);
	ASSERT(!backlog__room(&s, 300000) && backlog__room(&s, 100000));
	ASSERT_EQ(s.most, backlog__waiting(&s));
	ASSERT(take(&s, BACKLOG_RECORD_MAX));
	ASSERT_EQ(put(&s, 300000), -ENOSPC); /* the reader is still there */
	ASSERT(backlog__next(&s, &len) && len == 100000);
	ASSERT(!put(&s, 300000));
	ASSERT(take(&s, 100000) && take(&s, 300000) && take(&s, 300000));
	ASSERT(!backlog__next(&s, &len));
	backlog__close(&s);
}

/* Pages of a queue that are in memory. */
static size_t resident(const struct backlog *s)
{
	static unsigned char in[SIZE / 4096];
	size_t n = 0;

	if (mincore(s->data, SIZE, in))
		return 0;
	for (size_t i = 0; i < sizeof(in); i++)
		n += in[i] & 1;
	return n;
}

TEST(an_empty_queue_uses_few_pages)
{
	struct backlog s;
	size_t len;

	ASSERT(!backlog__init(&s, SIZE));
	for (int i = 0; i < 1000; i++) {
		ASSERT(!put(&s, 4000));
		ASSERT(backlog__next(&s, &len) && len == 4000);
		backlog__rewind(&s); /* not yet: a record is held */
		backlog__drop(&s);
		backlog__rewind(&s);
	}
	ASSERT_EQ(resident(&s), 1);
	backlog__close(&s);
}

TEST(memory_follows_what_waits)
{
	struct backlog s;
	int chunk;

	ASSERT(!backlog__init(&s, SIZE));
	/* Never more than one waits: two chunks do, though much more passes than all can hold. */
	for (int i = 0; i < 5000; i++)
		ASSERT(!put(&s, 4000) && take(&s, 4000));
	ASSERT(resident(&s) <= 2 * BACKLOG_CHUNK / 4096);
	while (!put(&s, 4000))
		;
	while (take(&s, 4000))
		;
	ASSERT_EQ(resident(&s), SIZE / 4096);
	ASSERT_EQ(backlog__spare(&s, 3), -1);
	while (chunk = backlog__spare(&s, 1), chunk >= 0)
		backlog__cool(&s, (uint32_t)chunk);
	ASSERT_EQ(resident(&s), 2 * BACKLOG_CHUNK / 4096);
	for (int i = 0; i < 4; i++)
		ASSERT(!put(&s, BACKLOG_RECORD_MAX) || i == 3);
	backlog__close(&s);
}

/* As a tick does that comes in the middle of a burst; it and the writer hold this. */
static pthread_mutex_t filling = PTHREAD_MUTEX_INITIALIZER;

static void tick(struct backlog *s)
{
	int chunk;

	do {
		pthread_mutex_lock(&filling);
		chunk = backlog__spare(s, 0);
		pthread_mutex_unlock(&filling);
		if (chunk >= 0)
			backlog__cool(s, (uint32_t)chunk);
	} while (chunk >= 0);
}

static void *writes(void *arg)
{
	static uint8_t buf[8192];
	struct backlog *s = arg;

	for (uint32_t n = 0; n < ROUND;) {
		int err;

		pthread_mutex_lock(&filling);
		err = backlog__put(s, buf, record_make(buf, n));
		pthread_mutex_unlock(&filling);
		if (!err)
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
		if (!(++n % 1000))
			tick(&s);
		backlog__drop(&s);
	}
	ASSERT_EQ(n, ROUND);
	pthread_join(writer, NULL);
	backlog__close(&s);
}

TEST_MAIN()
