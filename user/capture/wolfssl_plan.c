// SPDX-License-Identifier: BSD-2-Clause
/*
 * wolfSSL (curl and lighttpd of some systems): libwolfssl, told by what it exports.
 *
 * wolfSSL_send() and wolfSSL_writev() call wolfSSL_write(), wolfSSL_read_ex() calls wolfSSL_read();
 * wolfSSL_recv() has what it reads from below both.
 */
#include "capture/symbols.h"

static const struct symbol_func funcs[] = {
	{ .symbol = "wolfSSL_write", .func = TLS_WRITE_WOLF, .needed = true },
	{ .symbol = "wolfSSL_read", .func = TLS_READ_WOLF, .needed = true },
	{ .symbol = "wolfSSL_recv", .func = TLS_READ_WOLF },
	{ .symbol = "wolfSSL_free", .func = TLS_GONE, .needed = true },
	{ .symbol = "wolfSSL_clear", .func = TLS_GONE },
};

static const struct symbols_wanted wanted = SYMBOLS_WANTED("wolfSSL_", funcs);

static int wolfssl_plan(const struct image *img, struct probe_plan *ret_plan)
{
	return symbols_tell(img, &wanted, ret_plan);
}

const struct tls_lib wolfssl_lib = { .name = "wolfssl", .plan = wolfssl_plan };
