// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * Connects of watched processes: one that never made an LLM call may begin to, and the first sign
 * of it is that it connects to somebody new. A tracepoint of TCP's states, which runs within
 * connect(2): no system call is slowed down.
 */
#include "conn.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TCP_SYN_SENT 2
#define AF_INET	     2
#define AF_INET6     10

/* 127.0.0.1 is somebody else in each network namespace; an address of the world is not. */
static __always_inline bool is_loopback(const struct peer *p)
{
	__u8 some = p->addr[15] ^ 1; /* ::1 */

	if (p->addr[10] == 0xff && p->addr[11] == 0xff)
		return p->addr[12] == 127;
	for (int i = 0; i < 15; i++)
		some |= p->addr[i];
	return !some;
}

static __always_inline bool peer_of(struct sock *sk, struct peer *p)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	p->port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	/* A kernel without IPv6 has no such field. */
	if (family == AF_INET6 && bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		BPF_CORE_READ_INTO(&p->addr, sk, __sk_common.skc_v6_daddr);
	} else if (family == AF_INET) {
		__u32 v4 = BPF_CORE_READ(sk, __sk_common.skc_daddr);

		p->addr[10] = p->addr[11] = 0xff;
		__builtin_memcpy(&p->addr[12], &v4, sizeof(v4));
	} else {
		return false;
	}
	if (is_loopback(p))
		p->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	return true;
}

/* For user space, which learns later that this was a connection with an LLM call on it. */
static __always_inline void remember(__u32 tgid, const struct peer *peer)
{
	struct recent_peers *r = bpf_map_lookup_elem(&recent_peers, &tgid);
	__u32 i;

	if (!r) {
		struct recent_peers none = {};

		bpf_map_update_elem(&recent_peers, &tgid, &none, BPF_NOEXIST);
		r = bpf_map_lookup_elem(&recent_peers, &tgid);
		if (!r)
			return;
	}
	i = r->next % RECENT_PEERS;
	r->next = i + 1;
	r->peer[i] = *peer;
	r->ts[i] = bpf_ktime_get_ns();
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(connects, struct sock *sk, int old, int state)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32, *watch;
	struct known_peer key = {};
	struct conn_key image;
	bool known, mixed;
	struct wire *w;
	__u8 one = 1;

	if (state != TCP_SYN_SENT)
		return 0;
	watch = bpf_map_lookup_elem(&watched, &tgid);
	if (!watch || !peer_of(sk, &key.peer))
		return 0;
	remember(tgid, &key.peer);
	conn_key_of(&image, 0);
	key.start_ns = image.start_ns;
	key.exec_id = image.exec_id;
	key.tgid = tgid;
	known = bpf_map_lookup_elem(&known_peers, &key) != NULL;
	if (!known)
		bpf_map_update_elem(&known_peers, &key, &one, BPF_ANY);
	mixed = bpf_map_lookup_elem(&mixed_peers, &key.peer) != NULL;
	if (!(*watch & WATCH_ASLEEP) || (known && !mixed))
		return 0;
	w = bpf_ringbuf_reserve(&events, sizeof(*w), 0);
	if (!w) {
		STAT_ADD(events_full, 1);
		return 0;
	}
	wire_fill(w, WIRE_CONNECT);
	w->flags = mixed ? WIRE_MIXED : 0;
	bpf_ringbuf_submit(w, 0);
	return 0;
}
