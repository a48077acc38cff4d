/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * courier: the processes that take rows from the ledger to sinks, one for each sink below one that
 * starts it again when it ends. They have no privileges, and the meter never waits for one.
 */
#ifndef WT_CMD_COURIER_H
#define WT_CMD_COURIER_H

#include "sink/sinks.h"

/* Rows that may wait, about 2 KB each: an hour of 130 calls a second. */
#define COURIER_ROWS 500000

struct courier {
	struct sinks *sinks;
	const char *ledger;
	struct outbox_plan plan; /* for the meter: which rows are wanted */
	pid_t pid;		 /* takes SIGHUP: files are opened again */
	int lifeline, done;	 /* pipes: it ends when the one does, and then the other does */
};

/*
 * To be called with the rights of who started it, before there are threads: sinks read their keys
 * then. rows_max 0: the default. What c borrows is to stay. Returns 0 or -errno, told on stderr.
 */
int courier__start(struct courier *c, struct sinks *sinks, const char *ledger, int64_t rows_max);
/* When the meter has ended: rows that are there still go, in a few seconds at most. */
void courier__finish(struct courier *c);

#endif
