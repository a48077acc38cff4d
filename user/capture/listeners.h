/* SPDX-License-Identifier: BSD-2-Clause */
/* listeners: whose TCP sockets are whose, as /proc tells: once at the start, and where nobody saw.
 */
#ifndef WT_CAPTURE_LISTENERS_H
#define WT_CAPTURE_LISTENERS_H

#include <stdint.h>
#include <sys/types.h>

#include "wire.h"

/* Sockets that listen on one host, over all its network namespaces; further ones are not seen. */
#define LISTENERS_MAX 4096
/* Network namespaces that are looked into. */
#define LISTENERS_NETNS 256

typedef void (*listener_fn)(void *ctx, pid_t pid, uint16_t port);

/* Tells each process and each TCP port it listens on; a socket may be several processes'. */
void listeners_each(listener_fn fn, void *ctx);
/*
 * The process that has the other end of a connection of process pid, which sees it as ends; 0: it
 * is none of pid's network namespace, nor of our own.
 */
pid_t listeners_peer(pid_t pid, const struct sock_ends *ends);

#endif
