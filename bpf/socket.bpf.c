// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * Plain HTTP, at the server: entry and return of the C library's functions that move bytes through
 * a socket, in processes that serve models. Callers have no probes; what tells who they are, and
 * when a connection ends, is the kernel's record of each TCP socket's state.
 *
 * A thread is in one such function at a time. Where one is built on another (musl's recv is its
 * recvfrom) the inner one tells the bytes. Within a call of a TLS library they are not plain.
 */
#include "sock.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define WT_MSG_PEEK 2

struct user_iovec {
	__u64 base, len;
};

/* Up to the last member that is read: struct msghdr of the C library. */
struct user_msghdr {
	__u64 name, name_len;
	__u64 iov, iov_count;
};

/* Pieces that one call's bytes are told in, with each of a vector's, and the largest of them. */
#define SOCK_PIECES 256
#define SOCK_PIECE  16384

static __always_inline struct sock_call *sock_call_of(__u64 thread)
{
	struct sock_call *call = bpf_map_lookup_elem(&sock_calls, &thread), none = {};

	if (call)
		return call;
	bpf_map_update_elem(&sock_calls, &thread, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&sock_calls, &thread);
}

/* The thread is inside of a TLS library's call: further up its stack than we are. */
static __always_inline bool within_tls(__u64 thread, __u64 sp)
{
	struct calls *calls = bpf_map_lookup_elem(&open_calls, &thread);
	__u32 depth = calls ? calls->depth : 0;

	return depth && calls->frames[(depth - 1) & (FRAMES - 1)].sp > sp;
}

static __always_inline bool sock_peeks(struct pt_regs *ctx, __u32 func)
{
	return (func == SOCK_RECV && PT_REGS_PARM4(ctx) & WT_MSG_PEEK) ||
	       (func == SOCK_RECVMSG && PT_REGS_PARM3(ctx) & WT_MSG_PEEK);
}

static __always_inline void sock_vector_of(struct sock_call *call, struct pt_regs *ctx, __u32 func)
{
	struct user_msghdr msg = {};

	call->vector = 1;
	if (func == SOCK_RECVMSG || func == SOCK_SENDMSG) {
		bpf_probe_read_user(&msg, sizeof(msg), (void *)PT_REGS_PARM2(ctx));
		call->iov = msg.iov;
		call->iov_count = msg.iov_count;
	} else {
		call->iov = PT_REGS_PARM2(ctx);
		call->iov_count = (__u32)PT_REGS_PARM3(ctx);
	}
}

static __always_inline int sock_enter(struct pt_regs *ctx, __u32 func)
{
	__u64 thread = bpf_get_current_pid_tgid(), sp = PT_REGS_SP(ctx), ino;
	struct sock *sk = sock_of(PT_REGS_PARM1(ctx), &ino);
	struct sock_call *call;

	if (!sk || sock_peeks(ctx, func) || within_tls(thread, sp) || !sock_conn(sk, ino))
		return 0;
	call = sock_call_of(thread);
	if (!call) {
		STAT_ADD(conn_full, 1);
		return 0;
	}
	call->f.sp = sp;
	call->f.tls = SOCK_OBJECT(ino);
	call->f.buf = PT_REGS_PARM2(ctx);
	call->f.dir =
		func == SOCK_READ || func == SOCK_RECV || func == SOCK_READV || func == SOCK_RECVMSG
			? WIRE_IN
			: WIRE_OUT;
	call->f.lib = WIRE_LIB_SOCKET;
	call->vector = 0;
	call->iov_count = 0;
	call->unseen = func == SOCK_SENDFILE;
	if (func == SOCK_READV || func == SOCK_WRITEV || func == SOCK_RECVMSG ||
	    func == SOCK_SENDMSG)
		sock_vector_of(call, ctx, func);
	return 0;
}

/* The next piece with bytes in it. False: there is none. */
static __always_inline bool sock_next_piece(struct sock_call *call)
{
	struct user_iovec piece = {};

	if (!call->iov_count || bpf_probe_read_user(&piece, sizeof(piece), (void *)call->iov))
		return false;
	call->iov += sizeof(piece);
	call->iov_count--;
	call->f.buf = piece.base;
	call->f.base += call->f.len;
	call->f.len = piece.len < call->left ? piece.len : call->left;
	call->f.at = 0;
	call->left -= call->f.len;
	return true;
}

/* As conn_moved(), for bytes that may lie in several places. */
static __always_inline void sock_moved(struct sock_call *call, struct conn *c, __u64 len)
{
	struct frame *f = &call->f;
	__u8 dir = f->dir & 1;
	__u64 rest;

	f->conn = c->id;
	f->base = c->seen[dir];
	f->at = 0;
	f->len = call->vector ? 0 : len;
	call->left = len - f->len;
	f->flags = WIRE_CALL_FIRST;
	c->seen[dir] += len;
	STAT_ADD(calls, 1);
	for (int i = 0; i < SOCK_PIECES; i++) {
		__u64 some = f->len - f->at;

		if (!some) {
			if (!call->left || !sock_next_piece(call))
				break;
			continue;
		}
		if (some <= 1024)
			wire_put(f, c, some, 1024);
		else
			wire_put(f, c, some < SOCK_PIECE ? some : SOCK_PIECE, SOCK_PIECE);
	}
	rest = f->len - f->at + call->left;
	if (rest) {
		c->lost[dir] += rest;
		STAT_ADD(capped, rest);
	}
}

/* What the kernel took out of a file: how much it was is all there is to be told. */
static __always_inline void sock_unseen(struct conn *c, __u8 dir, __u64 len)
{
	c->seen[dir & 1] += len;
	c->lost[dir & 1] += len;
	STAT_ADD(fault, len);
	sock_mark(bpf_get_current_pid_tgid() >> 32, SERVE_UNSEEN);
}

static __always_inline int sock_leave(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid(), sp = PT_REGS_SP(ctx);
	struct sock_call *call = bpf_map_lookup_elem(&sock_calls, &thread);
	__s64 len = PT_REGS_RC(ctx);
	struct conn *c;

	if (!call || !call->f.sp || SP_AT_RETURN(call->f.sp) != sp)
		return 0;
	call->f.sp = 0;
	c = len > 0 ? conn_find(call->f.tls) : NULL;
	if (!c)
		return 0;
	if (call->unseen)
		sock_unseen(c, call->f.dir, len);
	else if (!call->vector && sock_begins_tls(c, call->f.buf))
		sock_ignore(c);
	else
		sock_moved(call, c, len);
	return 0;
}

/* One program per function, for perf uprobes; uprobe_multi takes the two below them. */
#define SOCK_FUNC(name, func)                 \
	SEC("uprobe")                         \
	int name##_enter(struct pt_regs *ctx) \
	{                                     \
		return sock_enter(ctx, func); \
	}

SOCK_FUNC(sock_read, SOCK_READ)
SOCK_FUNC(sock_recv, SOCK_RECV)
SOCK_FUNC(sock_write, SOCK_WRITE)
SOCK_FUNC(sock_readv, SOCK_READV)
SOCK_FUNC(sock_writev, SOCK_WRITEV)
SOCK_FUNC(sock_recvmsg, SOCK_RECVMSG)
SOCK_FUNC(sock_sendmsg, SOCK_SENDMSG)
SOCK_FUNC(sock_sendfile, SOCK_SENDFILE)

SEC("uretprobe")
int sock_any_leave(struct pt_regs *ctx)
{
	return sock_leave(ctx);
}

SEC("uprobe")
int sock_multi_enter(struct pt_regs *ctx)
{
	return sock_enter(ctx, probe_func(ctx));
}

SEC("uretprobe")
int sock_multi_leave(struct pt_regs *ctx)
{
	return sock_leave(ctx);
}

/* A caller of a port that models are served on is told of while it waits for its answer. */
static __always_inline void caller_made(struct sock *sk, const struct caller *who)
{
	struct wire_peer peer = { .caller = *who };
	__u32 port;

	sock_ends_of(&peer.ends, sk);
	bpf_map_update_elem(&callers, &peer.ends, who, BPF_ANY);
	port = peer.ends.peer_port;
	if (bpf_map_lookup_elem(&served_ports, &port) && sock_mark_caller(who->tgid))
		sock_tell_keeper(0, &peer, NULL);
}

static __always_inline void listens(struct sock *sk)
{
	struct wire *w = bpf_ringbuf_reserve(&events, sizeof(*w), 0);

	if (!w) {
		STAT_ADD(events_full, 1);
		return;
	}
	wire_fill(w, WIRE_LISTEN);
	w->off = BPF_CORE_READ(sk, __sk_common.skc_num);
	bpf_ringbuf_submit(w, 0);
}

/*
 * connect(2) makes a socket SYN_SENT, in the caller's own context and before it has a port; the
 * answer makes it ESTABLISHED, in anybody's.
 */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(sock_state, struct sock *sk, int from, int to)
{
	struct caller *made, who = {};
	__u64 key = (__u64)sk;
	struct conn_key *conn, over;

	switch (to) {
	case WT_TCP_SYN_SENT:
		who.tgid = bpf_get_current_pid_tgid() >> 32;
		who.start_ns = start_round(BPF_CORE_READ(current_leader(), start_boottime));
		bpf_map_update_elem(&connecting, &key, &who, BPF_ANY);
		break;
	case WT_TCP_ESTABLISHED:
		made = from == WT_TCP_SYN_SENT ? bpf_map_lookup_elem(&connecting, &key) : NULL;
		if (!made)
			break;
		who = *made;
		bpf_map_delete_elem(&connecting, &key);
		caller_made(sk, &who);
		break;
	case WT_TCP_LISTEN:
		listens(sk);
		break;
	case WT_TCP_FIN_WAIT1:
	case WT_TCP_LAST_ACK:
	case WT_TCP_CLOSE:
		conn = bpf_map_lookup_elem(&socks, &key);
		if (!conn)
			break;
		over = *conn;
		/* What it wrote may be on its way still. */
		if (over.tls & SOCK_PACKETS && to != WT_TCP_CLOSE)
			break;
		bpf_map_delete_elem(&socks, &key);
		conn_end_of(&over);
		break;
	}
	return 0;
}
