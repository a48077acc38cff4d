/* SPDX-License-Identifier: BSD-2-Clause */
/* perf_uprobe: probes as perf events, the kind that every kernel has: a descriptor for each place.
 */
#ifndef WT_CAPTURE_PERF_UPROBE_H
#define WT_CAPTURE_PERF_UPROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct perf_uprobe {
	int type;	     /* of the perf PMU */
	uint64_t return_bit; /* in perf_event_attr.config */
};

/* Returns 0, or -ENOENT: this kernel has none. */
int perf_uprobe__init(struct perf_uprobe *ret_u);
/* The program runs at that place of the file in process pid. Returns a descriptor, or -errno. */
int perf_uprobe__link(const struct perf_uprobe *u, int prog_fd, const char *path, uint64_t offset,
		      pid_t pid, bool at_return);

#endif
