/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * release: processes that were stopped are let go on, whatever becomes of the keeper. A process of
 * its own, the guard, knows each one before it is stopped, and lets all go when the keeper's end of
 * a pipe is closed. A file says the same to the next keeper, for when both were killed:
 *
 *   /run/wiretally/stopped.711
 *   812 35120000000
 */
#ifndef WT_CAPTURE_RELEASE_H
#define WT_CAPTURE_RELEASE_H

#include "capture/members.h"

/* Gone with a reboot, as the processes are. */
#define RELEASE_FOLDER "/run/wiretally"

struct release {
	int pipe; /* to the guard; -1: there is none */
	int file; /* locked as long as the keeper or its guard lives */
	pid_t guard;
	struct member *at; /* who is stopped, or about to be */
	size_t count, room;
};

/*
 * Lets go on who was stopped by keepers that are gone with their guards: how many processes that
 * were. -errno: what they left can't be read. -EOPNOTSUPP: built with ENFORCE=0.
 */
int release__undo(void);
/*
 * What keepers that are gone left is undone first. halts_alive: of bpf/halt.bpf.h, which stops
 * processes by itself; the guard clears it before it lets anybody go, and does both when the keeper
 * hangs. NULL: nobody is stopped that way. 0 or -errno: then nobody may be stopped.
 */
int release__init(struct release *r, uint64_t *halts_alive);
/* Lets all go on. */
void release__fini(struct release *r);
/* Before processes are stopped: 0 when they will be let go on for sure, or -errno. */
int release__promise(struct release *r, const struct member *m, size_t count);
/* Lets one go on (SIGCONT); one that is gone is forgotten. */
void release__go(struct release *r, const struct member *m);

#endif
