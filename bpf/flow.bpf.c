// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * TLS connections to hosts of LLM providers, by their packets' sizes: what is left to see of a
 * process whose plaintext can't be had. One program on what the host's sockets send; nothing runs
 * on what they receive, since each packet that is sent says in its TCP header what was received by
 * then (RFC 9293 3.1).
 *
 * Everybody's packets pass here, so the way out is short: a connection is looked at in its first
 * few packets, until its ClientHello (RFC 8446 4.1.2) passes, which names the host in plain text.
 * The meter says once for each name whether it is a provider's; from then on a connection to any
 * other is let go here, at its ClientHello, and costs no record.
 */
#include "cut.bpf.h"
#include "segment.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Only processes of the tree that is watched. Set before loading. */
const volatile bool flow_tree_only = false;

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct flow);
} flows SEC(".maps");

/* Names of hosts -> enum verdict. User space judges; who is not asked for again makes room. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FLOW_NAMES);
	__type(key, char[FLOW_NAME_MAX]);
	__type(value, __u32);
} flow_names SEC(".maps");

/* Addresses, IPv4 ones as RFC 4291 2.5.5.2 maps them, that were asked for as a provider's. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FLOW_NAMES);
	__type(key, __u8[16]);
	__type(value, __u8);
} provider_addrs SEC(".maps");

/* The first bytes of a ClientHello's record, up to the session id. */
struct hello {
	__u8 record[5];	   /* 16 03 01 xx xx */
	__u8 handshake[4]; /* 01 00 xx xx */
	__u8 version[2];
	__u8 random[32];
	__u8 session_len;
};

_Static_assert(sizeof(struct hello) == 44, "struct hello is read from the wire");

#define EXTENSIONS_MAX 40 /* that are looked through for the name; browsers send some 20 */

static __always_inline __u32 load16(struct __sk_buff *skb, __u32 at)
{
	__be16 n = 0;

	return bpf_skb_load_bytes(skb, at, &n, sizeof(n)) ? 0 : bpf_ntohs(n);
}

/* Reads the name at `at`: list's length, type 0, name's length, name (RFC 6066 3). */
static __always_inline bool load_name(struct __sk_buff *skb, __u32 at, char *name)
{
	__u64 len = load16(skb, at + 3);

	/* The compiler would test a copy of it, and the verifier forget what is known of len. */
	asm volatile("" : "+r"(len));
	if (len == 0 || len >= FLOW_NAME_MAX)
		return false;
	return !bpf_skb_load_bytes(skb, at + 5, name, len);
}

/* The name that a ClientHello asks for (server_name, extension 0); name is all zeros before. */
static __always_inline bool find_name(struct __sk_buff *skb, __u32 at, char *name)
{
	__u8 len = 0;

	at += 2 + load16(skb, at); /* cipher suites */
	if (bpf_skb_load_bytes(skb, at, &len, 1))
		return false;
	at += 1 + len; /* compression methods */
	at += 2;       /* the length of all extensions */
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		__be16 head[2]; /* type, length */

		if (bpf_skb_load_bytes(skb, at, head, sizeof(head)))
			return false;
		at += sizeof(head);
		if (head[0] == 0)
			return load_name(skb, at, name);
		at += bpf_ntohs(head[1]);
	}
	return false;
}

/*
 * The record's head, with the room for data behind it: the process as it was at the ClientHello,
 * since what follows is often sent by whoever is interrupted by an answer.
 */
static __always_inline void flow_fill(struct wire *w, const struct flow *f, __u8 kind, __u32 len)
{
	__builtin_memset(w, 0, sizeof(*w));
	w->ts = bpf_ktime_get_ns();
	w->kind = kind;
	w->conn = f->id;
	w->tgid = f->tgid;
	w->start_ns = f->start_ns;
	w->cgroup = f->cgroup;
	w->cgroup_v1 = f->cgroup_v1;
	w->len = len;
}

static __always_inline void tell_open(const struct flow *f, const struct hello *h, __u32 len)
{
	struct wire *w = bpf_ringbuf_reserve(&ring, sizeof(*w) + sizeof(struct wire_flow_open), 0);
	struct wire_flow_open *o;

	if (!w) {
		STAT_ADD(flows_full, 1);
		return;
	}
	flow_fill(w, f, WIRE_FLOW_OPEN, sizeof(*o));
	o = (struct wire_flow_open *)w->data;
	__builtin_memcpy(o->random, h->random, sizeof(o->random));
	o->sent = len;
	__builtin_memcpy(o->name, f->name, sizeof(o->name));
	bpf_ringbuf_submit(w, 0);
}

/* Absolute numbers: a record that found the ring full is made good by the next one. */
static __always_inline void tell_moved(const struct flow *f, __u8 kind)
{
	struct wire *w = bpf_ringbuf_reserve(&ring, sizeof(*w) + sizeof(struct wire_flow), 0);
	struct wire_flow *m;

	if (!w)
		return;
	flow_fill(w, f, kind, sizeof(*m));
	m = (struct wire_flow *)w->data;
	m->sent = f->sent;
	m->received = f->received;
	bpf_ringbuf_submit(w, 0);
}

/* Where the packet goes to. */
static __always_inline void destination(struct __sk_buff *skb, __u8 addr[16])
{
	if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		bpf_skb_load_bytes(skb, 24, addr, 16);
	} else {
		__builtin_memset(addr, 0, 10);
		addr[10] = addr[11] = 0xff;
		bpf_skb_load_bytes(skb, offsetof(struct iphdr, daddr), addr + 12, 4);
	}
}

static __always_inline void judge(struct __sk_buff *skb, struct flow *f, const __u32 *verdict)
{
	__u8 addr[16] = {}, one = 1;

	f->verdict = verdict ? *verdict : VERDICT_UNKNOWN;
	if (f->verdict == VERDICT_FOLLOW) {
		destination(skb, addr);
		bpf_map_update_elem(&provider_addrs, addr, &one, BPF_ANY);
	}
}

/*
 * HTTP/3 hides the server's name behind keys that are made of the packet itself (RFC 9001 5.2):
 * what goes to a provider's address by UDP can't be seen, and is counted.
 */
static __always_inline void cannot_see(struct __sk_buff *skb)
{
	__u32 at = skb->protocol == bpf_htons(ETH_P_IPV6) ? 40 : 20;
	__u8 addr[16] = {};
	__be16 port = 0;

	/* Behind the source's port; an IPv4 header with options is as rare as it is unneeded. */
	if (bpf_skb_load_bytes(skb, at + 2, &port, sizeof(port)) || port != bpf_htons(443))
		return;
	destination(skb, addr);
	if (bpf_map_lookup_elem(&provider_addrs, addr))
		STAT_ADD(http3, skb->len);
}

/* One telling makes user space end the connection: this is for when it could not. */
#define CUT_AGAIN_NS 20000000ull

/* Whether LLM calls go over it, by its name or by what was read on others to that name. */
static __always_inline bool is_spoken(const struct flow *f)
{
	__u32 *verdict;

	if (f->verdict == VERDICT_FOLLOW)
		return true;
	verdict = bpf_map_lookup_elem(&flow_names, f->name);
	return verdict && (*verdict == VERDICT_FOLLOW || *verdict == VERDICT_SPOKEN);
}

/*
 * What of a gated process may pass: acknowledgements, and the records by which HTTP/2 keeps an
 * answer coming (a WINDOW_UPDATE is 13 bytes, 22 around it are TLS's). The shortest request that a
 * model answers has more, with its body, and without that it is none.
 */
#define GATE_PASSES 64

static __always_inline bool gate_passes(struct bpf_sock *sk, const struct segment *s)
{
	struct bpf_tcp_sock *tcp;
	__u64 *written;

	if (s->len <= GATE_PASSES)
		return true;
	tcp = bpf_tcp_sock(sk);
	/* What has left once may be sent again. TCP counts what is held back here as not sent. */
	if (tcp && (__s32)(s->seq + s->len - tcp->snd_nxt) <= 0)
		return true;
	written = tcp ? bpf_sk_storage_get(&gates, sk, NULL, 0) : NULL;
	return written && tcp->bytes_acked + (__u32)(s->seq + s->len - tcp->snd_una) <= *written;
}

/*
 * A request of a throttled process waits so long, a handshake, too. TCP sends it again behind
 * pauses that double, so that it leaves after three seconds: 0.2, 0.6, 1.4, 3.0.
 */
#define THROTTLE_NS 2000000000ull

/*
 * Whether a throttled process's packet waits. What is sent before anything was received is of the
 * request that was let go.
 */
static __always_inline bool throttled(struct flow *f, const struct segment *s, __u64 now)
{
	if (f->slow_ack == s->ack)
		return false;
	if (!f->cut_ns)
		f->cut_ns = now;
	if (now - f->cut_ns < THROTTLE_NS)
		return true;
	f->cut_ns = 0;
	f->slow_ack = s->ack;
	return false;
}

/* Whether the packet is to be held back. A closing that carries nothing may pass. */
static __always_inline bool cut_holds(struct bpf_sock *sk, struct flow *f, const struct segment *s)
{
	struct proc_key key = { .start_ns = f->start_ns, .tgid = f->tgid };
	__u8 mode;
	__u64 now;

	if (!cuts_count || (s->end && !s->len))
		return false;
	mode = cut_mode(&key);
	if (!mode)
		mode = cut_mode(&f->cut);
	if (!mode || (mode < CUT_ALL && gate_passes(sk, s)) || !is_spoken(f))
		return false;
	now = bpf_ktime_get_ns();
	if (mode == CUT_SLOW)
		return throttled(f, s, now);
	if (now - f->cut_ns > CUT_AGAIN_NS) {
		f->cut_ns = now;
		/*
		 * User space ends the process's connections; of a gated one that of the cookie. One
		 * that finds the ring full is told by the next.
		 */
		event_tell(&(struct wire){ .kind = WIRE_CUT,
					   .tgid = f->tgid,
					   .start_ns = f->start_ns,
					   .off = mode == CUT_NEXT ? f->id & ~FLOW_ID : 0 },
			   0);
	}
	return true;
}

/* A host that is no provider's by its name can turn out to be one, by a process that is read. */
static __always_inline bool is_watched(__u32 tgid)
{
	return bpf_map_lookup_elem(&watched, &tgid) != NULL;
}

static __always_inline struct flow *open_flow(struct __sk_buff *skb, struct bpf_sock *sk,
					      const struct segment *s, const struct hello *h,
					      const char *name, const __u32 *verdict)
{
	struct task_struct *leader;
	struct flow *f = bpf_sk_storage_get(&flows, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (!f) {
		STAT_ADD(flows_full, 1);
		return NULL;
	}
	leader = current_leader();
	/* Socket cookies are numbers of their own: this bit keeps them apart from TLS objects'. */
	f->id = bpf_get_socket_cookie(skb) | FLOW_ID;
	f->tgid = BPF_CORE_READ(leader, tgid);
	f->start_ns = start_round(BPF_CORE_READ(leader, start_boottime));
	f->cgroup = bpf_skb_cgroup_id(skb);
	f->cgroup_v1 = cgroup_v1_id(leader);
	f->sent = s->len;
	f->seq = s->seq + s->len;
	f->ack = s->ack;
	judge(skb, f, verdict);
	__builtin_memcpy(f->name, name, sizeof(f->name));
	if (cuts_count)
		cut_line(leader, &f->cut);
	f->quiet = f->verdict == VERDICT_IGNORE || f->verdict == VERDICT_SPOKEN;
	if (!f->quiet)
		tell_open(f, h, s->len);
	return f;
}

/* Looks at a packet with the first bytes of a connection for a ClientHello. False: hold it back. */
static __always_inline bool look(struct __sk_buff *skb, struct bpf_sock *sk,
				 const struct segment *s)
{
	char name[FLOW_NAME_MAX] = {};
	__u32 *verdict, watch, tgid;
	struct hello h;
	struct flow *f;

	if (bpf_skb_load_bytes(skb, s->payload, &h, sizeof(h)) || h.record[0] != 0x16 ||
	    h.record[1] != 3 || h.handshake[0] != 1)
		return true;
	if (flow_tree_only) {
		tgid = BPF_CORE_READ(current_leader(), tgid);
		verdict = bpf_map_lookup_elem(&watched, &tgid);
		watch = verdict ? *verdict : 0;
		if (!(watch & WATCH_TREE))
			return true;
	}
	if (!find_name(skb, s->payload + sizeof(h) + h.session_len, name)) {
		STAT_ADD(flows_unnamed, 1);
		return true;
	}
	verdict = bpf_map_lookup_elem(&flow_names, name);
	tgid = BPF_CORE_READ(current_leader(), tgid);
	if (verdict && *verdict == VERDICT_IGNORE && !is_watched(tgid))
		return true;
	f = open_flow(skb, sk, s, &h, name, verdict);
	return !f || !cut_holds(sk, f, s);
}

/* Whether its packets are told: until its host is judged to be nobody of interest. */
static __always_inline bool is_told(struct __sk_buff *skb, struct flow *f)
{
	if (f->quiet)
		return false;
	if (f->verdict == VERDICT_UNKNOWN)
		judge(skb, f, bpf_map_lookup_elem(&flow_names, f->name));
	return f->verdict == VERDICT_UNKNOWN || f->verdict == VERDICT_FOLLOW;
}

/* Sequence numbers wrap; what goes back is sent again, and was counted. */
static __always_inline bool advance(__u32 *at, __u64 *count, __u32 to)
{
	__s32 more = (__s32)(to - *at);

	if (more <= 0)
		return false;
	*at = to;
	*count += (__u32)more;
	return true;
}

/* False: hold the packet back. */
static __always_inline bool move(struct __sk_buff *skb, struct bpf_sock *sk, struct flow *f,
				 const struct segment *s)
{
	bool moved;

	if (cut_holds(sk, f, s))
		return false;
	if (!is_told(skb, f)) {
		if (s->end || (!f->quiet && !is_watched(f->tgid)))
			bpf_sk_storage_delete(&flows, sk);
		else
			f->quiet = 1;
		return true;
	}
	moved = advance(&f->seq, &f->sent, s->seq + s->len);
	moved |= advance(&f->ack, &f->received, s->ack);
	if (s->end) {
		tell_moved(f, WIRE_FLOW_END);
		bpf_sk_storage_delete(&flows, sk);
	} else if (moved) {
		tell_moved(f, WIRE_FLOW);
	}
	return true;
}

/*
 * A ClientHello is the first that is sent, or the second behind a proxy's CONNECT; three segments
 * when it carries post-quantum keys.
 */
#define LOOK_SEGMENTS 6

SEC("cgroup_skb/egress")
int flow_sent(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct bpf_tcp_sock *tcp;
	struct segment s;
	struct flow *f;

	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	f = bpf_sk_storage_get(&flows, sk, NULL, 0);
	if (f)
		return !segment_of(skb, &s) || move(skb, sk, f, &s);
	tcp = bpf_tcp_sock(sk);
	if (!tcp && sk->protocol == IPPROTO_UDP)
		cannot_see(skb);
	if (tcp && tcp->data_segs_out - 1 < LOOK_SEGMENTS && segment_of(skb, &s) && s.len)
		return look(skb, sk, &s);
	return 1;
}
