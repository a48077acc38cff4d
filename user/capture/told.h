/* SPDX-License-Identifier: BSD-2-Clause */
/* told: what a file says of how it would be hooked, kept: many processes run one executable. */
#ifndef WT_CAPTURE_TOLD_H
#define WT_CAPTURE_TOLD_H

#include <stdbool.h>

#include "capture/procfs.h"

struct told {
	struct file_id id;
	bool sockets;	      /* what was looked for: elf_plan_sockets(), else elf_plan() */
	bool hooked, nothing; /* nothing: it holds nothing that we know */
	bool returns;	      /* it is hooked with return probes */
	char how[256];	      /* how it is hooked, or why not */
};

#define TOLD_FILES 2048

struct told_files {
	struct told at[TOLD_FILES]; /* by inode; the newest wins a place */
};

/* Reads the file, or knows it. Valid until the next call. fd stays the caller's. */
const struct told *told__of(struct told_files *t, int fd, bool sockets);

#endif
