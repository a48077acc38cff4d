/* SPDX-License-Identifier: BSD-2-Clause */
/* conns: plain connections, by their ids and by their two ends. */
#ifndef WT_HOP_CONNS_H
#define WT_HOP_CONNS_H

#include "base/share.h"
#include "exchange.h"

struct hops_conn {
	uint64_t id;
	struct proc_id proc;   /* at which it is seen */
	struct proc_id caller; /* that made it; tgid 0: not known */
	struct sock_ends ends;
	uint64_t exchange; /* id of the latest */
	bool serves;	   /* it has answered a request */
	struct shared shared;
};

struct conns {
	struct table by_id;
	struct table by_ends; /* the same ones; of two with one hash the later one is found */
	struct share share;   /* by who made them, as far as it is known, of the server's tenant */
};

void conns__init(struct conns *c, size_t limit);
void conns__fini(struct conns *c);
/*
 * PEER adds or corrects, END removes; other kinds are ignored. Returns how many are not followed
 * any more, for want of room.
 */
size_t conns__feed(struct conns *c, const struct wire *w);
/* An exchange begins on one, if it is a plain connection. */
void conns__exchange(struct conns *c, const struct exchange *x);
/* NULL: it is none that is known. */
const struct hops_conn *conns__get(const struct conns *c, uint64_t id);
/* The same connection as its other process sees it; NULL: that one is not looked at. */
const struct hops_conn *conns__other_end(const struct conns *c, const struct hops_conn *conn);

#endif
