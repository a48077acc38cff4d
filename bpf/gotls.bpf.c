// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * Go's crypto/tls: entry of (*Conn).Write and Read and each of their return instructions, Close,
 * and the handshakes. And below it, in servers that speak plain HTTP, internal/poll's (*FD).Write
 * and Read, as far as no call of crypto/tls is under way.
 *
 * A goroutine moves between threads, and its stack moves within the process: neither tells a call
 * from another, so open calls go by the goroutine, whose address stays. It can be in several of a
 * kind at once, TLS within TLS: they are told apart by their places on the stack, which a move
 * keeps, counted from its upper end. A Write happens inside a Read (an alert, a key update) only
 * below this level.
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
	__u64 at;	/* how far below the stack's upper end it began */
	__u64 stack_hi; /* the buffer is on the stack, which ended here; 0: it is not */
	__u64 number;	/* of a Write: tells it from the goroutine's next one */
	__u64 outer;	/* a call that it made was open, and may be left behind */
};

/* Numbers in a key: how many calls of a kind the goroutine is in already; and for a moment. */
#define GO_LEVELS 3
#define GO_OTHERS 3 /* what the reader of an answer tells of its question */
#define GO_MISSED 4 /* a Read whose begin was not seen */

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

/* Where the stack pointer is, at a function's first instruction as at its return; 0: unknown. */
static __always_inline __u64 go_at(struct pt_regs *ctx, const struct go_stack *stack)
{
	__u64 sp = PT_REGS_SP(ctx);

	return sp >= stack->lo && sp < stack->hi ? stack->hi - sp : 0;
}

/* Calls further in than this level, which are gone when one further out begins or ends. */
static __always_inline void go_drop_inner(const struct go_call_key *key)
{
	struct go_call_key inner = *key;

	for (int i = 1; i < GO_LEVELS; i++) {
		inner.number = i;
		if (inner.number > key->number)
			bpf_map_delete_elem(&go_calls, &inner);
	}
}

/* Finds the level of a call that begins at that place. False: they are too many. */
static __always_inline bool go_level_of(struct go_call_key *key, __u64 at)
{
	struct go_call *call;

	for (int i = 0; i < GO_LEVELS; i++) {
		key->number = i;
		call = bpf_map_lookup_elem(&go_calls, key);
		if (!call)
			return true;
		if (call->at >= at) {
			/* It was left without a return: by a panic, or by a move of the stack. */
			if (call->outer)
				go_drop_inner(key);
			return true;
		}
		call->outer = 1;
	}
	STAT_ADD(nesting, 1);
	return false;
}

/* The call that began at that place, with its level in the key; NULL: none. */
static __always_inline struct go_call *go_call_at(struct go_call_key *key, __u64 at)
{
	struct go_call *call;

	for (int i = 0; i < GO_LEVELS; i++) {
		key->number = i;
		call = bpf_map_lookup_elem(&go_calls, key);
		if (!call || call->at == at)
			return call;
	}
	return NULL;
}

/* The goroutine's call on that connection; NULL: none. */
static __always_inline struct go_call *go_call_on(struct go_call_key *key, __u64 tls)
{
	struct go_call *call;

	for (int i = 0; i < GO_LEVELS; i++) {
		key->number = i;
		call = bpf_map_lookup_elem(&go_calls, key);
		if (!call || call->f.tls == tls)
			return call;
	}
	return NULL;
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
	call = go_call_on(&key, tls);
	if (!call)
		return;
	copy = *call;
	if (!go_write_claim(&key, copy.number))
		return;
	key = *reader;
	key.number = GO_OTHERS;
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
	struct go_stack stack = {};
	struct go_call call = {};
	struct go_call_key key;

	go_call_key_of(&key, ctx, dir | (lib == WIRE_LIB_SOCKET ? GO_BELOW_TLS : 0));
	call.f.tls = object;
	call.f.buf = GO_SLICE_PTR(ctx);
	call.f.len = GO_SLICE_LEN(ctx);
	call.f.dir = dir;
	call.f.lib = lib;
	go_stack_of(&stack, key.goroutine);
	if (call.f.buf >= stack.lo && call.f.buf < stack.hi)
		call.stack_hi = stack.hi;
	call.at = go_at(ctx, &stack);
	if (!go_level_of(&key, call.at))
		return 0;
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
static __always_inline struct go_call *go_missed(struct pt_regs *ctx, struct go_call_key *key)
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
	key->number = GO_MISSED;
	bpf_map_update_elem(&go_calls, key, &call, BPF_ANY);
	return bpf_map_lookup_elem(&go_calls, key);
}

static __always_inline void go_end(struct pt_regs *ctx, const struct go_call_key *key,
				   struct go_call *call, const struct go_stack *stack)
{
	__s64 len = GO_RESULT(ctx);

	if (call->outer)
		go_drop_inner(key);
	if (call->f.dir == WIRE_OUT && !go_write_claim(key, call->number))
		len = 0; /* told already */
	if (len > 0 && (__u64)len <= call->f.len) {
		if (call->f.dir == WIRE_IN)
			go_write_first(key, call->f.tls);
		/* A stack that moved keeps all distances from its upper end. */
		if (call->stack_hi && stack->hi)
			call->f.buf += stack->hi - call->stack_hi;
		go_tell(key->goroutine, key->number, key->dir, len);
	}
	bpf_map_delete_elem(&go_calls, key);
}

static __always_inline int go_leave(struct pt_regs *ctx, __u8 dir)
{
	struct go_stack stack = {};
	struct go_call_key key;
	struct go_call *call;

	go_call_key_of(&key, ctx, dir);
	go_stack_of(&stack, key.goroutine);
	call = go_call_at(&key, go_at(ctx, &stack));
	if (!call && (__s64)GO_RESULT(ctx) > 0 && dir == WIRE_IN)
		call = go_missed(ctx, &key);
	if (call)
		go_end(ctx, &key, call, &stack);
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
	struct go_stack stack = {};
	struct go_call_key key;
	struct go_call *call;
	struct conn *c;

	go_call_key_of(&key, ctx, dir | GO_BELOW_TLS);
	go_stack_of(&stack, key.goroutine);
	call = go_call_at(&key, go_at(ctx, &stack));
	if (!call)
		return 0;
	c = conn_find(call->f.tls);
	if (c && (__s64)GO_RESULT(ctx) > 0 && sock_begins_tls(c, call->f.buf))
		sock_ignore(c);
	go_end(ctx, &key, call, &stack);
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
	struct conn *c;

	go_call_key_of(&key, ctx, WIRE_IN);
	c = conn_find(tls);
	if (!c || (!c->seen[WIRE_OUT] && !c->seen[WIRE_IN]) || go_call_on(&key, tls))
		return 0;
	conn_end(tls);
	/* The first Write shakes hands by itself: it is the new connection's. */
	key.dir = WIRE_OUT;
	c = go_call_on(&key, tls) ? conn_get(tls, WIRE_LIB_GO) : NULL;
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
