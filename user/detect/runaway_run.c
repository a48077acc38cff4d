// SPDX-License-Identifier: BSD-2-Clause
/* What a run, with its sub-agents, can do too much of. */
#include "base/hash.h"
#include "detect/runaway.h"

static struct run_state *state_of(struct runaway *r, const struct seen *s)
{
	const struct run_link *l = s->e->link;
	struct run_state *run = fair__get(&r->runs, s->run), *parent = NULL;

	if (run)
		return run;
	run = fair__make(&r->runs, s->run, s->tenant);
	if (!run)
		return NULL;
	run->owner = s->owner;
	run->root = s->run;
	run->start_ns = s->start_ns;
	if (l->parent_run[0])
		parent = fair__get(&r->runs,
				   hash_bytes(s->tenant, l->parent_run, sizeof(l->parent_run)));
	if (parent && parent != run)
		run->root = parent->root;
	return run;
}

/* One run tells once of each kind; what goes on is counted. */
static void tell(struct runaway *r, const struct seen *s, struct run_state *run, struct finding *f)
{
	run->told = true;
	finding__cost(f, run->calls, run->nano, s->end_ns);
	detect__tell(r->d, s, f, run->item.key);
}

static struct finding found(enum finding_kind kind, const struct seen *s,
			    const struct run_state *run, const char *what, int64_t value,
			    int64_t limit, enum figure_unit unit)
{
	struct finding f = finding_of(kind, FINDING_WARNING, s, run->start_ns);

	finding__figure(&f, what, value, unit);
	finding__figure(&f, "limit", limit, unit);
	return f;
}

/*
 * Its steps, against what is set, and against the longest run that its owner had. An owner whose
 * runs are short is told of sooner.
 */
static int64_t steps_limit(const struct runaway *r, const struct owner_state *o)
{
	int64_t limit = detect__setting(r->d, SET_STEPS),
		learned = detect__setting(r->d, SET_STEPS_LEARNED) * o->max_steps / 100;

	if (!learned || o->runs < RUNAWAY_RUNS_KNOWN)
		return limit;
	if (learned < RUNAWAY_STEPS_LEAST)
		learned = RUNAWAY_STEPS_LEAST;
	return limit && limit < learned ? limit : learned;
}

static void check_shape(struct runaway *r, const struct seen *s, const struct owner_state *o,
			struct run_state *run, struct run_state *top)
{
	int64_t depth = detect__setting(r->d, SET_DEPTH),
		fan_out = detect__setting(r->d, SET_FAN_OUT), steps = steps_limit(r, o);
	struct finding f;

	if (over(s->e->link->depth, depth)) {
		f = found(FINDING_RUNAWAY_DEPTH, s, top, "depth", s->e->link->depth, depth,
			  FIGURE_COUNT);
		tell(r, s, top, &f);
	}
	if (over(window__calls(&top->kids), fan_out)) {
		f = found(FINDING_RUNAWAY_FAN_OUT, s, top, "sub_agents", window__calls(&top->kids),
			  fan_out, FIGURE_COUNT);
		tell(r, s, top, &f);
	}
	if (over(run->steps, steps)) {
		f = found(FINDING_RUNAWAY_STEPS, s, run, "steps", run->steps, steps, FIGURE_COUNT);
		finding__figure(&f, "longest_before", o->max_steps, FIGURE_COUNT);
		tell(r, s, run, &f);
	}
}

static void check_speed(struct runaway *r, const struct seen *s, struct run_state *top)
{
	int64_t calls = window__calls(&top->window), nano = window__nano(&top->window),
		calls_limit = detect__setting(r->d, SET_RUN_CALLS),
		nano_limit = detect__setting(r->d, SET_RUN_USD);
	struct finding f;

	if (!over(calls, calls_limit) && !over(nano, nano_limit))
		return;
	if (over(calls, calls_limit))
		f = found(FINDING_RUNAWAY_SPEED, s, top, "calls_a_minute", calls, calls_limit,
			  FIGURE_COUNT);
	else
		f = found(FINDING_RUNAWAY_SPEED, s, top, "usd_a_minute", nano, nano_limit,
			  FIGURE_NANO_USD);
	tell(r, s, top, &f);
}

void runaway_run(struct runaway *r, const struct seen *s, struct owner_state *o)
{
	const struct run_link *l = s->e->link;
	struct run_state *run = state_of(r, s), *top;
	bool begins;

	if (!run)
		return;
	top = fair__get(&r->runs, run->root);
	if (!top) { /* it made room: what is left of the tree stands for itself */
		run->root = run->item.key;
		top = run;
	}
	begins = !run->last_ns;
	run->last_ns = top->last_ns = s->end_ns;
	run->depth = l->depth;
	if (l->step > run->steps)
		run->steps = l->step;
	top->calls++;
	top->nano += s->nano;
	window__add(&top->window, s->end_ns, 1, s->nano);
	window__add(&top->kids, s->end_ns, begins && top != run, 0);
	if (run != top) {
		run->calls++;
		run->nano += s->nano;
	}
	check_shape(r, s, o, run, top);
	runaway_habits(r, s, run);
	check_speed(r, s, top);
}
