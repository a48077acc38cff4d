// SPDX-License-Identifier: BSD-2-Clause
/*
 * mbedTLS (Julia, curl of OpenWrt, Lua): libmbedtls, told by what it exports.
 *
 * mbedtls_ssl_write() that could not send says MBEDTLS_ERR_SSL_WANT_WRITE, and is called again with
 * the same bytes: they count when it says how many it took.
 */
#include "capture/symbols.h"

static const struct symbol_func funcs[] = {
	{ .symbol = "mbedtls_ssl_write", .func = TLS_WRITE_MBED, .needed = true },
	{ .symbol = "mbedtls_ssl_read", .func = TLS_READ_MBED, .needed = true },
	{ .symbol = "mbedtls_ssl_free", .func = TLS_GONE, .needed = true },
	{ .symbol = "mbedtls_ssl_session_reset", .func = TLS_GONE },
};

static const struct symbols_wanted wanted = SYMBOLS_WANTED("mbedtls_ssl_", funcs);

static int mbedtls_plan(const struct image *img, struct probe_plan *ret_plan)
{
	return symbols_tell(img, &wanted, ret_plan);
}

const struct tls_lib mbedtls_lib = { .name = "mbedtls", .plan = mbedtls_plan };
