// SPDX-License-Identifier: BSD-2-Clause
/* What the steps of a run have in common when nothing comes of them. */
#include "detect/runaway.h"

static void tell(struct runaway *r, const struct seen *s, struct run_state *run, struct finding *f,
		 int64_t calls, int64_t nano, uint64_t what)
{
	run->told = true;
	finding__cost(f, calls, nano, s->end_ns);
	detect__tell(r->d, s, f, what);
}

static void check_tools(struct runaway *r, const struct seen *s, struct run_state *run)
{
	int64_t limit = detect__setting(r->d, SET_SAME_TOOLS), times = s->e->link->repeats;
	struct finding f;

	if (!over(times, limit))
		return;
	f = finding_of(FINDING_RUNAWAY_SAME_TOOLS, FINDING_WARNING, s, run->start_ns);
	finding__figure(&f, "times", times, FIGURE_COUNT);
	finding__figure(&f, "limit", limit, FIGURE_COUNT);
	tell(r, s, run, &f, run->calls, run->nano, run->item.key);
}

/* A hundredth more or less, and a token: a number in it has another digit. */
static bool is_like(int64_t a, int64_t b)
{
	int64_t more = a > b ? a - b : b - a;

	return more <= 1 + b / 100;
}

/*
 * An agent that is stuck asks for the same, gets the same, and adds both to what it sends: its
 * context grows by the same with each step. One that works reads texts of different lengths.
 */
static void check_growth(struct runaway *r, const struct seen *s, struct run_state *run)
{
	const struct usage *u = &s->e->call->use;
	int64_t input = usage__input(u), output = u->n[USAGE_OUTPUT], by,
		limit = detect__setting(r->d, SET_GROWTH);
	struct growth *g = &run->growth;
	struct finding f;

	if (s->implausible || !usage__knows(u, USAGE_INPUT) || !usage__knows(u, USAGE_OUTPUT))
		return;
	by = input - g->input;
	if (by <= 0 || g->by <= 0 || !is_like(by, g->by) || !is_like(output, g->output)) {
		*g = (struct growth){ .by = by, .output = output, .since_ns = s->start_ns };
	} else {
		g->even++;
	}
	g->input = input;
	g->nano += s->nano;
	if (!over(g->even, limit))
		return;
	f = finding_of(FINDING_RUNAWAY_GROWTH, FINDING_WARNING, s, g->since_ns);
	finding__figure(&f, "steps", g->even + 1, FIGURE_COUNT);
	finding__figure(&f, "tokens_a_step", by, FIGURE_COUNT);
	finding__figure(&f, "limit", limit, FIGURE_COUNT);
	tell(r, s, run, &f, g->even + 1, g->nano, run->item.key);
}

/*
 * The call of another run that lies between this one and the one before it, with no pause at either
 * side: what it answered was asked at once, and so is what it is asked now.
 */
static const struct ended *between(const struct runaway *r, const struct seen *s,
				   int64_t last_end_ns)
{
	for (uint64_t i = 1; i <= RUNAWAY_ENDED && i <= r->ended_count; i++) {
		const struct ended *e = &r->ended[(r->ended_count - i) % RUNAWAY_ENDED];

		/* Of what took no time nobody recorded any. */
		if (e->end_ns > e->start_ns && e->run != s->run && e->tenant == s->tenant &&
		    e->end_ns <= s->start_ns && s->start_ns - e->end_ns < RUNAWAY_AT_ONCE_NS &&
		    e->start_ns >= last_end_ns && e->start_ns - last_end_ns < RUNAWAY_AT_ONCE_NS)
			return e;
	}
	return NULL;
}

static void check_turns(struct runaway *r, const struct seen *s, struct run_state *run,
			int64_t last_end_ns)
{
	const struct ended *other = last_end_ns ? between(r, s, last_end_ns) : NULL;
	int64_t limit = detect__setting(r->d, SET_TURNS);
	struct turns *t = &run->turns;
	struct finding f;

	if (!other || other->run != t->other) {
		*t = (struct turns){ .other = other ? other->run : 0, .since_ns = s->start_ns };
	}
	t->count++;
	t->nano += s->nano;
	if (!t->other || !over(2 * (int64_t)t->count, limit))
		return;
	f = finding_of(FINDING_RUNAWAY_TURNS, FINDING_WARNING, s, t->since_ns);
	finding__figure(&f, "turns", 2 * (int64_t)t->count, FIGURE_COUNT);
	finding__figure(&f, "limit", limit, FIGURE_COUNT);
	/* Each of the two tells it: it is one. */
	tell(r, s, run, &f, 2 * (int64_t)t->count, 2 * t->nano, run->item.key ^ t->other);
}

void runaway_habits(struct runaway *r, const struct seen *s, struct run_state *run)
{
	check_tools(r, s, run);
	check_growth(r, s, run);
	check_turns(r, s, run, run->last_end_ns);
	run->last_end_ns = s->end_ns;
	r->ended[r->ended_count++ % RUNAWAY_ENDED] =
		(struct ended){ s->run, s->tenant, s->start_ns, s->end_ns };
}
