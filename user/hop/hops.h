/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hops: calls in, with the leg of their way that they are (hop.h), each once. Who asked and who is
 * charged is told by what encloses what: while a process answers a request, what it asks of others
 * is asked for that request. Where several are open, the text that they ask about tells which, then
 * the answer's id, then its figures. What can't be told is said to be unknown, not guessed.
 *
 * A call whose join is open is held until it is settled, at most HOPS_HOLD_NS. No other is held.
 */
#ifndef WT_HOP_HOPS_H
#define WT_HOP_HOPS_H

#include "base/drops.h"
#include "hop.h"

/*
 * Plain connections, and exchanges of processes that answer some, at once. Whoever has most loses
 * his oldest (share.h).
 */
#define HOPS_CONN_MAX	  65536
#define HOPS_EXCHANGE_MAX 16384
/* Those of one process, which are looked through one by one. */
#define HOPS_PROC_MAX 2048
/* Calls held at once; of whoever has most the oldest is told as it stands. */
#define HOPS_HELD_MAX 256
/* Those of one process: each is compared with all of its exchanges whenever one of them ends. */
#define HOPS_PROC_HELD_MAX 64
/* A proxy hands an answer's end on within milliseconds. */
#define HOPS_HOLD_NS (5 * 1000000000ull)

struct hops;

/* drops is borrowed. NULL: no memory. */
struct hops *hops__new(hop_emit_fn emit, void *ctx, struct drops *drops);
void hops__free(struct hops *h); /* NULL is fine */
/* PEER, END and TICK; other kinds are ignored. Behind the stages that END ends exchanges in. */
void hops__feed(struct hops *h, const struct wire *w);
/* An exchange that may be a call begins. */
void hops__request(struct hops *h, const struct exchange *x);
/*
 * More of its request has been read, or its answer begins. prompt, tags: as struct call's, so far;
 * tags may be NULL.
 */
void hops__asked(struct hops *h, const struct exchange *x, uint64_t prompt,
		 const struct tags *tags);
/* It was a call. Emits it now, or later as a copy without headers and bodies. */
void hops__call(struct hops *h, const struct call *c);
/* Tells what is held: nothing more comes. */
void hops__finish(struct hops *h);
/* It is over; behind hops__call(), if there was one. */
void hops__end(struct hops *h, const struct exchange *x);

#endif
