/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control: a daemon's socket for a person's orders, which only root can connect to. One struct
 * action in, the same with what came of it out: `wiretally cut 4711` (cmd/order.c).
 */
#ifndef WT_CAPTURE_CONTROL_H
#define WT_CAPTURE_CONTROL_H

#include <sys/types.h>

#include "action.h"

/*
 * Listens at the path. Returns the socket, or -errno: -EADDRINUSE when a daemon that lives has it;
 * what one that was killed left behind is taken away.
 */
int control__open(const char *path);
/*
 * The next order. Returns a descriptor to answer on, which control__answer() closes, or -errno:
 * -EAGAIN when there is none. Who orders is in ret_order->by, from the kernel, and its id is new.
 */
int control__take(int sock, struct action *ret_order);
void control__answer(int fd, const struct action *a);
/* Gives an order to the daemon at the path. 0, *a has what came of it, or -errno. */
int control__ask(const char *path, struct action *a);

#endif
