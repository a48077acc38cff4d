// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/requests.h"
#include "gpu/split.h"
#include "gpu_story.h"
#include "test.h"

#define PRICE 2950000000ll /* 2.95 dollars an hour */

static const struct gpu_device device = { .id = "GPU-0", .name = "NVIDIA H100 80GB HBM3" },
			       other = { .id = "GPU-1", .name = "NVIDIA H100 80GB HBM3" };

static uint64_t state;

static uint64_t any(uint64_t below)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (state >> 33) % below;
}

static struct gpu_process process(uint32_t pid, uint64_t busy, uint64_t memory)
{
	return (struct gpu_process){ .proc = { pid, pid },
				     .known = (busy ? GPU_PROCESS_BUSY : 0) |
					      (memory ? GPU_PROCESS_MEMORY : 0),
				     .busy_ns = busy,
				     .memory_bytes = memory };
}

static void window(struct gpu_story *s, const struct gpu_device *d, uint64_t from, uint64_t until,
		   uint64_t busy, const struct gpu_process *p, size_t n)
{
	struct gpu_window w = story_window(d, from, until, busy, p, n);

	apportion__window(s->a, &w);
}

TEST(split_is_exact)
{
	struct split_part p[3] = { { .weight = 1, .name = 7 },
				   { .weight = 1, .name = 5 },
				   { .weight = 1, .name = 6 } };

	ASSERT(split(100, p, 3));
	ASSERT_EQ(p[0].part, 33);
	ASSERT_EQ(p[1].part, 34); /* the lowest name */
	ASSERT_EQ(p[2].part, 33);
	ASSERT(!split(100, p, 0));
	p[0].weight = p[1].weight = p[2].weight = 0;
	ASSERT(!split(100, p, 3));
	ASSERT_EQ(p[0].part + p[1].part + p[2].part, 0);
}

TEST(split_of_large_numbers)
{
	struct split_part p[2] = { { .weight = INT64_MAX, .name = 1 },
				   { .weight = INT64_MAX, .name = 2 } };

	ASSERT(split(INT64_MAX, p, 2));
	ASSERT_EQ(p[0].part, INT64_MAX / 2 + 1);
	ASSERT_EQ(p[1].part, INT64_MAX / 2);
}

TEST(split_goes_by_weights_and_names_alone)
{
	for (int round = 0; round < 500; round++) {
		struct split_part p[12], q[12], twice[12];
		size_t n = 1 + any(12);
		int64_t total = (int64_t)any(1000000), sum = 0;

		for (size_t i = 0; i < n; i++) {
			p[i] = (struct split_part){ .weight = any(50) + (i == 0), .name = i };
			q[n - 1 - i] = p[i];
			twice[i] = p[i];
			twice[i].weight *= 2;
		}
		ASSERT(split(total, p, n) && split(total, q, n) && split(total, twice, n));
		for (size_t i = 0; i < n; i++) {
			sum += p[i].part;
			ASSERT_EQ(q[n - 1 - i].part, p[i].part);
			ASSERT_EQ(twice[i].part, p[i].part);
			for (size_t j = 0; j < n; j++)
				ASSERT(p[i].weight >= p[j].weight || p[i].part <= p[j].part);
		}
		ASSERT_EQ(sum, total);
	}
}

/* Requests, processes, devices, claims and prices as they come: bills are whole, all of them. */
TEST(all_is_conserved)
{
	static struct story_request requests[64];
	struct gpu_story *s = malloc(sizeof(*s));

	for (state = 1; state < 40;) {
		uint64_t seed = state, at = any(1000) + 1, total = 0, last = 0;
		size_t open = 0, told = 0, ended = 0;

		story__init(s, any(3) ? (int64_t)any(20000000000) : -1);
		for (int step = 0; step < 120; step++) {
			struct gpu_process p[6];
			struct gpu_claim claims[3] = { { .pod = "a" },
						       { .pod = "b" },
						       { .pod = "c" } };
			size_t n = any(6);
			uint64_t until = at + 1 + any(3 * SECOND), busy = any(2 * (until - at));
			struct gpu_window w;

			for (size_t i = 0; i < n; i++)
				p[i] = process((uint32_t)(1 + any(4)), any(2) ? any(SECOND) : 0,
					       any(2) ? any(80) << 30 : 0);
			w = story_window(any(4) ? &device : &other, at, until, busy, p, n);
			w.known = (uint32_t)any(1 << 10);
			w.claims = claims;
			w.claim_count = any(4);
			while (open < 64 && any(2)) {
				story__begin(s, &requests[open], open + 1, (uint32_t)(1 + any(4)),
					     at);
				open++;
			}
			apportion__window(s->a, &w);
			while (ended < open && any(2)) {
				for (uint64_t i = any(5); i; i--)
					story__token(s, &requests[ended], at + any(until - at));
				ASSERT(story__end(s, &requests[ended], until, (int64_t)any(100000),
						  (int64_t)any(100000), (int64_t)any(3000)));
				ended++;
			}
			total += until - at;
			at = until;
			last = s->window_nano;
		}
		apportion__finish(s->a);
		told = s->share_count;
		ASSERT_EQ(s->wrong, 0);
		ASSERT_EQ(s->window_ns, total);
		ASSERT_EQ(told, ended);
		for (size_t i = 0; i < told; i++) {
			s->ns[GPU_PART_REQUEST] -= s->shares[i].ns;
			s->nano[GPU_PART_REQUEST] -= s->shares[i].nano_usd;
		}
		/* What is left went to those that never ended. */
		ASSERT((int64_t)s->ns[GPU_PART_REQUEST] >= 0);
		ASSERT(s->nano[GPU_PART_REQUEST] >= 0);
		ASSERT(ended < open || !s->ns[GPU_PART_REQUEST]);
		(void)last;
		story__fini(s);
		state = seed + 1;
	}
	free(s);
}

/* Windows' money is not rounded one by one: an hour costs what an hour costs. */
TEST(an_hour_costs_its_price)
{
	struct gpu_story *s = malloc(sizeof(*s));
	uint64_t at = 5;

	story__init(s, PRICE + 1);
	while (at < 5 + 3600 * SECOND) {
		uint64_t until = at + 333333333;

		until = until < 5 + 3600 * SECOND ? until : 5 + 3600 * SECOND;
		window(s, &device, at, until, 1000, NULL, 0);
		at = until;
	}
	apportion__finish(s->a);
	ASSERT_EQ(s->window_nano, PRICE + 1);
	ASSERT_EQ(s->wrong, 0);
	story__fini(s);
	free(s);
}

/* Two requests at once; b is the larger one. order: which is seen first. */
static void two(struct gpu_story *s, bool b_first, int64_t a_input, int64_t a_cached, uint64_t poll)
{
	static struct story_request a, b;
	struct gpu_process p = process(1, 0, 1 << 30);
	uint64_t at = SECOND, end = 61 * SECOND, window_at = 0;

	story__init(s, PRICE);
	window(s, &device, 1, 2, 0, &p, 1);
	window_at = 2;
	story__begin(s, b_first ? &b : &a, b_first ? 2 : 1, 1, at);
	story__begin(s, b_first ? &a : &b, b_first ? 1 : 2, 1, at);
	for (; at < end; at += SECOND / 10) {
		/* As the sources tell it: when it is over. */
		if (at - window_at >= poll) {
			window(s, &device, window_at, at, (at - window_at) * 6 / 10, &p, 1);
			window_at = at;
		}
		if (at > 3 * SECOND && at < 8 * SECOND)
			story__token(s, &a, at);
		if (at > 4 * SECOND && at < 10 * SECOND)
			story__token(s, &b, at);
		if (at == 8 * SECOND)
			story__end(s, &a, at, a_input, a_cached, 50);
		if (at == 10 * SECOND)
			story__end(s, &b, at, 3000, 0, 60);
	}
	apportion__finish(s->a);
}

TEST(the_order_of_requests_does_not_matter)
{
	struct gpu_story *s = malloc(sizeof(*s)), *t = malloc(sizeof(*t));

	two(s, false, 1000, 0, SECOND);
	two(t, true, 1000, 0, SECOND);
	ASSERT_EQ(s->share_count, 2);
	for (uint64_t id = 1; id <= 2; id++) {
		ASSERT_EQ(story__share(s, id)->ns, story__share(t, id)->ns);
		ASSERT_EQ(story__share(s, id)->nano_usd, story__share(t, id)->nano_usd);
		ASSERT(story__share(s, id)->nano_usd > 0);
	}
	story__fini(s);
	story__fini(t);
	free(s);
	free(t);
}

TEST(a_cached_prompt_costs_less)
{
	struct gpu_story *s = malloc(sizeof(*s)), *t = malloc(sizeof(*t));

	two(s, false, 90000, 0, SECOND);
	two(t, false, 9000, 81000, SECOND);
	ASSERT(story__share(t, 1)->ns < story__share(s, 1)->ns);
	ASSERT(story__share(t, 1)->nano_usd < story__share(s, 1)->nano_usd);
	ASSERT(story__share(t, 2)->nano_usd > story__share(s, 2)->nano_usd);
	story__fini(s);
	story__fini(t);
	free(s);
	free(t);
}

/* However often a device is asked, its time is the same, and each has nearly the same of it. */
TEST(polls_of_any_length)
{
	static const uint64_t polls[] = { SECOND / 10, SECOND, 5 * SECOND, 30 * SECOND };
	struct gpu_story *s = malloc(sizeof(*s));

	for (size_t i = 0; i < sizeof(polls) / sizeof(polls[0]); i++) {
		uint64_t a, b, all;

		two(s, false, 1000, 0, polls[i]);
		ASSERT_EQ(s->wrong, 0);
		ASSERT_EQ(s->share_count, 2);
		a = story__share(s, 1)->ns;
		b = story__share(s, 2)->ns;
		all = s->ns[GPU_PART_REQUEST] + s->ns[GPU_PART_UNATTRIBUTED];
		ASSERT_EQ(a + b + s->ns[GPU_PART_UNATTRIBUTED], all);
		/* 60 % of the minute but for what the last poll does not reach. */
		ASSERT(llabs((long long)(all * 10 / 6) - (long long)s->window_ns) < SECOND / 100);
		if (polls[i] <= 5 * SECOND)
			ASSERT(llabs((long long)(a + b) - (long long)(9 * SECOND * 6 / 10)) <
			       (long long)(polls[i] * 6 / 10 + SECOND / 5));
		story__fini(s);
	}
	free(s);
}

TEST(no_moment_is_in_two_windows)
{
	struct gpu_story *s = malloc(sizeof(*s));

	story__init(s, PRICE);
	window(s, &device, 10 * SECOND, 12 * SECOND, SECOND, NULL, 0);
	window(s, &device, 11 * SECOND, 13 * SECOND, 2 * SECOND, NULL, 0); /* half of it again */
	window(s, &device, 5 * SECOND, 6 * SECOND, SECOND, NULL, 0);	   /* a clock behind */
	window(s, &device, 14 * SECOND, 14 * SECOND, 0, NULL, 0);
	window(s, &other, 11 * SECOND, 12 * SECOND, 0, NULL, 0);
	apportion__finish(s->a);
	ASSERT_EQ(s->window_ns, 4 * SECOND);
	ASSERT_EQ(s->bill_count, 3);
	ASSERT_EQ(s->wrong, 0);
	story__fini(s);
	free(s);
}

TEST(idle_is_of_who_holds_it)
{
	struct gpu_story *s = malloc(sizeof(*s));
	struct gpu_process p[2] = { process(1, SECOND, 30ull << 30), process(2, 0, 10ull << 30) };
	struct gpu_claim claims[2] = { { .namespace = "shop", .pod = "a" },
				       { .namespace = "shop", .pod = "b" } };
	struct gpu_window w = story_window(&device, 1, 1 + SECOND, SECOND / 5, p, 2);

	story__init(s, PRICE);
	w.claims = claims;
	w.claim_count = 2;
	apportion__window(s->a, &w); /* held, by memory */
	w.start_ns = w.end_ns;
	w.end_ns += SECOND;
	w.process_count = 0;
	w.busy_ns = 0;
	apportion__window(s->a, &w); /* reserved */
	w.start_ns = w.end_ns;
	w.end_ns += SECOND;
	w.claim_count = 0;
	apportion__window(s->a, &w); /* free */
	apportion__finish(s->a);
	ASSERT_EQ(s->held_by[1], SECOND * 8 / 10 * 3 / 4);
	ASSERT_EQ(s->held_by[2], SECOND * 8 / 10 / 4);
	ASSERT_EQ(s->ns[GPU_PART_RESERVED], SECOND);
	ASSERT_EQ(s->ns[GPU_PART_FREE], SECOND);
	/* Nobody asked it anything: it was busy for somebody who is not seen. */
	ASSERT_EQ(s->ns[GPU_PART_UNATTRIBUTED], SECOND / 5);
	ASSERT_EQ(s->wrong, 0);
	story__fini(s);
	free(s);
}

TEST(what_nobody_measured_is_neither_busy_nor_idle)
{
	struct gpu_story *s = malloc(sizeof(*s));
	struct gpu_process p = process(1, 0, 1 << 30);
	struct gpu_window w = story_window(&device, 1, 1 + SECOND, 0, &p, 1);

	story__init(s, PRICE);
	w.known = GPU_KNOWS_PROCESSES;
	apportion__window(s->a, &w);
	apportion__finish(s->a);
	ASSERT_EQ(s->ns[GPU_PART_UNATTRIBUTED], SECOND);
	ASSERT_EQ(s->worst_label, GPU_LABEL_UNKNOWN);
	story__fini(s);
	free(s);
}

/* A worker that holds the GPU works for the process that is asked. */
static uint8_t label_with(size_t processes, size_t requests, bool told, uint8_t metric)
{
	static struct story_request q[2];
	struct gpu_story *s = malloc(sizeof(*s));
	struct gpu_process p[2] = { process(2, SECOND / 2, 1 << 30), process(3, SECOND / 2, 1) };
	struct gpu_window w = story_window(&device, 1, 10 * SECOND, 5 * SECOND, p, processes);
	uint8_t label = GPU_LABELS;

	story__init(s, PRICE);
	p[0].ppid = 1;
	w.metric = metric;
	for (size_t i = 0; i < requests; i++) {
		story__begin(s, &q[i], i + 1, 1, SECOND);
		q[i].call.prefill_ns = told ? SECOND : 0;
		q[i].call.decode_ns = told ? SECOND : 0;
	}
	apportion__window(s->a, &w);
	for (size_t i = 0; i < requests; i++)
		story__end(s, &q[i], 5 * SECOND, 1000, 0, 100);
	apportion__finish(s->a);
	if (story__share(s, 1) && story__share(s, 1)->ns)
		label = story__share(s, 1)->label;
	story__fini(s);
	free(s);
	return label;
}

TEST(labels)
{
	ASSERT_EQ(label_with(1, 1, false, GPU_METRIC_GPM), GPU_LABEL_EXACT); /* it was alone */
	ASSERT_EQ(label_with(1, 2, true, GPU_METRIC_GPM), GPU_LABEL_EXACT);
	ASSERT_EQ(label_with(1, 2, false, GPU_METRIC_GPM), GPU_LABEL_DEFAULT);
	ASSERT_EQ(label_with(2, 2, true, GPU_METRIC_GPM), GPU_LABEL_SPLIT);
	ASSERT_EQ(label_with(1, 1, true, GPU_METRIC_ENVELOPE), GPU_LABEL_ENVELOPE);
}

/* A long answer does not hold up those beside it for good. */
TEST(a_long_request_is_not_awaited_for_ever)
{
	static struct story_request longer, q;
	struct gpu_story *s = malloc(sizeof(*s));
	struct gpu_process p = process(1, 0, 1 << 30);

	story__init(s, PRICE);
	story__begin(s, &longer, 1, 1, SECOND);
	story__begin(s, &q, 2, 1, SECOND);
	window(s, &device, 1, 2 * SECOND, SECOND, &p, 1);
	window(s, &device, 2 * SECOND, 3 * SECOND, SECOND, &p, 1);
	ASSERT(story__end(s, &q, 2 * SECOND, 100, 0, 10));
	apportion__tick(s->a, 5 * SECOND);
	ASSERT_EQ(s->share_count, 0);
	apportion__tick(s->a, 3 * SECOND + APPORTION_WAIT_NS);
	ASSERT_EQ(s->share_count, 1);
	ASSERT_EQ(s->shares[0].request, 2);
	ASSERT(s->shares[0].ns > 0);
	ASSERT(s->shares[0].ns < SECOND);
	/* Devices that tell nothing any more hold nobody up, either. */
	ASSERT(story__end(s, &longer, 20 * SECOND, 100, 0, 10));
	apportion__tick(s->a, 20 * SECOND + APPORTION_CALL_WAIT_NS);
	ASSERT_EQ(s->share_count, 2);
	story__fini(s);
	free(s);
}

TEST(without_devices_nothing_waits)
{
	static struct story_request q;
	struct gpu_story *s = malloc(sizeof(*s));

	story__init(s, PRICE);
	story__begin(s, &q, 1, 1, SECOND);
	ASSERT(!story__end(s, &q, 2 * SECOND, 100, 0, 10));
	ASSERT(!apportion__has_devices(s->a));
	story__fini(s);
	free(s);
}

/* Two devices work for one request: it has a share of both. */
TEST(two_devices_one_request)
{
	static struct story_request q;
	struct gpu_story *s = malloc(sizeof(*s));
	struct gpu_process p = process(1, 0, 1 << 30);

	story__init(s, PRICE);
	window(s, &device, 1, SECOND, 0, &p, 1);
	window(s, &other, 1, SECOND, 0, &p, 1);
	story__begin(s, &q, 1, 1, SECOND);
	ASSERT(story__end(s, &q, 2 * SECOND, 100, 0, 10));
	window(s, &device, SECOND, 2 * SECOND, SECOND / 2, &p, 1);
	ASSERT_EQ(s->share_count, 0);
	window(s, &other, SECOND, 2 * SECOND, SECOND / 4, &p, 1);
	ASSERT_EQ(s->share_count, 1);
	ASSERT_EQ(s->shares[0].ns, SECOND / 2 + SECOND / 4);
	ASSERT_EQ(s->shares[0].devices, 2);
	ASSERT_STR(s->shares[0].device, "GPU-0");
	story__fini(s);
	free(s);
}

TEST(a_flood_of_requests_is_bounded)
{
	static struct story_request q;
	struct gpu_story *s = malloc(sizeof(*s));

	story__init(s, PRICE);
	for (uint64_t i = 1; i <= GPU_SERVER_REQUESTS_MAX + 10; i++)
		story__begin(s, &q, i, 1, SECOND);
	ASSERT_EQ(s->drops.n[DROP_GPU_REQUESTS_FULL], 10);
	/* Another server has room. */
	story__begin(s, &q, 1000000, 2, SECOND);
	ASSERT_EQ(s->drops.n[DROP_GPU_REQUESTS_FULL], 10);
	story__fini(s);
	free(s);
}

TEST_MAIN()
