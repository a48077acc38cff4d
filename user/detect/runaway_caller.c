// SPDX-License-Identifier: BSD-2-Clause
/* What a process does that follows from no run. */
#include <stdlib.h>

#include "base/hash.h"
#include "detect/runaway.h"

/* A call so much later has nothing to do with the one before. */
#define APART_NS (60 * SECOND_NS)

/* A pid among those of one tenant: of who started a process no more is known for sure. */
static uint64_t caller_key(const struct seen *s, uint32_t tgid)
{
	return hash_bytes(s->tenant, &tgid, sizeof(tgid));
}

/*
 * "claude[812] < bash[77]": of who started it the nearest one that makes calls itself.
 */
static struct caller_state *starter_of(struct runaway *r, const struct seen *s)
{
	const char *at = s->e->owner->lineage;

	while ((at = strchr(at, '['))) {
		char *end;
		unsigned long pid = strtoul(++at, &end, 10);
		struct caller_state *c = NULL;

		if (*end == ']' && pid != s->e->owner->proc.tgid)
			c = fair__get(&r->callers, caller_key(s, (uint32_t)pid));
		if (c)
			return c;
	}
	return NULL;
}

static struct caller_state *state_of(struct runaway *r, const struct seen *s, bool *ret_begins)
{
	uint64_t key = caller_key(s, s->e->owner->proc.tgid);
	struct caller_state *c = fair__get(&r->callers, key), *starter;

	*ret_begins = !c;
	if (c)
		return c;
	starter = starter_of(r, s);
	key = starter ? starter->top : key;
	c = fair__make(&r->callers, caller_key(s, s->e->owner->proc.tgid), s->tenant);
	if (!c)
		return NULL;
	c->top = key;
	c->start_ns = s->start_ns;
	return c;
}

static void check_callers(struct runaway *r, const struct seen *s, struct caller_state *c,
			  bool begins)
{
	int64_t limit = detect__setting(r->d, SET_CALLERS);
	struct caller_state *top = fair__get(&r->callers, c->top);
	struct finding f;

	if (!top || top == c)
		return;
	window__add(&top->started, s->end_ns, begins, s->nano);
	top->calls++;
	top->nano += s->nano;
	if (!over(window__calls(&top->started), limit))
		return;
	f = finding_of(FINDING_RUNAWAY_CALLERS, FINDING_WARNING, s, top->start_ns);
	finding__figure(&f, "processes_a_minute", window__calls(&top->started), FIGURE_COUNT);
	finding__figure(&f, "limit", limit, FIGURE_COUNT);
	finding__cost(&f, top->calls, top->nano, s->end_ns);
	detect__tell(r->d, s, &f, top->item.key);
}

static void check_resent(struct runaway *r, const struct seen *s, struct caller_state *c)
{
	int64_t limit = detect__setting(r->d, SET_RESENT), times = s->e->link->same;
	struct finding f;

	if (times <= 1) {
		c->resent_ns = s->start_ns;
		c->resent_nano = c->resent_calls = 0;
	}
	c->resent_nano += s->nano;
	c->resent_calls++;
	if (!over(times, limit))
		return;
	f = finding_of(FINDING_RUNAWAY_RESENT, FINDING_WARNING, s, c->resent_ns);
	finding__figure(&f, "times", times, FIGURE_COUNT);
	finding__figure(&f, "limit", limit, FIGURE_COUNT);
	finding__figure(&f, "answered", s->e->call->result == CALL_OK, FIGURE_COUNT);
	finding__cost(&f, c->resent_calls, c->resent_nano, s->end_ns);
	detect__tell(r->d, s, &f, c->item.key);
}

/*
 * A function that asks, and calls itself with the answer: each call is the first of a conversation,
 * and holds more than the one before it and what was answered. Texts that are sorted by their
 * length grow by less.
 */
static void check_recursion(struct runaway *r, const struct seen *s, struct caller_state *c)
{
	const struct usage *u = &s->e->call->use;
	int64_t input = usage__input(u), limit = detect__setting(r->d, SET_RECURSION);
	bool first = !s->run || (s->e->link->step <= 1 && !s->e->link->depth);
	bool deeper = first && s->start_ns >= c->last_end_ns &&
		      s->start_ns - c->last_end_ns < APART_NS && c->output > 0 &&
		      input - c->input >= c->output / 2 && input > c->input;
	struct finding f;

	if (s->implausible || !usage__knows(u, USAGE_INPUT))
		return;
	if (!deeper) {
		c->deeper = 0;
		c->deeper_ns = s->start_ns;
		c->deeper_nano = 0;
	}
	c->deeper++;
	c->deeper_nano += s->nano;
	c->last_end_ns = s->end_ns;
	c->input = input;
	c->output = first && usage__knows(u, USAGE_OUTPUT) ? u->n[USAGE_OUTPUT] : 0;
	if (!over(c->deeper, limit))
		return;
	f = finding_of(FINDING_RUNAWAY_RECURSION, FINDING_WARNING, s, c->deeper_ns);
	f.run[0] = '\0';
	finding__figure(&f, "calls", c->deeper, FIGURE_COUNT);
	finding__figure(&f, "limit", limit, FIGURE_COUNT);
	finding__figure(&f, "tokens", input, FIGURE_COUNT);
	finding__cost(&f, c->deeper, c->deeper_nano, s->end_ns);
	detect__tell(r->d, s, &f, c->item.key);
}

void runaway_caller(struct runaway *r, const struct seen *s)
{
	struct caller_state *c;
	bool begins;

	if (!s->e->owner->proc.tgid)
		return;
	c = state_of(r, s, &begins);
	if (!c)
		return;
	check_callers(r, s, c, begins);
	check_recursion(r, s, c);
	if (s->e->link)
		check_resent(r, s, c);
}
