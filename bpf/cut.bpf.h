/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Processes whose connections to providers are cut: what they send over one is held back here, so
 * that no byte of it leaves the host, and user space is told, which ends the connection. Of a gated
 * one what is under way goes on, and the next request is held back. The map is the switch: without
 * user space nobody is told, and with its end the program is gone.
 */
#ifndef WT_BPF_CUT_H
#define WT_BPF_CUT_H

#include "wire.bpf.h"

/* How many are in the map: nobody pays for looking into an empty one. User space writes it. */
__u32 cuts_count;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CUTS_MAX);
	__type(key, struct proc_key);
	__type(value, __u8); /* enum cut_mode */
} cuts SEC(".maps");

/*
 * Of a gated process's open connection: how many bytes it had written when it was gated, as TCP
 * counts them. What of them is in the send queue still may leave.
 */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} gates SEC(".maps");

static __always_inline __u8 cut_mode(const struct proc_key *key)
{
	__u8 *mode = key->tgid ? bpf_map_lookup_elem(&cuts, key) : NULL;

	return mode ? *mode : CUT_NOT;
}

/* Whether the process or one that it descends from is cut: that one is then *ret_key. */
static __always_inline bool cut_line(struct task_struct *leader, struct proc_key *ret_key)
{
	for (int i = 0; i < CUT_ANCESTORS; i++) {
		if (!leader)
			break;
		ret_key->tgid = BPF_CORE_READ(leader, tgid);
		ret_key->start_ns = start_round(BPF_CORE_READ(leader, start_boottime));
		if (cut_mode(ret_key))
			return true;
		if (ret_key->tgid <= 1)
			break;
		leader = BPF_CORE_READ(leader, real_parent, group_leader);
	}
	__builtin_memset(ret_key, 0, sizeof(*ret_key));
	return false;
}

#endif
