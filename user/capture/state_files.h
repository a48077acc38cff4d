/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state_files: where runtimes keep what they know of a container, and kubelet of a pod. The keeper
 * opens such a file and hands it to the meter, which reads it: nothing of it is parsed with rights.
 */
#ifndef WT_CAPTURE_STATE_FILES_H
#define WT_CAPTURE_STATE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "span.h"
#include "wire.h"

#define CONTAINER_ID_LEN 64

/* The outermost container of a cgroup's path; false: it is in none. */
bool container_id_of(struct span cgroup, char ret_id[CONTAINER_ID_LEN + 1]);
/* The uid of the pod, with dashes; false: it is in none. */
bool pod_uid_of(struct span cgroup, char ret_uid[CONTAINER_ID_LEN + 1]);
/* The user below whose session the group is, "/user.slice/user-1000.slice/..."; 0: the system's. */
uint32_t cgroup_user(struct span cgroup);

typedef void (*state_file_fn)(void *ctx, uint32_t kind, int fd);

/*
 * Tells each state file of that container that there is: enum state_kind, and a file open for
 * reading, which is the callback's. user: whose container it is; 0: the system's.
 */
void state_files_each(const char *id, uint32_t user, state_file_fn fn, void *ctx);
/*
 * Namespace and name of a pod by the folder that kubelet keeps for its logs:
 *   /var/log/pods/shop_web-7d4b9c6f5d-x2x9z_0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9
 */
bool pod_of_logs(const char *uid, struct wire_told *t);

#endif
