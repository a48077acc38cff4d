// SPDX-License-Identifier: BSD-2-Clause
/*
 * Estimates against a server that knows the truth: its median error is printed, and has a bound
 * where the server is linear in its tokens, as the estimate is. Where it is not, the error is
 * printed alone.
 */
#include "gpu_batching.h"
#include "gpu_story.h"
#include "test.h"

#define REQUESTS   3600
#define PER_SECOND 9
/* Those that end before have no fit yet: CALIBRATE_WINDOWS_MIN. */
#define FITTED_NS (205 * SECOND)

struct moment {
	uint64_t ts;
	enum { BEGIN, TOKEN, END } kind;
	size_t request;
};

static int by_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->ts != y->ts)
		return x->ts < y->ts ? -1 : 1;
	return (int)x->kind - (int)y->kind;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint64_t busy_in(const struct batching *b, size_t *at, uint64_t from, uint64_t until)
{
	uint64_t busy = 0;

	while (*at < b->step_count && b->steps[*at].end <= from)
		++*at;
	for (size_t i = *at; i < b->step_count && b->steps[i].start < until; i++) {
		uint64_t start = b->steps[i].start > from ? b->steps[i].start : from,
			 end = b->steps[i].end < until ? b->steps[i].end : until;

		busy += end > start ? end - start : 0;
	}
	return busy;
}

static struct moment *moments_of(const struct batching *b, size_t *ret_count)
{
	size_t n = 0;
	struct moment *m;

	for (size_t i = 0; i < b->count; i++)
		n += (size_t)b->requests[i].output + 2;
	m = malloc(n * sizeof(*m));
	n = 0;
	for (size_t i = 0; m && i < b->count; i++) {
		const struct batching_request *q = &b->requests[i];

		m[n++] = (struct moment){ q->arrival, BEGIN, i };
		for (int64_t t = 0; t < q->output; t++)
			m[n++] = (struct moment){ q->token_at[t], TOKEN, i };
		m[n++] = (struct moment){ q->end, END, i };
	}
	qsort(m, n, sizeof(*m), by_time);
	*ret_count = n;
	return m;
}

struct outcome {
	double early, late; /* median error, before there is a fit and behind it */
	double conserved;   /* estimated of all / true of all */
	double busy;	    /* of the time */
	size_t told, wrong;
	int64_t nano, parts_nano;
};

static double median_of(double *errors, size_t n)
{
	qsort(errors, n, sizeof(*errors), by_size);
	return n ? errors[n / 2] : INFINITY;
}

/* stream: tokens are seen as they come; else the answer comes at once. told: with its own times. */
static struct outcome estimate(bool linear, bool stream, bool told, uint64_t seed)
{
	static struct story_request requests[REQUESTS];
	static double early[REQUESTS], late[REQUESTS];
	struct gpu_story *s = malloc(sizeof(*s));
	struct gpu_device device = { .id = "GPU-0", .name = "stand-in" };
	struct gpu_process process = { .proc = { 2, 2 }, .ppid = 1 };
	struct batching b;
	struct outcome o = { .told = 0 };
	struct moment *m;
	size_t count, step = 0, n = 0, n_late = 0;
	uint64_t window = 0;
	double all = 0, truth = 0;

	batching__init(&b, REQUESTS, PER_SECOND, seed);
	batching__run(&b, linear);
	m = moments_of(&b, &count);
	story__init(s, 2950000000);
	for (size_t i = 0; i < count; i++) {
		struct batching_request *q = &b.requests[m[i].request];
		struct story_request *r = &requests[m[i].request];

		for (; window + SECOND <= m[i].ts; window += SECOND) {
			struct gpu_window w =
				story_window(&device, window, window + SECOND,
					     busy_in(&b, &step, window, window + SECOND), &process,
					     1);

			apportion__window(s->a, &w);
		}
		if (m[i].kind == BEGIN)
			story__begin(s, r, m[i].request + 1, 1, m[i].ts);
		else if (m[i].kind == TOKEN && stream)
			story__token(s, r, m[i].ts);
		if (m[i].kind != END)
			continue;
		if (told) {
			double read = LINEAR_READ * (double)(q->input - q->cached);

			r->call.prefill_ns = (uint64_t)read;
			r->call.decode_ns = (uint64_t)(q->true_ns - read);
		}
		story__end(s, r, m[i].ts, q->input - q->cached, q->cached, q->output);
	}
	for (int i = 0; i < 3; i++, window += SECOND) {
		struct gpu_window w =
			story_window(&device, window, window + SECOND,
				     busy_in(&b, &step, window, window + SECOND), &process, 1);

		apportion__window(s->a, &w);
	}
	apportion__finish(s->a);
	for (size_t i = 0; i < REQUESTS; i++) {
		const struct gpu_share *share = story__share(s, i + 1);
		double error;

		if (!share)
			continue;
		error = fabs((double)share->ns - b.requests[i].true_ns) / b.requests[i].true_ns;
		if (b.requests[i].end < FITTED_NS)
			early[n++] = error;
		else
			late[n_late++] = error;
		all += (double)share->ns;
		truth += b.requests[i].true_ns;
	}
	o.early = median_of(early, n);
	o.late = median_of(late, n_late);
	o.conserved = all / truth;
	o.busy = truth / (double)s->window_ns;
	o.told = n + n_late;
	o.wrong = s->wrong;
	o.nano = s->window_nano;
	for (int i = 0; i < GPU_PARTS; i++)
		o.parts_nano += s->nano[i];
	story__fini(s);
	batching__fini(&b);
	free(m);
	free(s);
	return o;
}

static void print(const char *what, const struct outcome *o)
{
	printf("  %-40s busy %2.0f %%, median error %4.1f %% by default, %4.1f %% calibrated\n",
	       what, o->busy * 100, o->early * 100, o->late * 100);
}

#define ASSERT_SOUND(o)                              \
	do {                                         \
		ASSERT_EQ((o).told, REQUESTS);       \
		ASSERT_EQ((o).wrong, 0);             \
		ASSERT_EQ((o).parts_nano, (o).nano); \
		ASSERT((o).conserved > 0.98);        \
		ASSERT((o).conserved < 1.02);        \
	} while (0)

TEST(linear_streamed)
{
	struct outcome o = estimate(true, true, false, 1);

	print("linear, streamed", &o);
	ASSERT_SOUND(o);
	ASSERT(o.early < 0.25);
	ASSERT(o.late < 0.10);
}

TEST(linear_at_once)
{
	struct outcome o = estimate(true, false, false, 2);

	print("linear, answers at once", &o);
	ASSERT_SOUND(o);
	ASSERT(o.early < 0.25);
	ASSERT(o.late < 0.10);
}

TEST(linear_told)
{
	struct outcome o = estimate(true, true, true, 3);

	print("linear, answers tell their times", &o);
	ASSERT_SOUND(o);
	ASSERT(o.early < 0.05);
	ASSERT(o.late < 0.05);
}

/* No bound: the true cost of a request in a shared step is a matter of definition. */
TEST(not_linear)
{
	struct outcome o = estimate(false, true, false, 4),
		       at_once = estimate(false, false, false, 5);

	print("not linear, streamed (no bound)", &o);
	print("not linear, answers at once (no bound)", &at_once);
	ASSERT_SOUND(o);
	ASSERT_SOUND(at_once);
}

TEST_MAIN()
