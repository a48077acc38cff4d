// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sockets of Go programs, which make their system calls themselves. Every one goes through the
 * runtime's poller, whose functions are too large to vanish into their callers.
 */
#include "capture/go_plan.h"
#include "capture/tls_lib.h"

/* Of a question that is seen, the answer is too. */
static const struct go_hook hooked[] = {
	{ .name = "Write", .enter = SOCK_GO_WRITE, .leave = SOCK_GO_WRITE_RET, .needed = true },
	{ .name = "Read", .enter = SOCK_GO_READ, .leave = SOCK_GO_READ_RET, .needed = true },
};

static int gofd_plan(const struct image *img, struct probe_plan *ret_plan)
{
	return go_plan(img, "internal/poll.(*FD).", hooked, sizeof(hooked) / sizeof(hooked[0]),
		       ret_plan);
}

const struct tls_lib gofd_lib = { .name = "go", .plan = gofd_plan };
