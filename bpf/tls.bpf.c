// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * OpenSSL, BoringSSL, GnuTLS, NSS, s2n, mbedTLS and wolfSSL: entry and return of the functions that
 * move plaintext, and the end of a TLS object.
 *
 * Bytes are taken at the return, and only as many as the return value confirms: a non-blocking
 * write that is retried 94 times counts once, a failed read not at all.
 */
#include "calls.bpf.h"
#include "conn.bpf.h"
#include "halt.bpf.h"
#include "writers.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* NSS's PR_MSG_PEEK: what is shown is read again. */
#define NSS_PEEK 2

/* Which argument says where the number of bytes is written; 0: the function returns it. */
enum moved { MOVED_RETURNED = 0, MOVED_ARG4 = 4, MOVED_ARG5 = 5 };

/*
 * The fourth argument of a function whose fifth it is: flags, since OpenSSL 3.2. Before there was
 * no fifth, and the fourth was the address (user/capture/openssl_code_plan.c).
 */
#define WRITE_FLAGS_MAX 0xfff

/* Both are read before one is taken: the verifier wants their places in ctx to be constants. */
static __always_inline __u64 moved_at(struct pt_regs *ctx, enum moved moved)
{
	__u64 fourth = PT_REGS_PARM4(ctx), fifth = PT_REGS_PARM5(ctx);

	barrier_var(fourth);
	barrier_var(fifth);
	if (moved == MOVED_ARG5)
		return fourth > WRITE_FLAGS_MAX ? fourth : fifth;
	return moved == MOVED_ARG4 ? fourth : 0;
}

static __always_inline int tls_enter(struct pt_regs *ctx, __u8 dir, enum moved moved, __u8 lib,
				     bool mute)
{
	struct calls *calls;
	struct frame *f;

	if (lib == WIRE_LIB_NSS && dir == WIRE_IN && PT_REGS_PARM4(ctx) & NSS_PEEK)
		return 0;
	calls = calls_get();
	if (!calls)
		return 0;
	f = calls_push(calls, PT_REGS_SP(ctx), PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), dir);
	if (!f)
		return 0;
	f->moved_at = moved_at(ctx, moved);
	f->lib = lib;
	f->mute = mute;
	if (dir == WIRE_OUT && !mute)
		writer_begins(f->tls);
	if (halt_on && dir == WIRE_OUT && !mute)
		halt_write(f, moved ? (__s64)PT_REGS_PARM3(ctx) : (int)PT_REGS_PARM3(ctx));
	return 0;
}

/* What GnuTLS says of a write that is to be called again: E_AGAIN, E_INTERRUPTED. */
#define GNU_AGAIN	-28
#define GNU_INTERRUPTED -52

/*
 * A write that GnuTLS could not send whole is called again with the same buffer, or with none: the
 * library has it. It is still where it was, as far as anybody can tell.
 */
static __always_inline void gnu_again(struct frame *f, int ret)
{
	struct conn *c;

	if (ret > 0 && f->buf)
		return;
	c = conn_get(f->tls, f->lib);
	if (!c)
		return;
	if (f->buf && (ret == GNU_AGAIN || ret == GNU_INTERRUPTED))
		c->unsent = f->buf;
	else if (!f->buf)
		f->buf = c->unsent;
}

static __always_inline int tls_leave(struct pt_regs *ctx, __u8 dir, enum moved moved)
{
	struct calls *calls = calls_find();
	struct frame *f = calls ? calls_top(calls, PT_REGS_SP(ctx), dir) : NULL;
	int ret = (int)PT_REGS_RC(ctx);
	__u64 len = 0;

	if (!f || !!f->moved_at != !!moved)
		return 0;
	if (f->lib == WIRE_LIB_GNUTLS && f->dir == WIRE_OUT && !f->mute)
		gnu_again(f, ret);
	if (!moved)
		len = ret > 0 && !f->mute ? ret : 0;
	else if (ret == 1 && bpf_probe_read_user(&len, sizeof(len), (void *)f->moved_at))
		len = 0;
	if (len && dir == WIRE_IN)
		writer_first(f);
	if (len)
		conn_moved(f, len);
	if (dir == WIRE_OUT && !f->mute)
		writer_ends(f->tls);
	calls_pop(calls);
	return 0;
}

/*
 * One program per function, for perf uprobes. uprobe_multi takes the two below them, which tell
 * the functions apart by cookie.
 */
#define TLS_FUNC(name, dir, moved, lib, mute)                 \
	SEC("uprobe")                                         \
	int name##_enter(struct pt_regs *ctx)                 \
	{                                                     \
		return tls_enter(ctx, dir, moved, lib, mute); \
	}                                                     \
	SEC("uretprobe")                                      \
	int name##_leave(struct pt_regs *ctx)                 \
	{                                                     \
		return tls_leave(ctx, dir, moved);            \
	}

TLS_FUNC(tls_write, WIRE_OUT, MOVED_RETURNED, WIRE_LIB_OPENSSL, false)
TLS_FUNC(tls_read, WIRE_IN, MOVED_RETURNED, WIRE_LIB_OPENSSL, false)
TLS_FUNC(tls_write_ex, WIRE_OUT, MOVED_ARG4, WIRE_LIB_OPENSSL, false)
TLS_FUNC(tls_read_ex, WIRE_IN, MOVED_ARG4, WIRE_LIB_OPENSSL, false)
TLS_FUNC(tls_write_ex2, WIRE_OUT, MOVED_ARG5, WIRE_LIB_OPENSSL, false)
TLS_FUNC(boring_write, WIRE_OUT, MOVED_RETURNED, WIRE_LIB_BORINGSSL, false)
TLS_FUNC(boring_read, WIRE_IN, MOVED_RETURNED, WIRE_LIB_BORINGSSL, false)
TLS_FUNC(gnu_write, WIRE_OUT, MOVED_RETURNED, WIRE_LIB_GNUTLS, false)
TLS_FUNC(gnu_read, WIRE_IN, MOVED_RETURNED, WIRE_LIB_GNUTLS, false)
TLS_FUNC(nss_write, WIRE_OUT, MOVED_RETURNED, WIRE_LIB_NSS, false)
TLS_FUNC(nss_read, WIRE_IN, MOVED_RETURNED, WIRE_LIB_NSS, false)
TLS_FUNC(s2n_write, WIRE_OUT, MOVED_RETURNED, WIRE_LIB_S2N, false)
TLS_FUNC(s2n_read, WIRE_IN, MOVED_RETURNED, WIRE_LIB_S2N, false)
TLS_FUNC(mbed_write, WIRE_OUT, MOVED_RETURNED, WIRE_LIB_MBEDTLS, false)
TLS_FUNC(mbed_read, WIRE_IN, MOVED_RETURNED, WIRE_LIB_MBEDTLS, false)
TLS_FUNC(wolf_write, WIRE_OUT, MOVED_RETURNED, WIRE_LIB_WOLFSSL, false)
TLS_FUNC(wolf_read, WIRE_IN, MOVED_RETURNED, WIRE_LIB_WOLFSSL, false)
TLS_FUNC(gnu_uncork, WIRE_OUT, MOVED_RETURNED, WIRE_LIB_GNUTLS, true)

/* A single byte is looked at, and read again. */
static __always_inline bool only_peeks(struct pt_regs *ctx)
{
	return (int)PT_REGS_PARM3(ctx) == 1;
}

SEC("uprobe")
int boring_peek_enter(struct pt_regs *ctx)
{
	if (only_peeks(ctx))
		return 0;
	return tls_enter(ctx, WIRE_IN, MOVED_RETURNED, WIRE_LIB_BORINGSSL, false);
}

SEC("uretprobe")
int boring_peek_leave(struct pt_regs *ctx)
{
	return tls_leave(ctx, WIRE_IN, MOVED_RETURNED);
}

SEC("uprobe")
int tls_gone_enter(struct pt_regs *ctx) /* SSL_free, SSL_clear, gnutls_deinit, ... */
{
	return conn_end(PT_REGS_PARM1(ctx));
}

/* Where SSL_free can't be found: an address that is given anew has lost its last connection. */
SEC("uretprobe")
int tls_new_leave(struct pt_regs *ctx)
{
	return conn_end(PT_REGS_RC(ctx));
}

static __always_inline __u8 func_dir(__u64 func)
{
	switch (func) {
	case TLS_READ:
	case TLS_READ_EX:
	case TLS_READ_BORING:
	case TLS_PEEK_BORING:
	case TLS_READ_GNU:
	case TLS_READ_NSS:
	case TLS_READ_S2N:
	case TLS_READ_MBED:
	case TLS_READ_WOLF:
		return WIRE_IN;
	}
	return WIRE_OUT;
}

static __always_inline __u8 func_lib(__u64 func)
{
	switch (func) {
	case TLS_WRITE_BORING:
	case TLS_READ_BORING:
	case TLS_PEEK_BORING:
		return WIRE_LIB_BORINGSSL;
	case TLS_WRITE_GNU:
	case TLS_READ_GNU:
	case TLS_UNCORK_GNU:
		return WIRE_LIB_GNUTLS;
	case TLS_WRITE_NSS:
	case TLS_READ_NSS:
		return WIRE_LIB_NSS;
	case TLS_WRITE_S2N:
	case TLS_READ_S2N:
		return WIRE_LIB_S2N;
	case TLS_WRITE_MBED:
	case TLS_READ_MBED:
		return WIRE_LIB_MBEDTLS;
	case TLS_WRITE_WOLF:
	case TLS_READ_WOLF:
		return WIRE_LIB_WOLFSSL;
	}
	return WIRE_LIB_OPENSSL;
}

static __always_inline enum moved func_moved(__u64 func)
{
	switch (func) {
	case TLS_WRITE_EX:
	case TLS_READ_EX:
		return MOVED_ARG4;
	case TLS_WRITE_EX2:
		return MOVED_ARG5;
	}
	return MOVED_RETURNED;
}

SEC("uprobe")
int tls_multi_enter(struct pt_regs *ctx)
{
	__u32 func = probe_func(ctx);

	if (probe_is_others(ctx))
		return 0;
	if (func == TLS_GONE)
		return conn_end(PT_REGS_PARM1(ctx));
	if (func == TLS_PEEK_BORING && only_peeks(ctx))
		return 0;
	return tls_enter(ctx, func_dir(func), func_moved(func), func_lib(func),
			 func == TLS_UNCORK_GNU);
}

SEC("uretprobe")
int tls_multi_leave(struct pt_regs *ctx)
{
	__u32 func = probe_func(ctx);

	if (probe_is_others(ctx))
		return 0;
	if (func == TLS_NEW)
		return conn_end(PT_REGS_RC(ctx));
	return tls_leave(ctx, func_dir(func), func_moved(func));
}
