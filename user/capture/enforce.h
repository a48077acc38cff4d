/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enforce: the keeper's hand. It does what it is ordered to, after checks of its own, since who
 * orders reads hostile bytes and may have been taken over:
 *
 *   - nothing at all unless it is configured, or root says so, and so many actions a minute at
 * most;
 *   - to processes that were seen to call a provider, or that start them, and to no others;
 *   - never to process 1, to itself, to whom it descends from, to the host's own services, or to
 *     whom the configuration protects;
 *   - to the process that was meant: its start is compared, and a pidfd held while it is done.
 *
 * What holds on ends by itself: at its time, and with the keeper. Cuts are a BPF program's, which
 * goes with its link; who is stopped is let go on by another process (release.h).
 */
#ifndef WT_CAPTURE_ENFORCE_H
#define WT_CAPTURE_ENFORCE_H

#include "action.h"
#include "capture/cutting.h"
#include "capture/halt.h"
#include "capture/halt_who.h"
#include "capture/release.h"

#define HOLDS_MAX 64 /* cuts and freezes at once */

struct enforce_opts {
	bool on;		     /* false: each order is refused as a dry run */
	const char *const *protect;  /* globs of executables' paths, NULL at the end; may be NULL */
	uint32_t per_minute;	     /* actions at most */
	const char *control;	     /* where a person gives orders; NULL: nowhere */
	const struct halt_who *halt; /* borrowed, as all here */
	size_t halt_count;
};

struct hold {
	/* connections: that were ended since */
	struct action a;   /* of a verb that can be undone */
	uint64_t until_ns; /* CLOCK_MONOTONIC; 0: for good */
	struct member *members;
	size_t count;
};

struct enforce {
	const struct enforce_opts *o;
	struct cutting cutting;
	struct release release;
	int release_err;
	struct halts halts;
	int watched_fd; /* the map of watched processes */
	int control;	/* the socket for a person's orders; -1: there is none */
	struct action last;
	struct hold holds[HOLDS_MAX];
	size_t hold_count;
	uint64_t minute_ns; /* when it began */
	uint32_t in_minute;
	struct members *members; /* room to work in */
	/* Told of each order, and of each hold that ends. */
	void (*done)(void *ctx, const struct action *a);
	void *ctx;
};

struct wiretally_bpf;

/* After loading and before any privilege is given up; o is borrowed. 0 or -errno. */
int enforce__init(struct enforce *e, const struct enforce_opts *o, const struct wiretally_bpf *bpf);
/* Undoes what holds. */
void enforce__fini(struct enforce *e);
/* Does it, or not, and tells. Of ALLOW only the process counts. */
void enforce__order(struct enforce *e, const struct action *a);
/* Does what persons have ordered by now: they need no `on`, and may name any process. */
void enforce__orders(struct enforce *e);
/*
 * A process's packet to a provider was held back: its connections are ended, or that of the cookie
 * alone; or it is, where that was ordered.
 */
void enforce__held_back(struct enforce *e, pid_t pid, uint64_t start_ns, uint64_t cookie);
/* Once a second. */
void enforce__tick(struct enforce *e, uint64_t now_ns);

#endif
