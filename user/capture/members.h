/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * members: the processes that an action is for, as /proc has them now. Each is known by its start,
 * too, and handled by a pidfd: a pid may be another's by the time of acting.
 */
#ifndef WT_CAPTURE_MEMBERS_H
#define WT_CAPTURE_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* More than any agent has; a fork bomb is stopped in several rounds. */
#define MEMBERS_MAX 1024

struct member {
	pid_t pid;
	uint64_t start_ns; /* as procfs_start_ns() */
};

struct members {
	struct member
		at[MEMBERS_MAX]; /* at[0]: the process that was named; parents before children */
	size_t count;
	bool more; /* there were more of them */
};

/*
 * A process and all that descends from it. False when it is gone: then *m stays as it was, so that
 * who is stopped by now is not forgotten.
 */
bool members__tree(struct members *m, pid_t pid, uint64_t start_ns);
/*
 * Each process of its control group. False, as above, when it is gone, or is in no group of its
 * own: the root group has everybody in it.
 */
bool members__group(struct members *m, pid_t pid, uint64_t start_ns);
/* A pidfd of the very process, the caller's to close; -errno when it is gone. */
int member__open(const struct member *m);
/* Sends it the signal; false when it is gone. */
bool member__signal(const struct member *m, int signal);

#endif
