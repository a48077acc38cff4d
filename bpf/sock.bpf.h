/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Connections by their socket, for servers that speak plain HTTP. A descriptor's number is given
 * anew with the next accept(2), and a socket's address in the kernel as soon as it is free; the
 * number of its inode is not, before four thousand million others were made. It stands where a TLS
 * object's address stands elsewhere, out of reach of any address.
 */
#ifndef WT_BPF_SOCK_H
#define WT_BPF_SOCK_H

#include "calls.bpf.h"
#include "conn.bpf.h"

#define WT_AF_INET     2
#define WT_AF_INET6    10
#define WT_SOCK_STREAM 1
#define WT_S_IFMT      0170000
#define WT_S_IFSOCK    0140000

/* TCP states, include/net/tcp_states.h. */
#define WT_TCP_ESTABLISHED 1
#define WT_TCP_SYN_SENT	   2
#define WT_TCP_FIN_WAIT1   4
#define WT_TCP_CLOSE	   7
#define WT_TCP_CLOSE_WAIT  8
#define WT_TCP_LAST_ACK	   9
#define WT_TCP_LISTEN	   10

#define SOCK_OBJECT(ino)   (1ull << 63 | (ino))
/* Of one that is read by its packets (packet.bpf.c), by its cookie. */
#define SOCK_PACKETS (1ull << 62)

/* Somebody is followed, and nobody else: what has an end in that tree. Set before loading. */
const volatile bool tree_only __weak = false;

/* struct sock -> which connection it is: its end is told by the socket, not by the process. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CONN_MAX);
	__type(key, __u64);
	__type(value, struct conn_key);
} socks SEC(".maps") __weak;

/* Sockets of this host that are connecting, by struct sock, then by their two ends: who did it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CALLERS_MAX);
	__type(key, __u64);
	__type(value, struct caller);
} connecting SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CALLERS_MAX);
	__type(key, struct sock_ends);
	__type(value, struct caller);
} callers SEC(".maps") __weak;

/* Processes on either side of a model server's connections: tgid -> enum serve_mark. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WATCHED_MAX);
	__type(key, __u32);
	__type(value, __u32);
} serving SEC(".maps") __weak;

/* Ports that model servers listen on. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SERVED_PORTS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} served_ports SEC(".maps") __weak;

/*
 * The open TCP connection behind a descriptor of the current process, with its inode's number; or
 * NULL. One that the process has shut is over.
 */
static __always_inline struct sock *sock_of(__u32 fd, __u64 *ret_ino)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **slot = BPF_CORE_READ(table, fd), *file = NULL;
	struct socket *socket;
	struct inode *inode;
	struct sock *sk;
	__u16 family;
	__u8 state;

	if (fd >= BPF_CORE_READ(table, max_fds) ||
	    bpf_probe_read_kernel(&file, sizeof(file), slot + fd) || !file)
		return NULL;
	inode = BPF_CORE_READ(file, f_inode);
	if ((BPF_CORE_READ(inode, i_mode) & WT_S_IFMT) != WT_S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if ((family != WT_AF_INET && family != WT_AF_INET6) ||
	    (state != WT_TCP_ESTABLISHED && state != WT_TCP_CLOSE_WAIT) ||
	    BPF_CORE_READ(sk, sk_type) != WT_SOCK_STREAM)
		return NULL;
	*ret_ino = BPF_CORE_READ(inode, i_ino);
	return sk;
}

/* IPv4 as IPv6 has it, ::ffff:192.0.2.1: a server for both sees its clients so. */
static __always_inline void sock_addr4(__u64 addr[2], __be32 ipv4)
{
	addr[0] = 0;
	addr[1] = bpf_cpu_to_be64(0xffff00000000ull | bpf_ntohl(ipv4));
}

/* ::1 and 127.0.0.0/8 */
static __always_inline bool sock_is_loopback(const __u64 addr[2])
{
	__u64 low = bpf_be64_to_cpu(addr[1]);

	return !addr[0] && (low == 1 || low >> 24 == 0xffff7f);
}

/* As seen from sk's side. Loopback is another in each network namespace. */
static __always_inline void sock_ends_of(struct sock_ends *e, struct sock *sk)
{
	__builtin_memset(e, 0, sizeof(*e));
	/* A kernel without IPv6 has no such field. */
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == WT_AF_INET6 &&
	    bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		bpf_core_read(e->local, sizeof(e->local), &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(e->peer, sizeof(e->peer), &sk->__sk_common.skc_v6_daddr);
	} else {
		sock_addr4(e->local, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		sock_addr4(e->peer, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	}
	e->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	e->peer_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (sock_is_loopback(e->peer))
		e->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

static __always_inline void sock_ends_turn(struct sock_ends *to, const struct sock_ends *from)
{
	to->local[0] = from->peer[0];
	to->local[1] = from->peer[1];
	to->peer[0] = from->local[0];
	to->peer[1] = from->local[1];
	to->local_port = from->peer_port;
	to->peer_port = from->local_port;
	to->netns = from->netns;
}

/* Of the process in the key; NULL: of the current one. */
static __always_inline void sock_fill(struct wire *w, __u64 conn, const struct wire_peer *peer,
				      const struct conn_key *key)
{
	wire_fill(w, WIRE_PEER);
	if (key) {
		w->tgid = key->tgid;
		w->start_ns = key->start_ns;
	}
	w->conn = conn;
	w->lib = WIRE_LIB_SOCKET;
	w->len = sizeof(*peer);
	__builtin_memcpy(w->data, peer, sizeof(*peer));
}

/* The privileged process reads who the caller is while it waits for its answer. */
static __always_inline void sock_tell_keeper(__u64 conn, const struct wire_peer *peer,
					     const struct conn_key *key)
{
	struct wire *w = bpf_ringbuf_reserve(&events, sizeof(*w) + sizeof(*peer), 0);

	if (!w) {
		STAT_ADD(events_full, 1);
		return;
	}
	sock_fill(w, conn, peer, key);
	bpf_ringbuf_submit(w, 0);
}

/* A caller of a model server is remembered, so that its exit is told. True for a new one. */
static __always_inline bool sock_mark_caller(__u32 tgid)
{
	__u32 mark = SERVE_CALLER;

	return !bpf_map_update_elem(&serving, &tgid, &mark, BPF_NOEXIST);
}

static __always_inline void sock_mark(__u32 tgid, __u32 bits)
{
	__u32 *mark = bpf_map_lookup_elem(&serving, &tgid);

	if (mark)
		*mark |= bits;
}

static __always_inline bool sock_is_trees(__u32 tgid)
{
	__u32 *watch = bpf_map_lookup_elem(&watched, &tgid);

	return watch && (*watch & WATCH_TREE);
}

static __always_inline void sock_ignore(struct conn *c)
{
	__u32 ignore = VERDICT_IGNORE;
	__u64 id = c->id;

	bpf_map_update_elem(&verdicts, &id, &ignore, BPF_ANY);
}

/* A connection is met for the first time: who is at its other end is told before its bytes are. */
static __noinline void sock_met(struct conn *c, struct sock *sk, const struct conn_key *conn)
{
	struct wire_peer peer = {};
	struct sock_ends turned;
	struct caller *who;
	__u64 key = (__u64)sk;
	struct wire *w;

	bpf_map_update_elem(&socks, &key, conn, BPF_ANY);
	sock_ends_of(&peer.ends, sk);
	who = bpf_map_lookup_elem(&callers, &peer.ends);
	if (who && who->tgid == conn->tgid) {
		peer.flags = WIRE_PEER_CONNECTED;
	} else {
		sock_ends_turn(&turned, &peer.ends);
		who = bpf_map_lookup_elem(&callers, &turned);
		if (who)
			peer.caller = *who;
	}
	if (tree_only && !sock_is_trees(conn->tgid) && !sock_is_trees(peer.caller.tgid)) {
		sock_ignore(c);
		return;
	}
	w = bpf_ringbuf_reserve(&ring, sizeof(*w) + sizeof(peer), 0);
	if (w) {
		sock_fill(w, c->id, &peer, conn);
		bpf_ringbuf_submit(w, 0);
	}
	if (!peer.flags && (!peer.caller.tgid || sock_mark_caller(peer.caller.tgid)))
		sock_tell_keeper(c->id, &peer, conn);
}

/* The connection of the current process on that socket; NULL: nothing of it is wanted. */
static __always_inline struct conn *sock_conn(struct sock *sk, __u64 ino)
{
	__u64 object = SOCK_OBJECT(ino);
	struct conn *c = conn_find(object);
	struct conn_key key, *met;
	__u64 at = (__u64)sk;

	if (c)
		return conn_ignored(c) ? NULL : c;
	met = bpf_map_lookup_elem(&socks, &at);
	if (met && met->tls & SOCK_PACKETS)
		return NULL; /* it is told by its packets */
	c = conn_get(object, WIRE_LIB_SOCKET);
	if (!c)
		return NULL;
	conn_key_of(&key, object);
	sock_mark(key.tgid, SERVE_SEEN);
	sock_met(c, sk, &key);
	return conn_ignored(c) ? NULL : c;
}

/*
 * What begins as TLS does is a TLS library's to tell: a record of any type (RFC 8446 5.1), since a
 * connection may be met in its middle, when the probes on its TLS library have been taken away.
 */
static __always_inline bool sock_begins_tls(struct conn *c, __u64 buf)
{
	__u8 first[2] = { 0, 0 };

	if (c->seen[WIRE_OUT] || c->seen[WIRE_IN])
		return false;
	bpf_probe_read_user(first, sizeof(first), (void *)buf);
	return first[0] >= 20 && first[0] <= 23 && first[1] == 3;
}

#endif
