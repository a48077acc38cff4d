// SPDX-License-Identifier: BSD-2-Clause
#include <signal.h>
#include <unistd.h>

#include "capture/verbs.h"
#include "capture/whom.h"
#include "shared.h"

/* Rounds in which processes that were forked meanwhile are found; a fork bomb takes some. */
#define ROUNDS 8

static void cut(struct enforce *e, struct action *a)
{
	const struct members *m = e->members;

	if (!cutting__supported(&e->cutting)) {
		a->result = ACTION_UNSUPPORTED;
		return;
	}
	/* First all of it, then the connections: no process makes a new one for another. */
	for (size_t i = 0; i < m->count; i++)
		if (cutting__set(&e->cutting, &m->at[i], CUT_ALL))
			a->result = ACTION_FAILED;
	for (size_t i = 0; i < m->count; i++)
		a->connections += cutting__end(&e->cutting, &m->at[i], 0);
	a->processes = (uint32_t)m->count;
}

/* What holds for it beside: of a gate and a cut the cut. */
static uint8_t mode_of(const struct enforce *e, const struct member *m)
{
	uint8_t mode = CUT_NOT;

	for (size_t i = 0; i < e->hold_count; i++)
		for (size_t k = 0; k < e->holds[i].count; k++) {
			const struct member *one = &e->holds[i].members[k];
			uint8_t its = verbs[e->holds[i].a.verb].mode;

			if (one->pid == m->pid && one->start_ns == m->start_ns && its > mode)
				mode = its;
		}
	return mode;
}

/* What they are kept from at least, from now on; what they have written may leave. */
static void keep_from(struct enforce *e, struct action *a, uint8_t mode)
{
	const struct members *m = e->members;

	if (!cutting__supported(&e->cutting)) {
		a->result = ACTION_UNSUPPORTED;
		return;
	}
	for (size_t i = 0; i < m->count; i++) {
		if (mode_of(e, &m->at[i]) >= mode)
			continue; /* with what it had written by then */
		cutting__written(&e->cutting, &m->at[i]);
		if (cutting__set(&e->cutting, &m->at[i], mode))
			a->result = ACTION_FAILED;
	}
	a->processes = (uint32_t)m->count;
}

static void throttle(struct enforce *e, struct action *a)
{
	keep_from(e, a, CUT_SLOW);
}

static void gate(struct enforce *e, struct action *a)
{
	keep_from(e, a, CUT_NEXT);
}

static void uncut(struct enforce *e, const struct member *m)
{
	cutting__set(&e->cutting, m, mode_of(e, m));
}

/* Again until nobody is new: whoever is stopped forks no more. */
static void stop_all(struct enforce *e, struct action *a)
{
	size_t before = 0;

	for (int round = 0; round < ROUNDS && e->members->count != before; round++) {
		before = e->members->count;
		if (release__promise(&e->release, e->members->at, before)) {
			a->result = ACTION_FAILED;
			return;
		}
		a->processes = 0;
		for (size_t i = 0; i < before; i++)
			a->processes += member__signal(&e->members->at[i], SIGSTOP);
		if (!whom__find(e, a) || !whom__spare(e, a))
			break;
	}
	if (e->members->count > before || e->members->more)
		a->result = ACTION_FAILED; /* not all of them; those that are stopped stay so */
}

static void freeze(struct enforce *e, struct action *a)
{
	if (e->release_err)
		a->result = ACTION_UNSUPPORTED;
	else
		stop_all(e, a);
}

static void thaw(struct enforce *e, const struct member *m)
{
	release__go(&e->release, m);
	if (halts__has(e, m))
		release__promise(&e->release, m, 1);
}

static void term(struct enforce *e, struct action *a)
{
	for (size_t i = 0; i < e->members->count; i++)
		a->processes += member__signal(&e->members->at[i], SIGTERM);
}

/*
 * What it sends is held back first: no request leaves while signals go out. Then its connections
 * are ended: what is in their queues would leave when the process is gone, and nobody holds it
 * back.
 */
static void kill_all(struct enforce *e, struct action *a)
{
	struct members *m = e->members;

	for (size_t i = 0; i < m->count; i++)
		cutting__set(&e->cutting, &m->at[i], CUT_ALL);
	if (!e->release_err)
		stop_all(e, a);
	a->result = ACTION_DONE; /* who could not be stopped is killed all the same */
	a->processes = a->connections = 0;
	for (size_t i = 0; i < m->count; i++)
		a->connections += cutting__end(&e->cutting, &m->at[i], 0);
	for (size_t i = 0; i < m->count; i++) {
		a->processes += member__signal(&m->at[i], SIGKILL);
		release__go(&e->release, &m->at[i]);
		cutting__set(&e->cutting, &m->at[i], CUT_NOT);
	}
}

const struct verb verbs[ACTION_VERBS] = {
	[ACTION_THROTTLE] = { throttle, uncut, CUT_SLOW },
	[ACTION_GATE] = { gate, uncut, CUT_NEXT },
	[ACTION_CUT] = { cut, uncut, CUT_ALL },
	[ACTION_FREEZE] = { freeze, thaw, CUT_NOT },
	[ACTION_GATE_KILL] = { gate, uncut, CUT_NEXT },
	[ACTION_TERM] = { term, NULL, CUT_NOT },
	[ACTION_KILL] = { kill_all, NULL, CUT_NOT },
};
