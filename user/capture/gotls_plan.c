// SPDX-License-Identifier: BSD-2-Clause
/* Go's crypto/tls, which Go programs carry within them, stripped or not. */
#include "capture/go_plan.h"
#include "capture/tls_lib.h"

#define PREFIX "crypto/tls.(*Conn)."

/*
 * Probes are set in this order, one after the other, while the program runs. Write is the last, and
 * of a function its returns come before its entry: of a request that is seen, the answer is too.
 */
static const struct go_hook hooked[] = {
	{ .name = "Read", .enter = TLS_GO_READ, .leave = TLS_GO_READ_RET, .needed = true },
	{ .name = "Close", .enter = TLS_GO_CLOSE, .needed = true },
	/* A program that only calls has no server's, and the other way round. */
	{ .name = "clientHandshake", .enter = TLS_GO_HANDSHAKE },
	{ .name = "serverHandshake", .enter = TLS_GO_HANDSHAKE },
	{ .name = "Write", .enter = TLS_GO_WRITE, .leave = TLS_GO_WRITE_RET, .needed = true },
};

#define HOOKED (sizeof(hooked) / sizeof(hooked[0]))

static int gotls_plan(const struct image *img, struct probe_plan *ret_plan)
{
	return go_plan(img, PREFIX, hooked, sizeof(hooked) / sizeof(hooked[0]), ret_plan);
}

const struct tls_lib gotls_lib = { .name = "go", .plan = gotls_plan };
