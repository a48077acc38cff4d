// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Programs that do nothing: what any uprobe costs, whatever runs in it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("uprobe")
int empty_enter(void *ctx)
{
	return 0;
}

SEC("uprobe")
int empty_leave(void *ctx)
{
	return 0;
}
