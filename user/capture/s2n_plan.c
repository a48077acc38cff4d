// SPDX-License-Identifier: BSD-2-Clause
/*
 * s2n (AWS's common runtime: Python's awscrt, the CRT clients of Java and C++), told by what it
 * exports; a Python module or a JNI library that has it within exports it, too.
 *
 * s2n_send() that could send a part only says how much, and has taken no more.
 */
#include <errno.h>

#include "capture/symbols.h"

#define SEND_AND_ENDS                                                    \
	{ .symbol = "s2n_send", .func = TLS_WRITE_S2N, .needed = true }, \
		{ .symbol = "s2n_connection_new", .func = TLS_NEW },     \
		{ .symbol = "s2n_connection_wipe", .func = TLS_GONE },   \
	{                                                                \
		.symbol = "s2n_connection_free", .func = TLS_GONE        \
	}

static const struct symbol_func funcs[] = {
	{ .symbol = "s2n_recv", .func = TLS_READ_S2N, .needed = true },
	SEND_AND_ENDS,
};

/* Where no probe can be set at s2n_recv(): what it calls, with the same arguments. */
static const struct symbol_func inner_funcs[] = {
	{ .symbol = "s2n_recv_impl", .func = TLS_READ_S2N, .needed = true },
	SEND_AND_ENDS,
};

static const struct symbols_wanted wanted = SYMBOLS_WANTED("s2n_", funcs),
				   inner = SYMBOLS_WANTED("s2n_", inner_funcs);

static int s2n_plan(const struct image *img, struct probe_plan *ret_plan)
{
	struct probe_plan plan;
	int err = symbols_tell(img, &wanted, ret_plan);

	if (!err && !plan__settable(img, ret_plan) && !symbols_tell(img, &inner, &plan))
		*ret_plan = plan;
	return err;
}

const struct tls_lib s2n_lib = { .name = "s2n", .plan = s2n_plan };
