/* SPDX-License-Identifier: BSD-2-Clause */
/* cgroup_root: the top of the cgroup v2 hierarchy, where a program sees every socket's packets. */
#ifndef WT_CAPTURE_CGROUP_ROOT_H
#define WT_CAPTURE_CGROUP_ROOT_H

/*
 * Opens it wherever it is mounted: /sys/fs/cgroup, on hosts that still have v1 too at
 * /sys/fs/cgroup/unified. Within a cgroup namespace it is the namespace's top. Returns a
 * descriptor, or -errno.
 */
int cgroup_root_open(void);

#endif
