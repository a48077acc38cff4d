// SPDX-License-Identifier: BSD-2-Clause
/*
 * GnuTLS (wget, git, apt, glib-networking): libgnutls, told by what it exports.
 *
 * gnutls_record_send() is gnutls_record_send2() since there is one (3.6.3). What was corked is
 * counted when it is handed over, and not again when gnutls_record_uncork() sends it. Early data is
 * not: the server may refuse it, and it is then sent once more.
 */
#include <errno.h>

#include "capture/symbols.h"

static const struct symbol_func funcs[] = {
	{ .symbol = "gnutls_record_send", .func = TLS_WRITE_GNU, .needed = true, .alias = true },
	{ .symbol = "gnutls_record_send2", .func = TLS_WRITE_GNU },
	{ .symbol = "gnutls_record_send_range", .func = TLS_WRITE_GNU },
	{ .symbol = "gnutls_record_uncork", .func = TLS_UNCORK_GNU },
	{ .symbol = "gnutls_record_recv", .func = TLS_READ_GNU, .needed = true },
	{ .symbol = "gnutls_deinit", .func = TLS_GONE, .needed = true },
};

static const struct symbols_wanted wanted = SYMBOLS_WANTED("gnutls_", funcs);

static int gnutls_plan(const struct image *img, struct probe_plan *ret_plan)
{
	struct probe_plan plan = { .count = 0 };
	uint32_t seen;
	int err = symbols_plan(img, &wanted, &plan, &seen);

	if (!err && !plan__has(&plan, TLS_WRITE_GNU))
		err = -ESRCH;
	if (!err)
		*ret_plan = plan;
	return err;
}

const struct tls_lib gnutls_lib = { .name = "gnutls", .plan = gnutls_plan };
