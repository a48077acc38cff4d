// SPDX-License-Identifier: BSD-2-Clause
/*
 * The C library's functions that move bytes through a socket: glibc's libc.so.6, and up to 2.33 its
 * libpthread.so.0 too; musl's, which is its linker as well; or either of them in a program that was
 * linked statically and kept its symbols.
 *
 * recvmmsg() and sendmmsg() are for datagrams.
 */
#include <errno.h>

#include "capture/symbols.h"

static const struct symbol_func reads[] = {
	{ .symbol = "read", .func = SOCK_READ, .needed = true },
	{ .symbol = "readv", .func = SOCK_READV },
};

static const struct symbol_func writes[] = {
	{ .symbol = "write", .func = SOCK_WRITE, .needed = true },
	{ .symbol = "writev", .func = SOCK_WRITEV },
};

static const struct symbol_func receives[] = {
	{ .symbol = "recv", .func = SOCK_RECV },
	{ .symbol = "recvfrom", .func = SOCK_RECV },
	{ .symbol = "recvmsg", .func = SOCK_RECVMSG },
};

static const struct symbol_func sends[] = {
	{ .symbol = "send", .func = SOCK_WRITE },
	{ .symbol = "sendto", .func = SOCK_WRITE },
	{ .symbol = "sendmsg", .func = SOCK_SENDMSG },
	{ .symbol = "sendfile", .func = SOCK_SENDFILE },
};

static const struct symbols_wanted wanted[] = {
	SYMBOLS_WANTED("read", reads),
	SYMBOLS_WANTED("write", writes),
	SYMBOLS_WANTED("recv", receives),
	SYMBOLS_WANTED("send", sends),
};

static int libc_plan(const struct image *img, struct probe_plan *ret_plan)
{
	struct probe_plan plan = { .count = 0 };
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct probe_plan some = { .count = 0 };
		uint32_t seen;

		err = symbols_plan(img, &wanted[i], &some, &seen);
		for (uint32_t k = 0; !err && k < some.count; k++)
			err = plan__add(&plan, some.at[k].offset, some.at[k].func);
	}
	if (!err)
		*ret_plan = plan;
	return err;
}

const struct tls_lib libc_lib = { .name = "libc", .plan = libc_plan };
