// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * OpenSSL and BoringSSL: entry and return of the functions that move plaintext, and the end of a
 * TLS object.
 *
 * A thread can be inside several TLS calls at once (Node writes from within a read's callback), so
 * open calls are a stack per thread, matched by stack pointer. Bytes are taken at the return, and
 * only as many as the return value confirms: a non-blocking write that is retried 94 times counts
 * once, a failed read not at all.
 */
#include "wire.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define FRAMES 4 /* open TLS calls of one thread: a power of two, the index is masked */

struct calls {
	__u32 depth;
	__u32 pad;
	struct frame frames[FRAMES];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64); /* pid_tgid of the thread */
	__type(value, struct calls);
} open_calls SEC(".maps");

/* The masked index keeps the verifier content without a branch that could fail. */
static __always_inline struct frame *frame_at(struct calls *calls, __u64 i)
{
	asm volatile("%0 &= 3" : "+r"(i));
	return &calls->frames[i];
}

static __always_inline void conn_key_of(struct conn_key *key, __u64 tls)
{
	struct task_struct *leader = current_leader();

	key->tls = tls;
	key->start_ns = start_round(BPF_CORE_READ(leader, start_boottime));
	key->exec_id = (__u32)BPF_CORE_READ(leader, self_exec_id);
	key->tgid = bpf_get_current_pid_tgid() >> 32;
}

/*
 * A new id. Adding and then reading is not atomic together (the fetching add came in 5.12), so two
 * CPUs can read the same number: the entry in verdicts, which must not exist yet, decides.
 */
static __always_inline __u64 conn_new_id(void)
{
	__u32 zero = 0, unknown = VERDICT_UNKNOWN;
	__u64 *last = bpf_map_lookup_elem(&last_id, &zero);

	if (!last)
		return 0;
	for (int try = 0; try < 8; try++) {
		__u64 id;

		__sync_fetch_and_add(last, 1);
		id = *(volatile __u64 *)last;
		if (!bpf_map_update_elem(&verdicts, &id, &unknown, BPF_NOEXIST))
			return id;
	}
	return 0;
}

static __always_inline struct conn *conn_get(__u64 tls, __u8 lib)
{
	struct conn_key key;
	struct conn *c, fresh = { .lib = lib };

	conn_key_of(&key, tls);
	c = bpf_map_lookup_elem(&conns, &key);
	if (c)
		return c;
	fresh.id = conn_new_id();
	if (!fresh.id || bpf_map_update_elem(&conns, &key, &fresh, BPF_NOEXIST)) {
		STAT_ADD(conn_full, 1);
		return NULL;
	}
	return bpf_map_lookup_elem(&conns, &key);
}

static __always_inline bool conn_ignored(const struct conn *c)
{
	__u64 id = c->id;
	__u32 *verdict = bpf_map_lookup_elem(&verdicts, &id);

	return verdict && *verdict == VERDICT_IGNORE;
}

static __always_inline int tls_enter(struct pt_regs *ctx, __u8 dir, bool ex, __u8 lib)
{
	__u64 thread = bpf_get_current_pid_tgid(), sp = PT_REGS_SP(ctx);
	struct calls *calls = bpf_map_lookup_elem(&open_calls, &thread);
	struct frame *f;
	__u32 depth;

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
	if (depth) {
		/* One library function built on another: the outer call tells the bytes. */
		f = frame_at(calls, depth - 1);
		if (f->tls == PT_REGS_PARM1(ctx) && f->buf == PT_REGS_PARM2(ctx) && f->dir == dir)
			return 0;
	}
	f = frame_at(calls, depth);
	f->sp = sp;
	f->tls = PT_REGS_PARM1(ctx);
	f->buf = PT_REGS_PARM2(ctx);
	f->moved_at = ex ? PT_REGS_PARM4(ctx) : 0;
	f->dir = dir;
	f->lib = lib;
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

/* Tells the bytes that the call moved. */
static __always_inline void tls_moved(struct frame *f, __u64 len)
{
	struct conn *c = conn_get(f->tls, f->lib);

	if (!c)
		return;
	f->len = len;
	f->base = c->seen[f->dir & 1];
	c->seen[f->dir & 1] += len;
	STAT_ADD(calls, 1);
	if (conn_ignored(c))
		STAT_ADD(ignored, len);
	else
		wire_put_call(f, c);
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
	if (!ex)
		len = ret > 0 ? ret : 0;
	else if (ret == 1 && bpf_probe_read_user(&len, sizeof(len), (void *)f->moved_at))
		len = 0;
	if (len)
		tls_moved(f, len);
	if (calls->depth <= 1)
		bpf_map_delete_elem(&open_calls, &thread);
	else
		calls->depth--;
	return 0;
}

/* SSL_free, SSL_clear: tells where both directions stood, then forgets the connection. */
static __always_inline int tls_gone(struct pt_regs *ctx)
{
	struct ended later = {};
	struct wire_end *end;
	struct conn *c;
	struct wire *w;
	__u64 id;

	conn_key_of(&later.key, PT_REGS_PARM1(ctx));
	c = bpf_map_lookup_elem(&conns, &later.key);
	if (!c)
		return 0;
	w = bpf_ringbuf_reserve(&ring, sizeof(*w) + sizeof(*end), 0);
	if (!w) {
		/* User space tells it, once a second. */
		later.conn = *c;
		id = c->id;
		bpf_map_update_elem(&ended, &id, &later, BPF_ANY);
		bpf_map_delete_elem(&conns, &later.key);
		return 0;
	}
	wire_fill(w, WIRE_END);
	w->conn = c->id;
	w->lib = c->lib;
	w->len = sizeof(*end);
	end = (struct wire_end *)w->data;
	end->seen[0] = c->seen[0];
	end->seen[1] = c->seen[1];
	end->lost[0] = c->lost[0];
	end->lost[1] = c->lost[1];
	bpf_map_delete_elem(&verdicts, &w->conn);
	bpf_map_delete_elem(&conns, &later.key);
	bpf_ringbuf_submit(w, 0);
	return 0;
}

/*
 * One program per function, for perf uprobes. uprobe_multi takes the two below them, which tell
 * the functions apart by cookie.
 */
#define TLS_FUNC(name, dir, ex, lib)                 \
	SEC("uprobe")                                \
	int name##_enter(struct pt_regs *ctx)        \
	{                                            \
		return tls_enter(ctx, dir, ex, lib); \
	}                                            \
	SEC("uretprobe")                             \
	int name##_leave(struct pt_regs *ctx)        \
	{                                            \
		return tls_leave(ctx, dir, ex);      \
	}

TLS_FUNC(tls_write, WIRE_OUT, false, WIRE_LIB_OPENSSL)
TLS_FUNC(tls_read, WIRE_IN, false, WIRE_LIB_OPENSSL)
TLS_FUNC(tls_write_ex, WIRE_OUT, true, WIRE_LIB_OPENSSL)
TLS_FUNC(tls_read_ex, WIRE_IN, true, WIRE_LIB_OPENSSL)
TLS_FUNC(boring_write, WIRE_OUT, false, WIRE_LIB_BORINGSSL)
TLS_FUNC(boring_read, WIRE_IN, false, WIRE_LIB_BORINGSSL)

SEC("uprobe")
int tls_gone_enter(struct pt_regs *ctx)
{
	return tls_gone(ctx);
}

static __always_inline __u8 func_dir(__u64 func)
{
	return func == TLS_READ || func == TLS_READ_EX || func == TLS_READ_BORING ? WIRE_IN
										  : WIRE_OUT;
}

static __always_inline __u8 func_lib(__u64 func)
{
	return func == TLS_WRITE_BORING || func == TLS_READ_BORING ? WIRE_LIB_BORINGSSL
								   : WIRE_LIB_OPENSSL;
}

SEC("uprobe")
int tls_multi_enter(struct pt_regs *ctx)
{
	__u64 func = bpf_get_attach_cookie(ctx);

	if (func == TLS_GONE)
		return tls_gone(ctx);
	return tls_enter(ctx, func_dir(func), func == TLS_WRITE_EX || func == TLS_READ_EX,
			 func_lib(func));
}

SEC("uretprobe")
int tls_multi_leave(struct pt_regs *ctx)
{
	__u64 func = bpf_get_attach_cookie(ctx);

	return tls_leave(ctx, func_dir(func), func == TLS_WRITE_EX || func == TLS_READ_EX);
}
