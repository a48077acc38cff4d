// SPDX-License-Identifier: BSD-2-Clause
/* Launches and waits of one process, and what they come to; who is said to hold memory. */
#include <inttypes.h>

#include "gpu/envelope.h"
#include "gpu/holders.h"
#include "test.h"

#define SECOND 1000000000ull
#define MS     1000000ull

/* A process with one stream, as the kernel side counts it. */
struct engine {
	struct cuda_work work;
	uint64_t had_ns; /* outstanding in truth */
};

static void launch(struct engine *e, uint64_t now)
{
	e->work.launches++;
	if (!e->work.since_ns)
		e->work.since_ns = now;
	e->work.seen_ns = now;
}

static void wait_begins(struct engine *e, uint64_t now)
{
	e->work.waiting_ns = now;
}

static void wait_ends(struct engine *e, uint64_t now)
{
	e->work.waits++;
	e->work.waited_ns += now - e->work.waiting_ns;
	e->work.waiting_ns = 0;
	e->work.done_ns += now - e->work.since_ns;
	e->had_ns += now - e->work.since_ns;
	e->work.since_ns = 0;
}

TEST(a_stretch_is_told_as_it_goes_on)
{
	struct envelope e = { .lifted = 0 };
	struct engine g = { .had_ns = 0 };
	struct envelope_part p;

	ASSERT(!envelope__next(&e, &g.work, 1 * SECOND, &p));
	launch(&g, 1 * SECOND + 500 * MS);
	wait_begins(&g, 1 * SECOND + 501 * MS);
	ASSERT(envelope__next(&e, &g.work, 2 * SECOND, &p));
	ASSERT(p.known);
	ASSERT_EQ(p.over_ns, SECOND);
	ASSERT_EQ(p.outstanding_ns, 500 * MS);
	ASSERT_EQ(p.launches, 1);
	wait_ends(&g, 2 * SECOND + 250 * MS);
	ASSERT(envelope__next(&e, &g.work, 3 * SECOND, &p));
	ASSERT_EQ(p.outstanding_ns, 250 * MS);
	ASSERT_EQ(p.waited_ns, 749 * MS);
}

/* Of who was never seen to launch or wait nothing is known: he is not idle. */
TEST(who_was_never_seen_is_unknown)
{
	struct envelope e = { .lifted = 0 };
	struct engine g = { .had_ns = 0 };
	struct envelope_part p;

	ASSERT(!envelope__next(&e, &g.work, 1 * SECOND, &p));
	ASSERT(envelope__next(&e, &g.work, 2 * SECOND, &p));
	ASSERT(!p.known);
	launch(&g, 2 * SECOND);
	wait_begins(&g, 2 * SECOND);
	wait_ends(&g, 2 * SECOND + 10 * MS);
	ASSERT(envelope__next(&e, &g.work, 3 * SECOND, &p));
	ASSERT(p.known);
	ASSERT_EQ(p.outstanding_ns, 10 * MS);
	/* Once it was, it is idle when it does nothing. */
	ASSERT(envelope__next(&e, &g.work, 4 * SECOND, &p));
	ASSERT(p.known);
	ASSERT_EQ(p.outstanding_ns, 0);
}

/* The last copy of a request, that nobody waits for, is not the hour behind it. */
TEST(what_nobody_waits_for_ends)
{
	struct envelope e = { .lifted = 0 };
	struct engine g = { .had_ns = 0 };
	struct envelope_part p;
	uint64_t all = 0;

	ASSERT(!envelope__next(&e, &g.work, 1 * SECOND, &p));
	launch(&g, 1 * SECOND);
	for (uint64_t t = 2; t < 60; t++) {
		ASSERT(envelope__next(&e, &g.work, t * SECOND, &p));
		all += p.outstanding_ns;
	}
	ASSERT_EQ(all, CUDA_UNSEEN_NS);
}

/* Launches and waits at random: the sum is the truth, however far apart the looks are. */
TEST(gaps_between_looks_do_not_matter)
{
	static const double gaps[] = { 0.1, 0.25, 1, 3.7, 10, 30 };

	for (unsigned int seed = 1; seed <= 20; seed++) {
		const uint64_t gap = (uint64_t)(gaps[seed % 6] * 1e9);
		struct envelope e = { .lifted = 0 };
		struct engine g = { .had_ns = 0 };
		uint64_t now = SECOND, look = SECOND, sum = 0;
		struct envelope_part p;

		srand(seed);
		while (now < 120 * SECOND) {
			uint64_t next = now + (uint64_t)(rand() % 80 + 1) * MS;

			if (!g.work.since_ns)
				launch(&g, now);
			else if (!g.work.waiting_ns)
				wait_begins(&g, now);
			else
				wait_ends(&g, now);
			for (; look < next; look += gap)
				if (envelope__next(&e, &g.work, look < now ? now : look, &p)) {
					ASSERT(p.outstanding_ns <= p.over_ns);
					sum += p.known ? p.outstanding_ns : 0;
				}
			now = next;
		}
		if (envelope__next(&e, &g.work, now, &p))
			sum += p.outstanding_ns;
		if (g.work.since_ns)
			g.had_ns += now - g.work.since_ns;
		if (sum * 100 < g.had_ns * 99 || sum * 100 > g.had_ns * 101)
			TEST_FAIL("looks each %.1f s: %" PRIu64 " of %" PRIu64, gaps[seed % 6], sum,
				  g.had_ns);
	}
}

TEST(a_flood_of_launches_is_let_go)
{
	struct envelope e = { .lifted = 0 };
	struct engine g = { .had_ns = 0 };
	struct envelope_part p;

	launch(&g, 1 * SECOND);
	ASSERT(!envelope__next(&e, &g.work, 1 * SECOND, &p));
	g.work.launches += ENVELOPE_LAUNCHES_MAX;
	ASSERT(envelope__next(&e, &g.work, 2 * SECOND, &p));
	ASSERT_EQ(p.lift, 0);
	g.work.launches += ENVELOPE_LAUNCHES_MAX + 1;
	ASSERT(envelope__next(&e, &g.work, 3 * SECOND, &p));
	ASSERT_EQ(p.lift, CUDA_LAUNCHES);
	ASSERT(p.counted);
	ASSERT(p.known); /* up to now they were all seen */
	/* Who launches graphs is known by them. */
	g.work.graphs += 30;
	ASSERT(envelope__next(&e, &g.work, 4 * SECOND, &p));
	ASSERT(p.known);
	ASSERT_EQ(p.lift, 0);
	ASSERT(envelope__next(&e, &g.work, 5 * SECOND, &p));
	ASSERT(!p.known);
	g.work.queries += ENVELOPE_QUERIES_MAX + 1;
	g.work.graphs += 30;
	ASSERT(envelope__next(&e, &g.work, 6 * SECOND, &p));
	ASSERT_EQ(p.lift, CUDA_QUERIES);
	ASSERT(envelope__next(&e, &g.work, 7 * SECOND, &p));
	ASSERT(!p.known);
}

/* Counters that go back, or are torn, give no more than the time, and no less than nothing. */
TEST(counters_may_be_anything)
{
	struct envelope e = { .lifted = 0 };
	struct envelope_part p;
	uint64_t now = SECOND;

	srand(7);
	for (int i = 0; i < 20000; i++) {
		struct cuda_work w;
		uint8_t *at = (uint8_t *)&w;

		for (size_t k = 0; k < sizeof(w); k++)
			at[k] = (uint8_t)rand();
		if (rand() % 2)
			w.since_ns = w.waiting_ns = 0;
		if (envelope__next(&e, &w, now, &p))
			ASSERT(p.outstanding_ns <= p.over_ns);
		now += (uint64_t)(rand() % 3) * SECOND;
	}
}

TEST(holders_are_who_was_said_to_hold)
{
	static struct gpu_holders h;
	struct gpu_reading r = { .ts = SECOND, .kind = GPU_READING_HOLDS, .n = { 8123, 1, 5 } };
	size_t held = 0;

	holders__note(&h, &r);
	holders__note(&h, &r);
	r.kind = GPU_READING_SHARE;
	r.ts = 2 * SECOND;
	r.n[4] = 50;
	holders__note(&h, &r);
	r.n[0] = 9001; /* busy, and holds nothing */
	holders__note(&h, &r);
	for (size_t i = 0; i < HOLDERS_MAX; i++)
		held += holder__is(&h.at[i], 3 * SECOND);
	ASSERT_EQ(held, 1);
	ASSERT_EQ(h.at[0].pid, 8123);
	ASSERT_EQ(h.at[0].busy_ns, 2 * SECOND);
	ASSERT(!holder__is(&h.at[0], SECOND + HOLDERS_STALE_NS));
	/* More than fit: those that are there stay. */
	r.kind = GPU_READING_HOLDS;
	for (uint32_t pid = 1; pid < 4 * HOLDERS_MAX; pid++) {
		r.n[0] = pid;
		holders__note(&h, &r);
	}
	ASSERT_EQ(h.at[0].pid, 8123);
	r.n[0] = UINT64_MAX;
	holders__note(&h, &r);
	r.ts += HOLDERS_STALE_NS;
	r.n[0] = 5000;
	holders__note(&h, &r);
	ASSERT_EQ(h.at[0].pid, 5000);
	ASSERT_EQ(h.at[0].busy_ns, 0);
}

TEST_MAIN()
