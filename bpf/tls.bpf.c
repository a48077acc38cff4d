// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * OpenSSL, BoringSSL, GnuTLS and NSS: entry and return of the functions that move plaintext, and
 * the end of a TLS object.
 *
 * A thread can be inside several TLS calls at once (Node writes from within a read's callback), so
 * open calls are a stack per thread, matched by stack pointer. Bytes are taken at the return, and
 * only as many as the return value confirms: a non-blocking write that is retried 94 times counts
 * once, a failed read not at all.
 */
#include "calls.bpf.h"
#include "conn.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The masked index keeps the verifier content without a branch that could fail. */
static __always_inline struct frame *frame_at(struct calls *calls, __u64 i)
{
	asm volatile("%0 &= 3" : "+r"(i));
	return &calls->frames[i];
}

/* NSS's PR_MSG_PEEK: what is shown is read again. */
#define NSS_PEEK 2

/* One library function built on another: the outer call tells the bytes. */
static __always_inline bool is_inner(const struct frame *outer, struct pt_regs *ctx, __u8 dir)
{
	return outer->tls == PT_REGS_PARM1(ctx) && outer->dir == dir &&
	       (outer->mute || outer->buf == PT_REGS_PARM2(ctx));
}

static __always_inline int tls_enter(struct pt_regs *ctx, __u8 dir, bool ex, __u8 lib, bool mute)
{
	__u64 thread = bpf_get_current_pid_tgid(), sp = PT_REGS_SP(ctx);
	struct calls *calls = bpf_map_lookup_elem(&open_calls, &thread);
	struct frame *f;
	__u32 depth;

	if (lib == WIRE_LIB_NSS && dir == WIRE_IN && PT_REGS_PARM4(ctx) & NSS_PEEK)
		return 0;
	if (!calls) {
		struct calls none = {};

		bpf_map_update_elem(&open_calls, &thread, &none, BPF_NOEXIST);
		calls = bpf_map_lookup_elem(&open_calls, &thread);
		if (!calls) {
			STAT_ADD(conn_full, 1);
			return 0;
		}
	}
	/* A frame at or below this stack pointer was left by longjmp or a missed return. */
	for (int i = 0; i < FRAMES; i++) {
		depth = calls->depth;
		if (depth && frame_at(calls, depth - 1)->sp <= sp)
			calls->depth = depth - 1;
	}
	depth = calls->depth;
	if (depth >= FRAMES) {
		STAT_ADD(nesting, 1);
		return 0;
	}
	if (depth && is_inner(frame_at(calls, depth - 1), ctx, dir))
		return 0;
	f = frame_at(calls, depth);
	f->sp = sp;
	f->tls = PT_REGS_PARM1(ctx);
	f->buf = PT_REGS_PARM2(ctx);
	f->moved_at = ex ? PT_REGS_PARM4(ctx) : 0;
	f->dir = dir;
	f->lib = lib;
	f->mute = mute;
	calls->depth = depth + 1;
	return 0;
}

/* The call that returns now, on top of its thread's stack; NULL when its entry was not seen. */
static __always_inline struct frame *frame_top(struct pt_regs *ctx, struct calls *calls, __u8 dir,
					       bool ex)
{
	__u64 sp = PT_REGS_SP(ctx);
	struct frame *f;
	__u32 depth;

	for (int i = 0; i < FRAMES; i++) {
		depth = calls->depth;
		if (depth && SP_AT_RETURN(frame_at(calls, depth - 1)->sp) < sp)
			calls->depth = depth - 1;
	}
	depth = calls->depth;
	if (!depth)
		return NULL;
	f = frame_at(calls, depth - 1);
	if (SP_AT_RETURN(f->sp) != sp || f->dir != dir || !!f->moved_at != ex)
		return NULL;
	return f;
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

static __always_inline int tls_leave(struct pt_regs *ctx, __u8 dir, bool ex)
{
	__u64 thread = bpf_get_current_pid_tgid(), len = 0;
	struct calls *calls = bpf_map_lookup_elem(&open_calls, &thread);
	int ret = (int)PT_REGS_RC(ctx);
	struct frame *f;

	if (!calls)
		return 0;
	f = frame_top(ctx, calls, dir, ex);
	if (!f)
		return 0;
	if (f->lib == WIRE_LIB_GNUTLS && f->dir == WIRE_OUT && !f->mute)
		gnu_again(f, ret);
	if (!ex)
		len = ret > 0 && !f->mute ? ret : 0;
	else if (ret == 1 && bpf_probe_read_user(&len, sizeof(len), (void *)f->moved_at))
		len = 0;
	if (len)
		conn_moved(f, len);
	/* An entry stays for the thread's next call: adding one costs more than all else here. */
	if (calls->depth)
		calls->depth--;
	return 0;
}

/*
 * One program per function, for perf uprobes. uprobe_multi takes the two below them, which tell
 * the functions apart by cookie.
 */
#define TLS_FUNC(name, dir, ex, lib, mute)                 \
	SEC("uprobe")                                      \
	int name##_enter(struct pt_regs *ctx)              \
	{                                                  \
		return tls_enter(ctx, dir, ex, lib, mute); \
	}                                                  \
	SEC("uretprobe")                                   \
	int name##_leave(struct pt_regs *ctx)              \
	{                                                  \
		return tls_leave(ctx, dir, ex);            \
	}

TLS_FUNC(tls_write, WIRE_OUT, false, WIRE_LIB_OPENSSL, false)
TLS_FUNC(tls_read, WIRE_IN, false, WIRE_LIB_OPENSSL, false)
TLS_FUNC(tls_write_ex, WIRE_OUT, true, WIRE_LIB_OPENSSL, false)
TLS_FUNC(tls_read_ex, WIRE_IN, true, WIRE_LIB_OPENSSL, false)
TLS_FUNC(boring_write, WIRE_OUT, false, WIRE_LIB_BORINGSSL, false)
TLS_FUNC(boring_read, WIRE_IN, false, WIRE_LIB_BORINGSSL, false)
TLS_FUNC(gnu_write, WIRE_OUT, false, WIRE_LIB_GNUTLS, false)
TLS_FUNC(gnu_read, WIRE_IN, false, WIRE_LIB_GNUTLS, false)
TLS_FUNC(nss_write, WIRE_OUT, false, WIRE_LIB_NSS, false)
TLS_FUNC(nss_read, WIRE_IN, false, WIRE_LIB_NSS, false)
TLS_FUNC(gnu_uncork, WIRE_OUT, false, WIRE_LIB_GNUTLS, true)

SEC("uprobe")
int tls_gone_enter(struct pt_regs *ctx) /* SSL_free, SSL_clear, gnutls_deinit, ssl_SecureClose */
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
	case TLS_READ_GNU:
	case TLS_READ_NSS:
		return WIRE_IN;
	}
	return WIRE_OUT;
}

static __always_inline __u8 func_lib(__u64 func)
{
	switch (func) {
	case TLS_WRITE_BORING:
	case TLS_READ_BORING:
		return WIRE_LIB_BORINGSSL;
	case TLS_WRITE_GNU:
	case TLS_READ_GNU:
	case TLS_UNCORK_GNU:
		return WIRE_LIB_GNUTLS;
	case TLS_WRITE_NSS:
	case TLS_READ_NSS:
		return WIRE_LIB_NSS;
	}
	return WIRE_LIB_OPENSSL;
}

static __always_inline bool func_ex(__u64 func)
{
	return func == TLS_WRITE_EX || func == TLS_READ_EX;
}

SEC("uprobe")
int tls_multi_enter(struct pt_regs *ctx)
{
	__u64 func = bpf_get_attach_cookie(ctx);

	if (func == TLS_GONE)
		return conn_end(PT_REGS_PARM1(ctx));
	return tls_enter(ctx, func_dir(func), func_ex(func), func_lib(func),
			 func == TLS_UNCORK_GNU);
}

SEC("uretprobe")
int tls_multi_leave(struct pt_regs *ctx)
{
	__u64 func = bpf_get_attach_cookie(ctx);

	if (func == TLS_NEW)
		return conn_end(PT_REGS_RC(ctx));
	return tls_leave(ctx, func_dir(func), func_ex(func));
}
