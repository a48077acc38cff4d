/* SPDX-License-Identifier: BSD-2-Clause */
/* leg: the inside of the hop stage: exchanges of processes that answer others meanwhile. */
#ifndef WT_HOP_LEG_H
#define WT_HOP_LEG_H

#include "base/share.h"
#include "hop.h"
#include "hop/held.h"

/* An exchange of a process that answers others meanwhile. */
struct leg {
	struct leg *next; /* of the same process */
	struct hops_proc *proc;
	struct shared shared;
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
	struct shared held_shared;
};

struct hops_proc {
	struct proc_id id;
	struct share_owner owner;
	struct leg *first;
};

struct leg *leg__find(const struct hops_proc *p, uint64_t id); /* NULL: it has none of that id */
/* Kept beside the exchange, which may be over when the leg that goes on with it is told. */
void leg__keep_tags(struct leg *l, const struct tags *tags);
void leg__free(struct leg *l);
/* The server's leg was open when the other one began. */
bool leg__encloses(const struct leg *s, const struct leg *c);
/* The server's leg that this one goes on with. NULL: none; with *ret_wait it may show yet. */
struct leg *leg__goes_on_with(const struct hops_proc *p, const struct leg *c, bool *ret_wait);

#endif
