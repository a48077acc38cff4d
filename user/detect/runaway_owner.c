// SPDX-License-Identifier: BSD-2-Clause
/*
 * Rates of an owner: calls and dollars a minute against what is set; and calls that follow others,
 * the steps of agents, against the most that the owner had on a day before. Those that follow none,
 * of a batch, a backfill or an evaluation, are as many as somebody started.
 */
#include "detect/runaway.h"

static void next_day(struct owner_state *o, int64_t now_ns)
{
	int64_t day = now_ns / DAY_NS;

	if (!o->day) {
		o->day = day;
		o->days = 1;
	}
	if (day <= o->day)
		return;
	for (int64_t i = o->day + 1; i <= day && i <= o->day + RUNAWAY_DAYS; i++)
		o->peak[i % RUNAWAY_DAYS] = 0;
	o->day = day;
	o->days++;
}

static int64_t highest(const struct owner_state *o)
{
	int64_t most = 0;

	for (int i = 0; i < RUNAWAY_DAYS; i++)
		if (i != o->day % RUNAWAY_DAYS && o->peak[i] > most)
			most = o->peak[i];
	return most;
}

static int64_t linked_limit(const struct runaway *r, const struct owner_state *o)
{
	int64_t limit = detect__setting(r->d, SET_CALLS_LEARNED) * highest(o) / 100;

	if (o->days <= RUNAWAY_DAYS_KNOWN || !limit)
		return 0;
	return limit < RUNAWAY_CALLS_LEAST ? RUNAWAY_CALLS_LEAST : limit;
}

static bool is_linked(const struct seen *s)
{
	return s->run && (s->e->link->step > 1 || s->e->link->depth);
}

static void tell(struct runaway *r, const struct seen *s, struct owner_state *o, bool spend,
		 const char *what, int64_t value, int64_t limit)
{
	struct finding f = finding_of(spend ? FINDING_RUNAWAY_SPEND : FINDING_RUNAWAY_RATE,
				      FINDING_WARNING, s, o->high_ns);

	f.run[0] = '\0';
	finding__figure(&f, what, value, spend ? FIGURE_NANO_USD : FIGURE_COUNT);
	finding__figure(&f, "limit", limit, spend ? FIGURE_NANO_USD : FIGURE_COUNT);
	finding__cost(&f, o->high_calls, o->high_nano, s->end_ns);
	detect__tell(r->d, s, &f, s->owner);
}

void runaway_owner(struct runaway *r, const struct seen *s, struct owner_state *o)
{
	int64_t calls, nano, linked, calls_limit = detect__setting(r->d, SET_CALLS),
				     nano_limit = detect__setting(r->d, SET_USD), learned;

	next_day(o, s->end_ns);
	window__add(&o->all, s->end_ns, 1, s->nano);
	window__add(&o->linked, s->end_ns, is_linked(s), s->nano);
	calls = window__calls(&o->all);
	nano = window__nano(&o->all);
	linked = window__calls(&o->linked);
	learned = linked_limit(r, o);
	if (!over(calls, calls_limit) && !over(nano, nano_limit) && !over(linked, learned)) {
		o->high_ns = 0;
		if (linked > o->peak[o->day % RUNAWAY_DAYS])
			o->peak[o->day % RUNAWAY_DAYS] = (uint32_t)linked;
		return;
	}
	if (!o->high_ns) { /* the minute that it took belongs to it */
		o->high_ns = s->end_ns - MINUTE_NS;
		o->high_calls = calls - 1;
		o->high_nano = nano - s->nano;
	}
	o->high_calls++;
	o->high_nano += s->nano;
	if (over(nano, nano_limit))
		tell(r, s, o, true, "usd_a_minute", nano, nano_limit);
	else if (over(calls, calls_limit))
		tell(r, s, o, false, "calls_a_minute", calls, calls_limit);
	else
		tell(r, s, o, false, "steps_a_minute", linked, learned);
}
