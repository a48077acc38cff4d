// SPDX-License-Identifier: BSD-2-Clause
/* What the kernel's counting alone costs: a program on each packet that does nothing. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("cgroup_skb/egress")
int empty_packet(struct __sk_buff *skb)
{
	return 1;
}
