/* SPDX-License-Identifier: BSD-2-Clause */
/* leg: the inside of the hop stage: exchanges of processes that answer others meanwhile. */
#ifndef WT_HOP_LEG_H
#define WT_HOP_LEG_H

#include "hop.h"
#include "hop/held.h"

/* An exchange of a process that answers others meanwhile. */
struct leg {
	struct leg *next; /* of the same process */
	uint64_t id, conn;
	uint64_t t_request, t_end;
	uint64_t prompt;
	bool server; /* the process answers it */
	bool over;
	/* server: */
	uint32_t going_on; /* legs that go on with it */
	uint32_t answered; /* those of them that did not fail */
	/* else: */
	uint64_t inner; /* id of the one that it goes on with; 0: none, or not known yet */
	bool elsewhere; /* its other end tells it */

	struct hop from;  /* who asked: of a server's it, else the one that it goes on with */
	struct tags tags; /* of a server's: what whoever asked says of the call */
	char response_id[128];
	struct usage use;
	struct held *held; /* its call, which waits */
};

struct hops_proc {
	struct proc_id id;
	struct leg *first;
	uint32_t count;
};

struct leg *leg__find(const struct hops_proc *p, uint64_t id); /* NULL: it has none of that id */
/* Kept beside the exchange, which may be over when the leg that goes on with it is told. */
void leg__keep_tags(struct leg *l, const struct tags *tags);
void leg__free(struct leg *l);

#endif
