// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * Plain HTTP by its packets, at servers whose calls can't be hooked: what io_uring moves passes no
 * function of the C library, and a static program has those functions where nothing tells. Two
 * programs at the root of all control groups, attached when there is such a server; for other
 * sockets a look at a port is all they do.
 *
 * Segments come in the order of the wire, not of the stream: one that was told already is passed
 * over, and what another left out is counted as lost when the next one is told. On loopback there
 * is neither.
 */
#include "segment.bpf.h"
#include "sock.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Port -> who listens there. User space writes it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SERVED_PORTS_MAX);
	__type(key, __u32);
	__type(value, struct packet_server);
} packet_servers SEC(".maps");

/* A server's connection. Both directions may be at work at once: each has its own fields. */
struct packet_conn {
	struct conn_key key;
	__u64 sk;
	__u32 next[2]; /* sequence number behind what was told, by enum wire_dir */
	__u8 begun[2];
	__u8 others; /* it is another's that has that port in another network */
	__u8 pad[5];
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct packet_conn);
} packet_conns SEC(".maps");

/* A segment has up to 64 KiB before the card cuts it: so many pieces. */
#define PACKET_PIECES 5

struct piece {
	__u64 off, lost;
	__u32 at, len, call_len, seq;
	__u8 dir;
};

static __always_inline void packet_put(struct __sk_buff *skb, const struct conn_key *key,
				       struct conn *c, const struct piece *p, const __u32 class)
{
	struct wire *w = bpf_ringbuf_reserve(&ring, sizeof(*w) + class, 0);
	__u64 len = p->len;
	__u8 dir = p->dir & 1;

	if (!w) {
		c->lost[dir] += len;
		STAT_ADD(ring_full, len);
		return;
	}
	__builtin_memset(w, 0, sizeof(*w));
	w->ts = bpf_ktime_get_ns();
	w->kind = WIRE_DATA;
	w->tgid = key->tgid;
	w->start_ns = key->start_ns;
	w->conn = c->id;
	w->off = p->off;
	w->lost = c->lost[dir];
	w->call_len = p->call_len;
	w->call_seq = p->seq;
	w->lib = WIRE_LIB_SOCKET;
	w->dir = dir;
	w->flags = p->seq ? 0 : WIRE_CALL_FIRST;
	asm volatile("" : "+r"(len));
	if (len > class)
		len = class;
	if (!len) {
		bpf_ringbuf_discard(w, 0);
		return;
	}
	w->len = len;
	if (bpf_skb_load_bytes(skb, p->at, w->data, len)) {
		w->flags |= WIRE_FAULT;
		c->lost[dir] += len;
		STAT_ADD(fault, len);
	} else {
		STAT_ADD(bytes, len);
	}
	c->told[dir] = c->lost[dir];
	bpf_ringbuf_submit(w, wire_wake(BPF_RINGBUF_HDR_SZ + sizeof(*w) + class));
}

/* Tells len bytes of the packet, which lie at `at`. */
static __always_inline void packet_tell(struct __sk_buff *skb, const struct conn_key *key,
					struct conn *c, __u32 at, __u32 len, __u8 dir)
{
	struct piece p = { .off = c->seen[dir & 1], .at = at, .call_len = len, .dir = dir };
	__u32 left = len;

	c->seen[dir & 1] += len;
	STAT_ADD(calls, 1);
	for (int i = 0; i < PACKET_PIECES && left; i++) {
		p.len = left < WIRE_CHUNK ? left : WIRE_CHUNK;
		p.seq = i;
		if (p.len <= 1024)
			packet_put(skb, key, c, &p, 1024);
		else
			packet_put(skb, key, c, &p, WIRE_CHUNK);
		p.off += p.len;
		p.at += p.len;
		left -= p.len;
	}
	if (left) {
		c->lost[dir & 1] += left;
		STAT_ADD(capped, left);
	}
}

/* As sock_begins_tls(): TLS is a TLS library's to tell. */
static __always_inline bool packet_begins_tls(struct __sk_buff *skb, __u32 at, const struct conn *c)
{
	__u8 first[2] = { 0, 0 };

	if (c->seen[WIRE_OUT] || c->seen[WIRE_IN])
		return false;
	bpf_skb_load_bytes(skb, at, first, sizeof(first));
	return first[0] >= 20 && first[0] <= 23 && first[1] == 3;
}

static __always_inline struct conn *packet_met(struct packet_conn *p)
{
	struct conn fresh = { .lib = WIRE_LIB_SOCKET };
	struct conn_key key = p->key, *met = bpf_map_lookup_elem(&socks, &p->sk);
	struct conn *c;

	/* Probes have met it: it is told by them. */
	if (met && !(met->tls & SOCK_PACKETS)) {
		p->others = 1;
		return NULL;
	}
	fresh.id = conn_new_id();
	if (!fresh.id || bpf_map_update_elem(&conns, &key, &fresh, BPF_NOEXIST)) {
		STAT_ADD(conn_full, 1);
		return NULL;
	}
	c = bpf_map_lookup_elem(&conns, &key);
	if (c)
		sock_met(c, (struct sock *)p->sk, &key);
	return c;
}

/* The connection on that socket; NULL: it is none of the server's. */
static __always_inline struct packet_conn *packet_conn_of(struct __sk_buff *skb,
							  struct bpf_sock *sk,
							  const struct packet_server *s)
{
	struct packet_conn *p =
		bpf_sk_storage_get(&packet_conns, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	struct sock *raw;

	if (!p) {
		STAT_ADD(conn_full, 1);
		return NULL;
	}
	/* Another one listens there by now, or nobody was known to. */
	if (p->key.tgid != s->tgid || p->key.start_ns != s->start_ns) {
		/* By way of memory, or the verifier would let none of its fields be read. */
		*(volatile __u64 *)&p->sk = (__u64)sk;
		raw = (struct sock *)*(volatile __u64 *)&p->sk;
		p->key.tls = SOCK_OBJECT(SOCK_PACKETS | bpf_get_socket_cookie(skb));
		p->key.start_ns = s->start_ns;
		p->key.tgid = s->tgid;
		p->others = BPF_CORE_READ(raw, __sk_common.skc_net.net, ns.inum) != s->netns;
	}
	return p->others ? NULL : p;
}

/* How much of the segment was told before; what it leaves out is lost. */
static __always_inline __u32 packet_told(struct packet_conn *p, struct conn *c,
					 const struct segment *s, __u8 dir)
{
	__s32 ahead;

	if (!p->begun[dir & 1]) {
		p->begun[dir & 1] = 1;
		p->next[dir & 1] = s->seq;
	}
	ahead = (__s32)(s->seq - p->next[dir & 1]);
	if (ahead < 0)
		return -ahead;
	c->seen[dir & 1] += ahead;
	c->lost[dir & 1] += ahead;
	return 0;
}

static __always_inline int packet(struct __sk_buff *skb, __u8 dir)
{
	struct packet_server *server;
	struct bpf_sock *sk = skb->sk;
	struct packet_conn *p;
	struct conn_key key;
	struct segment s;
	struct conn *c;
	__u32 port, told;

	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk || sk->state == WT_TCP_LISTEN)
		return 1;
	port = sk->src_port;
	server = bpf_map_lookup_elem(&packet_servers, &port);
	if (!server || !segment_of(skb, &s) || !s.len)
		return 1;
	p = packet_conn_of(skb, sk, server);
	if (!p)
		return 1;
	if (server->ask) {
		server->called = 1;
		return 1;
	}
	key = p->key;
	c = bpf_map_lookup_elem(&conns, &key);
	if (!c)
		c = packet_met(p);
	if (!c || conn_ignored(c))
		return 1;
	if (packet_begins_tls(skb, s.payload, c)) {
		sock_ignore(c);
		return 1;
	}
	told = packet_told(p, c, &s, dir);
	if (told >= s.len)
		return 1;
	p->next[dir & 1] = s.seq + s.len;
	packet_tell(skb, &key, c, s.payload + told, s.len - told, dir);
	return 1;
}

SEC("cgroup_skb/egress")
int packet_sent(struct __sk_buff *skb)
{
	return packet(skb, WIRE_OUT);
}

SEC("cgroup_skb/ingress")
int packet_got(struct __sk_buff *skb)
{
	return packet(skb, WIRE_IN);
}
