/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * delivery: one sink's work, from the ledger's rows behind its cursor to its receiver, for as long
 * as there is a meter. A receiver that is down is asked again; what it may not have got is sent
 * again.
 */
#ifndef WT_SINK_DELIVERY_H
#define WT_SINK_DELIVERY_H

#include <signal.h>

#include "sink/sinks.h"

struct delivery_opts {
	const char *ledger; /* its path */
	const char *host;   /* this one's name: letters, digits, "-", "." and "_" alone */
	struct sink_board *board;
	size_t seat;  /* the sink's on the board */
	int lifeline; /* a pipe: at its end, or when there is something to read, it is time to end
		       */
};

/* Set by SIGHUP's handler: files are to be opened again. */
extern volatile sig_atomic_t delivery_reopen;

/* Returns when the lifeline has ended, and what there was is sent or can't be. 0 or -errno. */
int sink_deliver(const struct sink *sink, const struct delivery_opts *o);

#endif
