/* SPDX-License-Identifier: BSD-2-Clause */
/* halt_who: processes that are stopped before each write of theirs, by what the kernel says of
 * them. */
#ifndef WT_CAPTURE_HALT_WHO_H
#define WT_CAPTURE_HALT_WHO_H

/* Both fit; NULL: whatever it is. */
struct halt_who {
	const char *exe;    /* a glob of the executable's path */
	const char *cgroup; /* a path, and all below it, or a glob */
};

#endif
