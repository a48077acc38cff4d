// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * Go's crypto/tls: entry of (*Conn).Write and Read and each of their return instructions, Close,
 * and the handshakes. And below it, in servers that speak plain HTTP, internal/poll's (*FD).Write
 * and Read, as far as no call of crypto/tls is under way.
 *
 * A goroutine moves between threads, and its stack moves within the process: neither tells a call
 * from another, so open calls go by the goroutine, whose address stays. It is in one call of a kind
 * at a time: a Write happens inside a Read (an alert, a key update) only below this level.
 *
 * Bytes are taken at the return and as many as it confirms, also when it tells an error beside. One
 * exception keeps a question before its answer: a Write whose goroutine sleeps while another one
 * already returns from a Read of the same Conn is told then, whole. A Write that does less than
 * all of it is the last on its Conn.
 */
#include "sock.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Go's own calling convention, since 1.17 (arm64: 1.18): the receiver, then a slice's pointer,
 * length and capacity; the first result takes the receiver's place.
 */
#if defined(__TARGET_ARCH_x86)
#define GO_RECEIVER(ctx)  ((ctx)->rax)
#define GO_SLICE_PTR(ctx) ((ctx)->rbx)
#define GO_SLICE_LEN(ctx) ((ctx)->rcx)
#define GO_RESULT(ctx)	  ((ctx)->rax)
#define GO_GOROUTINE(ctx) ((ctx)->r14)
#else
#define GO_REG(ctx, n)	  (((const volatile struct user_pt_regs *)(ctx))->regs[n])
#define GO_RECEIVER(ctx)  GO_REG(ctx, 0)
#define GO_SLICE_PTR(ctx) GO_REG(ctx, 1)
#define GO_SLICE_LEN(ctx) GO_REG(ctx, 2)
#define GO_RESULT(ctx)	  GO_REG(ctx, 0)
#define GO_GOROUTINE(ctx) GO_REG(ctx, 28)
#endif

/* internal/poll.FD: { fdmu fdMutex{uint64, 2 x uint32}; Sysfd int; ... }, since Go 1.9. */
#define GO_FD_NUMBER_AT 16

/* The beginning of runtime.g: every function's first instructions rely on it. */
struct go_stack {
	__u64 lo, hi;
};

struct go_call {
	struct frame f; /* len: of the buffer, until the call returns */
	__u64 stack_hi; /* the buffer is on the stack, which ended here; 0: it is not */
	__u64 number;	/* of a Write: tells it from the goroutine's next one */
};

/* User space sweeps those whose process went while they were open. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GO_CALLS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct go_call_key);
	__type(value, struct go_call);
} go_calls SEC(".maps");

/*
 * Writes whose bytes have not been told, by their numbers too. Only one can delete an entry: it is
 * the one to tell them.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GO_CALLS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct go_call_key);
	__type(value, __u8);
} go_writes SEC(".maps");

static __always_inline void go_call_key_of(struct go_call_key *key, struct pt_regs *ctx, __u8 dir)
{
	key->goroutine = GO_GOROUTINE(ctx);
	key->number = 0;
	key->tgid = bpf_get_current_pid_tgid() >> 32;
	key->dir = dir;
}

static __always_inline bool go_stack_of(struct go_stack *stack, __u64 goroutine)
{
	return !bpf_probe_read_user(stack, sizeof(*stack), (void *)goroutine);
}

/* True for one caller only. */
static __always_inline bool go_write_claim(const struct go_call_key *key, __u64 number)
{
	struct go_call_key write = *key;

	write.number = number;
	return !bpf_map_delete_elem(&go_writes, &write);
}

/* A Write begins: its connection is there from now on, so that a Read of it finds the Write. */
static __always_inline void go_write_open(const struct go_call_key *key, struct go_call *call)
{
	struct go_call *before = bpf_map_lookup_elem(&go_calls, key);
	struct conn *c = conn_get(call->f.tls, call->f.lib);
	struct go_call_key write = *key;
	__u8 none = 0;

	if (before)
		go_write_claim(key, before->number);
	call->number = write.number = bpf_ktime_get_ns();
	bpf_map_update_elem(&go_writes, &write, &none, BPF_ANY);
	if (c)
		c->writer = key->goroutine;
}

/*
 * Tells the first len bytes of a call. Not static: the verifier looks at it once, not at each
 * place that it is called from, so it finds by itself what it works on.
 */
__attribute__((noinline)) int go_tell(__u64 goroutine, __u64 number, __u32 dir, __u64 len)
{
	struct go_call_key key = {
		.goroutine = goroutine,
		.number = number,
		.tgid = bpf_get_current_pid_tgid() >> 32,
		.dir = dir,
	};
	struct go_call *call = bpf_map_lookup_elem(&go_calls, &key);

	if (call)
		conn_moved(&call->f, len);
	return 0;
}

/*
 * A Read of tls has bytes: the Write that they may be the answer to comes first. Its call is copied
 * before it is claimed: until it is, its goroutine does not take it away.
 */
static __always_inline void go_write_first(const struct go_call_key *reader, __u64 tls)
{
	struct go_call_key key = *reader;
	struct conn *c = conn_find(tls);
	struct go_call *call, copy;

	if (!c || !c->writer)
		return;
	key.goroutine = c->writer;
	key.dir = WIRE_OUT | (reader->dir & GO_BELOW_TLS);
	call = bpf_map_lookup_elem(&go_calls, &key);
	if (!call)
		return;
	copy = *call;
	if (copy.f.tls != tls || !go_write_claim(&key, copy.number))
		return;
	key = *reader;
	key.number = 1; /* the reader's second entry, for as long as it tells the other's bytes */
	if (bpf_map_update_elem(&go_calls, &key, &copy, BPF_ANY))
		return;
	go_tell(key.goroutine, key.number, key.dir, copy.f.len);
	bpf_map_delete_elem(&go_calls, &key);
}

/*
 * A function that lacks stack gets more and begins again: its entry is then seen twice, with the
 * same arguments, but for the place of a buffer that was on the stack.
 */
static __always_inline int go_begin(struct pt_regs *ctx, __u8 dir, __u64 object, __u8 lib)
{
	struct go_call call = {};
	struct go_call_key key;
	struct go_stack stack;

	go_call_key_of(&key, ctx, dir | (lib == WIRE_LIB_SOCKET ? GO_BELOW_TLS : 0));
	call.f.tls = object;
	call.f.buf = GO_SLICE_PTR(ctx);
	call.f.len = GO_SLICE_LEN(ctx);
	call.f.dir = dir;
	call.f.lib = lib;
	if (go_stack_of(&stack, key.goroutine) && call.f.buf >= stack.lo && call.f.buf < stack.hi)
		call.stack_hi = stack.hi;
	if (dir == WIRE_OUT)
		go_write_open(&key, &call);
	if (bpf_map_update_elem(&go_calls, &key, &call, BPF_ANY))
		STAT_ADD(conn_full, 1);
	return 0;
}

static __always_inline int go_enter(struct pt_regs *ctx, __u8 dir)
{
	return go_begin(ctx, dir, GO_RECEIVER(ctx), WIRE_LIB_GO);
}

/* What a function was called with, in the room for it behind the return address. */
struct go_spilled {
	__u64 receiver, slice_ptr, slice_len;
};

/*
 * A Read that began before it had probes: each idle connection of a client waits in one. Its
 * arguments are read from where every known version has laid them down, and believed if they name
 * a connection that is known.
 */
static __always_inline struct go_call *go_missed(struct pt_regs *ctx, const struct go_call_key *key)
{
	struct go_call call = {};
	struct go_spilled args;

	if (bpf_probe_read_user(&args, sizeof(args), (void *)(PT_REGS_SP(ctx) + 8)) ||
	    !conn_find(args.receiver))
		return NULL;
	call.f.tls = args.receiver;
	call.f.buf = args.slice_ptr;
	call.f.len = args.slice_len;
	call.f.dir = WIRE_IN;
	call.f.lib = WIRE_LIB_GO;
	bpf_map_update_elem(&go_calls, key, &call, BPF_ANY);
	return bpf_map_lookup_elem(&go_calls, key);
}

static __always_inline void go_end(struct pt_regs *ctx, const struct go_call_key *key,
				   struct go_call *call)
{
	__s64 len = GO_RESULT(ctx);
	struct go_stack stack;

	if (call->f.dir == WIRE_OUT && !go_write_claim(key, call->number))
		len = 0; /* told already */
	if (len > 0 && (__u64)len <= call->f.len) {
		if (call->f.dir == WIRE_IN)
			go_write_first(key, call->f.tls);
		/* A stack that moved keeps all distances from its upper end. */
		if (call->stack_hi && go_stack_of(&stack, key->goroutine))
			call->f.buf += stack.hi - call->stack_hi;
		go_tell(key->goroutine, key->number, key->dir, len);
	}
	bpf_map_delete_elem(&go_calls, key);
}

static __always_inline int go_leave(struct pt_regs *ctx, __u8 dir)
{
	struct go_call_key key;
	struct go_call *call;

	go_call_key_of(&key, ctx, dir);
	call = bpf_map_lookup_elem(&go_calls, &key);
	if (!call && (__s64)GO_RESULT(ctx) > 0 && dir == WIRE_IN)
		call = go_missed(ctx, &key);
	if (call)
		go_end(ctx, &key, call);
	return 0;
}

/* The goroutine reads or writes for crypto/tls, which tells its bytes itself. */
static __always_inline bool go_within_tls(struct pt_regs *ctx)
{
	struct go_call_key out, in;

	go_call_key_of(&out, ctx, WIRE_OUT);
	go_call_key_of(&in, ctx, WIRE_IN);
	return bpf_map_lookup_elem(&go_calls, &out) || bpf_map_lookup_elem(&go_calls, &in);
}

static __always_inline int go_fd_enter(struct pt_regs *ctx, __u8 dir)
{
	struct sock *sk;
	__u64 fd, ino;

	if (bpf_probe_read_user(&fd, sizeof(fd), (void *)(GO_RECEIVER(ctx) + GO_FD_NUMBER_AT)))
		return 0;
	sk = sock_of(fd, &ino);
	if (!sk || go_within_tls(ctx) || !sock_conn(sk, ino))
		return 0;
	return go_begin(ctx, dir, SOCK_OBJECT(ino), WIRE_LIB_SOCKET);
}

static __always_inline int go_fd_leave(struct pt_regs *ctx, __u8 dir)
{
	struct go_call_key key;
	struct go_call *call;
	struct conn *c;

	go_call_key_of(&key, ctx, dir | GO_BELOW_TLS);
	call = bpf_map_lookup_elem(&go_calls, &key);
	if (!call)
		return 0;
	c = conn_find(call->f.tls);
	if (c && (__s64)GO_RESULT(ctx) > 0 && sock_begins_tls(c, call->f.buf))
		sock_ignore(c);
	go_end(ctx, &key, call);
	return 0;
}

/*
 * A Conn that was dropped without a Close leaves its address to a new one, whose handshake tells
 * them apart. A handshake within a Read of its own Conn is another thing: the server asked for it
 * in the middle of a connection (TLS 1.2).
 */
static __always_inline int go_handshake(struct pt_regs *ctx)
{
	__u64 tls = GO_RECEIVER(ctx);
	struct go_call_key key;
	struct go_call *call;
	struct conn *c;

	go_call_key_of(&key, ctx, WIRE_IN);
	call = bpf_map_lookup_elem(&go_calls, &key);
	c = conn_find(tls);
	if (!c || (!c->seen[WIRE_OUT] && !c->seen[WIRE_IN]) || (call && call->f.tls == tls))
		return 0;
	conn_end(tls);
	/* The first Write shakes hands by itself: it is the new connection's. */
	key.dir = WIRE_OUT;
	call = bpf_map_lookup_elem(&go_calls, &key);
	c = call && call->f.tls == tls ? conn_get(tls, WIRE_LIB_GO) : NULL;
	if (c)
		c->writer = key.goroutine;
	return 0;
}

/*
 * One program per place, for perf uprobes. uprobe_multi takes the one below them, which tells the
 * places apart by cookie.
 */
SEC("uprobe")
int gotls_write_enter(struct pt_regs *ctx)
{
	return go_enter(ctx, WIRE_OUT);
}

SEC("uprobe")
int gotls_write_leave(struct pt_regs *ctx)
{
	return go_leave(ctx, WIRE_OUT);
}

SEC("uprobe")
int gotls_read_enter(struct pt_regs *ctx)
{
	return go_enter(ctx, WIRE_IN);
}

SEC("uprobe")
int gotls_read_leave(struct pt_regs *ctx)
{
	return go_leave(ctx, WIRE_IN);
}

SEC("uprobe")
int gotls_close(struct pt_regs *ctx)
{
	return conn_end(GO_RECEIVER(ctx));
}

SEC("uprobe")
int gotls_handshake(struct pt_regs *ctx)
{
	return go_handshake(ctx);
}

SEC("uprobe")
int gofd_write_enter(struct pt_regs *ctx)
{
	return go_fd_enter(ctx, WIRE_OUT);
}

SEC("uprobe")
int gofd_write_leave(struct pt_regs *ctx)
{
	return go_fd_leave(ctx, WIRE_OUT);
}

SEC("uprobe")
int gofd_read_enter(struct pt_regs *ctx)
{
	return go_fd_enter(ctx, WIRE_IN);
}

SEC("uprobe")
int gofd_read_leave(struct pt_regs *ctx)
{
	return go_fd_leave(ctx, WIRE_IN);
}

SEC("uprobe")
int gofd_multi(struct pt_regs *ctx)
{
	switch (probe_func(ctx)) {
	case SOCK_GO_WRITE:
		return go_fd_enter(ctx, WIRE_OUT);
	case SOCK_GO_READ:
		return go_fd_enter(ctx, WIRE_IN);
	case SOCK_GO_WRITE_RET:
		return go_fd_leave(ctx, WIRE_OUT);
	case SOCK_GO_READ_RET:
		return go_fd_leave(ctx, WIRE_IN);
	}
	return 0;
}

SEC("uprobe")
int gotls_multi(struct pt_regs *ctx)
{
	switch (probe_func_now(ctx)) {
	case TLS_GO_WRITE:
		return go_enter(ctx, WIRE_OUT);
	case TLS_GO_READ:
		return go_enter(ctx, WIRE_IN);
	case TLS_GO_WRITE_RET:
		return go_leave(ctx, WIRE_OUT);
	case TLS_GO_READ_RET:
		return go_leave(ctx, WIRE_IN);
	case TLS_GO_CLOSE:
		return conn_end(GO_RECEIVER(ctx));
	case TLS_GO_HANDSHAKE:
		return go_handshake(ctx);
	}
	return 0;
}
