/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owner: who made a call. Every field has a trust: `kernel` facts can't be forged by the process,
 * `platform` ones come from the service manager or container runtime, `claimed` ones from the
 * process itself (its name, its arguments).
 */
#ifndef WT_OWNER_H
#define WT_OWNER_H

#include "chunk.h"

enum owner_trust { TRUST_NONE = 0, TRUST_CLAIMED, TRUST_PLATFORM, TRUST_KERNEL };

struct owner {
	struct proc_id proc;
	uint32_t ppid;
	uint32_t uid;
	bool known; /* false: the process was gone before anything but its pid was learnt */
	char comm[16];
	char exe[512];
	char command_line[512]; /* as the configuration allows; empty: not at all */
	uint64_t cgroup;
	char cgroup_path[512];
	char container_id[72];	    /* full hex id; empty: not in a container */
	char container_runtime[16]; /* docker, podman, containerd, cri-o */
	char unit[128];		    /* systemd unit; empty: none */
	char service[128];	    /* by rule: unit, else container, else exe */
	uint8_t service_trust;	    /* enum owner_trust */
};

#endif
