// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "capture/hooks.h"

/* Entry and return of a function that moves plaintext. */
#define HOOK_CALL(name)                                                                           \
	{                                                                                         \
		.enter = name "_enter", .leave = name "_leave", .multi_enter = "tls_multi_enter", \
		.multi_leave = "tls_multi_leave"                                                  \
	}

/* A place where one program runs, under cookies or without. */
#define HOOK_GO(name)                                       \
	{                                                   \
		.enter = name, .multi_enter = "gotls_multi" \
	}

/* A function of the C library; how it ended is told in the same way by all. */
#define HOOK_SOCK(name)                                                              \
	{                                                                            \
		.enter = name "_enter", .leave = "sock_any_leave",                   \
		.multi_enter = "sock_multi_enter", .multi_leave = "sock_multi_leave" \
	}

#define HOOK_GO_FD(name)                                   \
	{                                                  \
		.enter = name, .multi_enter = "gofd_multi" \
	}

/* Of a key's use; its making and sealing have an entry alone. */
#define HOOK_AEAD(name)                                          \
	{                                                        \
		.enter = name, .multi_enter = "aead_multi_enter" \
	}
#define HOOK_AEAD_OPEN(name)                                                                  \
	{                                                                                     \
		.enter = name, .leave = "aead_open_leave", .multi_enter = "aead_multi_enter", \
		.multi_leave = "aead_multi_leave"                                             \
	}

/*
 * To hook something new: its enum tls_func in shared.h, its programs in bpf/, a line here, and a
 * finder that puts it into plans (tls_lib.h).
 */
const struct hook hooks[TLS_FUNCS] = {
	[TLS_WRITE] = HOOK_CALL("tls_write"),
	[TLS_READ] = HOOK_CALL("tls_read"),
	[TLS_WRITE_EX] = HOOK_CALL("tls_write_ex"),
	[TLS_READ_EX] = HOOK_CALL("tls_read_ex"),
	[TLS_WRITE_EX2] = HOOK_CALL("tls_write_ex2"),
	[TLS_WRITE_BORING] = HOOK_CALL("boring_write"),
	[TLS_READ_BORING] = HOOK_CALL("boring_read"),
	[TLS_PEEK_BORING] = HOOK_CALL("boring_peek"),
	[TLS_WRITE_GNU] = HOOK_CALL("gnu_write"),
	[TLS_READ_GNU] = HOOK_CALL("gnu_read"),
	[TLS_UNCORK_GNU] = HOOK_CALL("gnu_uncork"),
	[TLS_WRITE_NSS] = HOOK_CALL("nss_write"),
	[TLS_READ_NSS] = HOOK_CALL("nss_read"),
	[TLS_WRITE_S2N] = HOOK_CALL("s2n_write"),
	[TLS_READ_S2N] = HOOK_CALL("s2n_read"),
	[TLS_WRITE_MBED] = HOOK_CALL("mbed_write"),
	[TLS_READ_MBED] = HOOK_CALL("mbed_read"),
	[TLS_WRITE_WOLF] = HOOK_CALL("wolf_write"),
	[TLS_READ_WOLF] = HOOK_CALL("wolf_read"),
	[TLS_AEAD_INIT] = HOOK_AEAD("aead_init_enter"),
	[TLS_AEAD_SEAL] = HOOK_AEAD("aead_seal_enter"),
	[TLS_AEAD_SCATTER] = HOOK_AEAD("aead_scatter_enter"),
	[TLS_AEAD_OPEN] = HOOK_AEAD_OPEN("aead_open_enter"),
	[TLS_AEAD_GATHER] = HOOK_AEAD_OPEN("aead_gather_enter"),
	[TLS_NEW] = { .leave = "tls_new_leave", .multi_leave = "tls_multi_leave" },
	[TLS_GONE] = { .enter = "tls_gone_enter", .multi_enter = "tls_multi_enter" },
	[TLS_GO_WRITE] = HOOK_GO("gotls_write_enter"),
	[TLS_GO_WRITE_RET] = HOOK_GO("gotls_write_leave"),
	[TLS_GO_READ] = HOOK_GO("gotls_read_enter"),
	[TLS_GO_READ_RET] = HOOK_GO("gotls_read_leave"),
	[TLS_GO_CLOSE] = HOOK_GO("gotls_close"),
	[TLS_GO_HANDSHAKE] = HOOK_GO("gotls_handshake"),
	[SOCK_READ] = HOOK_SOCK("sock_read"),
	[SOCK_RECV] = HOOK_SOCK("sock_recv"),
	[SOCK_WRITE] = HOOK_SOCK("sock_write"),
	[SOCK_READV] = HOOK_SOCK("sock_readv"),
	[SOCK_WRITEV] = HOOK_SOCK("sock_writev"),
	[SOCK_RECVMSG] = HOOK_SOCK("sock_recvmsg"),
	[SOCK_SENDMSG] = HOOK_SOCK("sock_sendmsg"),
	[SOCK_SENDFILE] = HOOK_SOCK("sock_sendfile"),
	[SOCK_GO_READ] = HOOK_GO_FD("gofd_read_enter"),
	[SOCK_GO_READ_RET] = HOOK_GO_FD("gofd_read_leave"),
	[SOCK_GO_WRITE] = HOOK_GO_FD("gofd_write_enter"),
	[SOCK_GO_WRITE_RET] = HOOK_GO_FD("gofd_write_leave"),
};

bool hooks_return(const struct probe_plan *plan)
{
	for (uint32_t i = 0; i < plan->count; i++)
		if (hooks[plan->at[i].func].leave)
			return true;
	return false;
}

/* The calls of TLS libraries are matched by the stack, entry and return. */
static bool is_stacked(const struct hook *h)
{
	return (!h->multi_enter || !strcmp(h->multi_enter, "tls_multi_enter")) &&
	       (!h->multi_leave || !strcmp(h->multi_leave, "tls_multi_leave"));
}

bool hooks_wide(const struct probe_plan *plan)
{
	for (uint32_t i = 0; i < plan->count; i++)
		if (!is_stacked(&hooks[plan->at[i].func]))
			return false;
	return true;
}
