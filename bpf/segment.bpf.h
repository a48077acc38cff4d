/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A TCP segment, as a program of a control group has it: behind an IP header. */
#ifndef WT_BPF_SEGMENT_H
#define WT_BPF_SEGMENT_H

#include "kernel.bpf.h"
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

/* RFC 8200 3; linux/ipv6.h has other things that kernel.bpf.h has, too. */
struct ipv6_head {
	__u8 before[6];
	__u8 next; /* header */
	__u8 behind[33];
};

_Static_assert(sizeof(struct ipv6_head) == 40, "struct ipv6_head is read from the wire");

/* What of a packet is needed. */
struct segment {
	__u32 payload; /* offset of the first byte of it */
	__u32 len;     /* of the payload */
	__u32 seq, ack;
	bool end; /* FIN or RST */
};

/* The packet's TCP header, behind an IP header without extensions: TCP has none here in IPv6. */
static __always_inline bool segment_of(struct __sk_buff *skb, struct segment *s)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data;
	struct ipv6_head *ip6 = data;
	struct tcphdr *tcp;
	__u32 at;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if ((void *)(ip + 1) > end || ip->protocol != IPPROTO_TCP)
			return false;
		at = ip->ihl * 4;
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if ((void *)(ip6 + 1) > end || ip6->next != IPPROTO_TCP)
			return false;
		at = sizeof(*ip6);
	} else {
		return false;
	}
	tcp = data + at;
	if ((void *)(tcp + 1) > end)
		return false;
	s->payload = at + tcp->doff * 4;
	s->len = skb->len > s->payload ? skb->len - s->payload : 0;
	s->seq = bpf_ntohl(tcp->seq);
	s->ack = bpf_ntohl(tcp->ack_seq);
	s->end = tcp->fin || tcp->rst;
	return true;
}

#endif
