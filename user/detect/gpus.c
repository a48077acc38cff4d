// SPDX-License-Identifier: BSD-2-Clause
/*
 * GPUs that are paid for by the hour and idle for most of a day: told once for each such day, as
 * the day is over, by the metric that busy was taken from, with what the idle part cost and who
 * held it:
 *
 *   gpus.idle, notice: gpu GPU-8f1c0e6a-...: a GPU was idle for most of a day: NVIDIA H100, held by
 *   vllm, by gpm_graphics_util (busy 23%, limit 50%, hours 24, held $38.1)
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "detect/detector.h"

/* As many as a meter tells apart, slices of MIG with them. */
#define GPUS_MAX 256
/* A day of which less was measured, or seen, says nothing. */
#define DAY_LEAST_NS (12 * HOUR_NS)
/* Of what is kept in the ledger; another form is learnt anew. */
#define FORM 1

struct gpu_day {
	struct fair_item item; /* by its id */
	int64_t day;	       /* since the Unix epoch */
	int64_t ns, known_ns, busy_ns, priced_ns, nano;
	int64_t idle_nano[GPU_PARTS];
	/* Who held most of what was idle, by a vote in which time counts. */
	char holder[128];
	int64_t holder_ns;
	bool changed;
};

struct gpus {
	struct detect *d;
	struct fair days;
};

static int init(void *state, struct detect *d)
{
	struct gpus *g = state;

	g->d = d;
	fair__init(&g->days, GPUS_MAX, sizeof(struct gpu_day), NULL, NULL);
	return 0;
}

static void fini(void *state)
{
	fair__fini(&((struct gpus *)state)->days);
}

static bool is_idle(uint8_t kind)
{
	return kind == GPU_PART_HELD || kind == GPU_PART_RESERVED || kind == GPU_PART_FREE;
}

/* The last window's device and metric are the day's. */
static void judge(struct gpus *g, const struct gpu_day *day, const struct gpu_window *w,
		  int64_t now_ns)
{
	int64_t limit = detect__setting(g->d, SET_IDLE), idle = 0;
	struct finding f = { .kind = FINDING_GPUS_IDLE,
			     .severity = FINDING_NOTICE,
			     .field = "gpu",
			     .trust = TRUST_KERNEL,
			     .since_ns = day->day * DAY_NS };
	const char *metric = gpu_metric_name(w->metric);

	if (day->known_ns < DAY_LEAST_NS || day->busy_ns / limit >= day->known_ns / 100)
		return;
	for (int i = 0; i < GPU_PARTS; i++)
		idle += day->idle_nano[i];
	span__copy(span_str(w->device->id), f.value, sizeof(f.value));
	span__copy(span_str(day->holder), f.service, sizeof(f.service));
	snprintf(f.what, sizeof(f.what), "%.40s%s%.40s%s%.24s", w->device->name,
		 day->holder[0] ? ", held by " : "", day->holder, *metric ? ", by " : "", metric);
	f.nano_usd = idle;
	f.hour_nano = day->priced_ns >= HOUR_NS ? idle / (day->priced_ns / HOUR_NS) : 0;
	finding__figure(&f, "busy", day->busy_ns / (day->known_ns / 100), FIGURE_PERCENT);
	finding__figure(&f, "limit", limit, FIGURE_PERCENT);
	finding__figure(&f, "hours", (day->known_ns + HOUR_NS / 2) / HOUR_NS, FIGURE_COUNT);
	if (day->priced_ns) {
		finding__figure(&f, "held", day->idle_nano[GPU_PART_HELD], FIGURE_NANO_USD);
		finding__figure(&f, "reserved", day->idle_nano[GPU_PART_RESERVED], FIGURE_NANO_USD);
		finding__figure(&f, "free", day->idle_nano[GPU_PART_FREE], FIGURE_NANO_USD);
	}
	detect__tell_of(g->d, &f, hash_bytes(day->item.key, &day->day, sizeof(day->day)),
			day->item.key, now_ns);
}

static void vote(struct gpu_day *day, const struct gpu_use *u)
{
	if (!u->service[0])
		return;
	if (!strcmp(day->holder, u->service)) {
		day->holder_ns += (int64_t)u->ns;
	} else if (day->holder_ns > (int64_t)u->ns) {
		day->holder_ns -= (int64_t)u->ns;
	} else {
		span__copy(span_str(u->service), day->holder, sizeof(day->holder));
		day->holder_ns = (int64_t)u->ns;
	}
}

static void add(struct gpu_day *day, const struct gpu_entry *e)
{
	const struct gpu_window *w = e->bill->window;
	int64_t ns = (int64_t)(w->end_ns - w->start_ns);

	day->ns += ns;
	day->priced_ns += e->bill->priced ? ns : 0;
	if (w->known & GPU_KNOWS_BUSY) {
		day->known_ns += ns;
		day->busy_ns += (int64_t)w->busy_ns;
	}
	for (size_t i = 0; i < e->use_count; i++) {
		if (!is_idle(e->uses[i].kind))
			continue;
		day->idle_nano[e->uses[i].kind] += e->uses[i].nano_usd;
		vote(day, &e->uses[i]);
	}
	day->changed = true;
}

static void on_gpu(void *state, const struct gpu_entry *e)
{
	const struct gpu_device *device = e->bill->window->device;
	uint64_t key = hash_bytes(HASH_SEED, device->id, strlen(device->id));
	struct gpus *g = state;
	struct gpu_day *day = fair__get(&g->days, key);
	int64_t today = e->wall_start_ns / DAY_NS;

	/* What slices have of it they have; what they leave of it nobody can be busy with. */
	if (device->divided || !detect__setting(g->d, SET_IDLE) || today < 0)
		return;
	if (!day)
		day = fair__make(&g->days, key, key);
	if (!day)
		return;
	if (today != day->day) {
		struct fair_item item = day->item;

		if (day->day && today > day->day)
			judge(g, day, e->bill->window, e->wall_start_ns);
		*day = (struct gpu_day){ .item = item, .day = today };
	}
	add(day, e);
}

static void learnt(void *state, learnt_fn fn, void *ctx)
{
	struct gpus *g = state;
	struct gpu_day *day;
	size_t at = 0;

	while ((day = fair__next(&g->days, &at))) {
		struct numbers n = { .count = 0 };

		if (!day->changed)
			continue;
		day->changed = false;
		numbers__put(&n, FORM);
		numbers__put(&n, day->day);
		numbers__put(&n, day->ns);
		numbers__put(&n, day->known_ns);
		numbers__put(&n, day->busy_ns);
		numbers__put(&n, day->priced_ns);
		for (int i = 0; i < GPU_PARTS; i++)
			numbers__put(&n, day->idle_nano[i]);
		fn(ctx, &(struct learnt){ .detector = "gpus",
					  .owner = day->item.key,
					  .tenant = day->item.key,
					  .at_ns = day->day * DAY_NS,
					  .n = n.at,
					  .count = n.count });
	}
}

/* Who held it is not kept: the rest of the day tells. */
static int past(void *state, const struct learnt *l)
{
	struct gpus *g = state;
	struct gpu_day *day, was = { .changed = false };
	bool bad = false;
	size_t at = 0;

	numbers__take(l, &at, FORM, FORM, &bad);
	was.day = numbers__take(l, &at, 0, INT64_MAX / DAY_NS, &bad);
	was.ns = numbers__take(l, &at, 0, INT64_MAX / 2, &bad);
	was.known_ns = numbers__take(l, &at, 0, was.ns, &bad);
	was.busy_ns = numbers__take(l, &at, 0, was.known_ns, &bad);
	was.priced_ns = numbers__take(l, &at, 0, was.ns, &bad);
	for (int i = 0; i < GPU_PARTS; i++)
		was.idle_nano[i] = numbers__take(l, &at, 0, INT64_MAX / 8, &bad);
	if (bad || at != l->count)
		return -EBADMSG;
	day = fair__get(&g->days, l->owner);
	if (!day)
		day = fair__make(&g->days, l->owner, l->owner);
	if (!day)
		return 0;
	was.item = day->item;
	*day = was;
	return 0;
}

const struct detector_ops detector_gpus = {
	.name = "gpus",
	.state_size = sizeof(struct gpus),
	.init = init,
	.fini = fini,
	.on_gpu = on_gpu,
	.learnt = learnt,
	.past = past,
};
