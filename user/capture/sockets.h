/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sockets: those that a process has open, each as a descriptor of our own for a moment
 * (pidfd_getfd(2), 5.6). What the process does with them goes on meanwhile.
 */
#ifndef WT_CAPTURE_SOCKETS_H
#define WT_CAPTURE_SOCKETS_H

#include <stdbool.h>

#include "capture/members.h"

/* False: no further one. sock is closed behind the call. */
typedef bool (*socket_fn)(void *ctx, int sock);

/*
 * Calls fn with each socket of the process. 0; -errno when not all could be looked at: it is gone,
 * or the host forbids it (Yama's ptrace_scope 3).
 */
int sockets_each(const struct member *m, socket_fn fn, void *ctx);
/* Whether it has a TCP connection open, or none of that can be told. */
bool sockets_connected(const struct member *m);

#endif
