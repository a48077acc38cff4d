/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ahead: what was read of a connection while a write was under way, until that write is told.
 *
 *   WRITING off=0 | DATA in off=0 "HTTP/1.1 200" | DATA out off=0 "POST /v1/" CALL_LAST
 *                   is kept                        is told, and behind it what was kept
 *
 * All of it has one limit, and each connection's a time: a write may take long, or never return.
 */
#ifndef WT_STREAM_AHEAD_H
#define WT_STREAM_AHEAD_H

#include "base/share.h"
#include "wire.h"

/* Of all connections. It is for milliseconds, and answers begin with little. */
#define AHEADS_BYTES_MAX (16ul << 20)

/* In a control group that has used up its time of the CPU a thread waits for some tenths of it. */
#define AHEAD_NS 1000000000ull

/* Of one connection. */
struct ahead {
	struct shared shared; /* weighs what it keeps */
	struct ahead *older, *newer;
	void *conn;		    /* the caller's */
	uint64_t since;		    /* when it was said that a write is under way */
	uint64_t off;		    /* where that begins */
	struct kept *first, **last; /* in the order in which they came */
};

struct aheads {
	struct share share;
	struct ahead *oldest, *newest;
};

void aheads__init(struct aheads *all);
void aheads__fini(struct aheads *all); /* frees those that are left, too */
/* w: of kind WIRE_WRITING. NULL: no memory. */
struct ahead *aheads__add(struct aheads *all, void *conn, const struct wire *w);
void aheads__take(struct aheads *all, struct ahead *a); /* and frees it */
/* Whose time is over at ts, or who has to make room; NULL: nobody. */
struct ahead *aheads__over(const struct aheads *all, uint64_t ts);
/* Keeps a copy of w, behind what it has. Returns 0 or -ENOMEM. */
int ahead__add(struct aheads *all, struct ahead *a, const struct wire *w);
/* The first that is kept, from now on the caller's to free. NULL: none. */
struct wire *ahead__next(struct ahead *a);

#endif
