// SPDX-License-Identifier: BSD-2-Clause
/* Agents that call themselves, each other, or the same thing again, without end. */
#include "detect/runaway.h"

static void learn(struct runaway *r, const struct run_state *run)
{
	struct owner_state *o = fair__get(&r->owners, run->owner);

	if (!o || run->told)
		return;
	o->changed = true;
	o->runs++;
	if (run->steps > o->max_steps)
		o->max_steps = run->steps;
}

static void on_run_leaves(void *ctx, void *item)
{
	learn(ctx, item);
}

static int init(void *state, struct detect *d)
{
	struct runaway *r = state;

	r->d = d;
	fair__init(&r->owners, RUNAWAY_OWNERS, sizeof(struct owner_state), NULL, NULL);
	fair__init(&r->callers, RUNAWAY_CALLERS, sizeof(struct caller_state), NULL, NULL);
	fair__init(&r->runs, RUNAWAY_RUNS, sizeof(struct run_state), on_run_leaves, r);
	return 0;
}

static void fini(void *state)
{
	struct runaway *r = state;

	fair__fini(&r->runs);
	fair__fini(&r->owners);
	fair__fini(&r->callers);
}

static void on_entry(void *state, const struct seen *s)
{
	struct runaway *r = state;
	struct owner_state *o = fair__get(&r->owners, s->owner);

	if (!o)
		o = fair__make(&r->owners, s->owner, s->tenant);
	if (!o)
		return; /* no memory: nothing is learnt of it */
	o->tenant = s->tenant;
	o->changed = true;
	runaway_owner(r, s, o);
	runaway_caller(r, s);
	if (s->run)
		runaway_run(r, s, o);
}

/* Runs that are over make room, the oldest of each tenant's first. */
static void on_tick(void *state, int64_t now_ns)
{
	struct runaway *r = state;
	struct run_state *run, *over[64];
	size_t at = 0, n = 0;

	if (now_ns / MINUTE_NS == r->swept)
		return;
	r->swept = now_ns / MINUTE_NS;
	while ((run = fair__next(&r->runs, &at)))
		if (now_ns - run->last_ns > RUNAWAY_IDLE_NS && n < sizeof(over) / sizeof(over[0]))
			over[n++] = run;
	while (n)
		fair__drop(&r->runs, over[--n]);
}

const struct detector_ops detector_runaway = {
	.name = "runaway",
	.state_size = sizeof(struct runaway),
	.init = init,
	.fini = fini,
	.on_entry = on_entry,
	.on_tick = on_tick,
	.learnt = runaway_learnt,
	.past = runaway_past,
};
