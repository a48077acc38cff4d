/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run: calls in, the run that each is a step of out. Runs are trees of calls: an agent's steps, the
 * sub-agents that it starts, found by what the requests themselves say (conversation.h), with no
 * SDK. A call is never linked to one of somebody else: only within a process, its children, or a
 * container.
 */
#ifndef WT_RUN_RUN_H
#define WT_RUN_RUN_H

#include "entry.h"
#include "run_link.h"

/* Calls that a later one can follow; of whoever has most the oldest makes room (share.h). */
#define RUN_CALLS_MAX 16384
/* A conversation that was left alone for so long goes on as a new run. */
#define RUN_IDLE_NS (6ull * 3600 * 1000000000ull)
/* How long behind the last call of a process an unlike one can be its next step. */
#define RUN_PROCESS_NS (600ull * 1000000000ull)
/* Of agents alike that gave the same order within so long, the first one is obeyed first. */
#define RUN_QUEUE_NS (10ull * 1000000000ull)
/* Steps of a run that are gone through to find its last: one that goes further back stands beside.
 */
#define RUN_HOPS_MAX 256

struct runs;

struct runs *runs__new(void);	 /* NULL: no memory */
void runs__free(struct runs *r); /* NULL is fine */
/*
 * The request of a call has passed, and its answer is to come: agents alike that are given the same
 * order at once began in the order in which it was given, in whichever they end. x is of the
 * caller's own process. Said again it is the same.
 */
void runs__asked(struct runs *r, const struct exchange *x, const struct conversation *c);
/*
 * The link of e's call, which is over; later calls can follow it. Calls come in the order in which
 * they end. e->link is not looked at. A call that is no step of a conversation is of no run:
 * ret_link->run is empty.
 */
void runs__add(struct runs *r, const struct entry *e, struct run_link *ret_link);

#endif
