/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probes: sets and takes away the probes of one library in one process. A breakpoint lives in a
 * process only while some probe's filter accepts its memory, so probes are per process, and a
 * process that has none runs at full speed.
 *
 * Setting takes one RCU grace period, which is made short (expedite.h); taking away takes 20 to
 * 110 ms and is done by threads of its own.
 */
#ifndef WT_CAPTURE_PROBES_H
#define WT_CAPTURE_PROBES_H

#include <stdbool.h>
#include <sys/types.h>

#include "capture/message.h"

struct probe_link {
	int *fd; /* owned: of links, or of perf events: two for each place of the plan */
	uint32_t count;
};

struct probes;
struct wiretally_bpf;

/*
 * bpf: loaded; borrowed. multi: uprobe_multi links, each for many places, else a perf uprobe for
 * each place. Returns NULL with errno set.
 */
struct probes *probes__new(struct wiretally_bpf *bpf, bool multi);
/* Before bpf is loaded: leaves out the programs that this kernel can't take. */
void probes__prepare(struct wiretally_bpf *bpf, bool multi);
/* Takes what is queued away and ends the threads; what is still set goes with the process. */
void probes__free(struct probes *p);
/*
 * Sets the plan's probes in process pid, of that round (WATCH_ROUND). file_fd is the library.
 * Returns 0, -ESRCH when the process is gone, or -errno; on failure nothing is set.
 */
int probes__attach(struct probes *p, pid_t pid, uint32_t round, int file_fd,
		   const struct probe_plan *plan, struct probe_link *ret_link);
/*
 * The same in every process that maps the file, now or later; only uprobe_multi can. The programs
 * run for those that the map of watched processes has awake.
 */
int probes__attach_wide(struct probes *p, int file_fd, const struct probe_plan *plan,
			struct probe_link *ret_link);
/* Queues them to be taken away; *link is empty afterwards. */
void probes__detach(struct probes *p, struct probe_link *link);
/*
 * Where grace periods can't be made short (expedite.h): pays one in advance, on a function of our
 * own; an attach within the next few milliseconds then takes microseconds.
 */
void probes__warm(struct probes *p);

#endif
