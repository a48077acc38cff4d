/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep: once a second, what the ring could not say. Bytes lost behind the last record of a
 * direction, the end of a TLS object that found the ring full, and connections whose process or
 * image is gone, are read from the kernel side's own table.
 */
#ifndef WT_CAPTURE_SWEEP_H
#define WT_CAPTURE_SWEEP_H

#include "capture/message.h"
#include "capture/servers.h"
#include "capture/watch.h"

struct wiretally_bpf;

struct sweep {
	int conns_fd, ended_fd, verdicts_fd, stats_fd, go_calls_fd, go_writes_fd, keys_fd;
	const struct watch *watch;     /* borrowed */
	const struct servers *servers; /* borrowed */
	void (*fact)(void *ctx, const struct message *m);
	void *ctx;
};

/* Where the programs keep what is swept; after loading. */
void sweep__maps(struct sweep *s, const struct wiretally_bpf *bpf);
void sweep__run(const struct sweep *s, uint64_t now_ns);
/* The connections, keys and calls of one process alone. */
void sweep__process(const struct sweep *s, pid_t pid, uint64_t now_ns);
/* The kernel side's counters, summed over the CPUs. */
void sweep__stats(const struct sweep *s, struct stats *ret_stats);

#endif
