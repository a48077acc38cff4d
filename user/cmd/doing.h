/* SPDX-License-Identifier: BSD-2-Clause */
/* doing: what is to be done about findings: orders to the keeper, and hooks. The meter's side. */
#ifndef WT_CMD_DOING_H
#define WT_CMD_DOING_H

#include "act/act.h"

struct tap;

struct doing {
	const struct act_settings *s; /* borrowed */
	struct act *act;
	struct tap *tap; /* borrowed */
	int hooks;	 /* the socket to their process; -1: there is none */
	/* Told of what came of each: by the keeper's words, or the hooks'. */
	void (*acted)(void *ctx, const struct action *a);
	void *ctx;
};

/* s, tap, hooks and acted are set. Returns 0 or -ENOMEM. */
int doing__init(struct doing *d);
void doing__fini(struct doing *d); /* of one that is all zeros, too */
/* A finding; now_ns: since the Unix epoch. */
void doing__found(struct doing *d, const struct finding *f, int64_t now_ns);
/* See struct detect_opts's closed. */
void doing__closed(struct doing *d, const struct finding *f, bool closed, int64_t now_ns);
/* Told by the keeper. */
void doing__acted(struct doing *d, const struct action *a);
/* Once a second: hooks that have ended since. */
void doing__tick(struct doing *d);
/* At the end: hooks that run may end, and are told. */
void doing__finish(struct doing *d);

#endif
