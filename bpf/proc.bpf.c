// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * Processes that come, fork and go. The privileged process learns of every exec (it prepares for
 * a TLS library that may be mapped next) and of forks and exits of watched processes; the meter
 * learns of the watched ones, in order with their bytes.
 */
#include "sock.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline __u32 watch_of(__u32 tgid)
{
	__u32 *watch = bpf_map_lookup_elem(&watched, &tgid);

	return watch ? *watch : 0;
}

static __always_inline __u32 serves_of(__u32 tgid)
{
	__u32 *serves = bpf_map_lookup_elem(&serving, &tgid);

	return serves ? *serves : 0;
}

/* The process has probes, or is to be known for another reason: what becomes of it is told. */
static __always_inline bool is_known(__u32 tgid)
{
	return watch_of(tgid) || serves_of(tgid);
}

static __always_inline void tell_fill(struct wire *w, __u8 kind, struct task_struct *task)
{
	wire_fill(w, kind);
	w->tgid = task->tgid;
	w->start_ns = start_round(task->group_leader->start_boottime);
	/* An exec or an exit has no bytes: its offset is the number of the image. */
	w->off = (__u32)task->self_exec_id;
}

/* To the privileged process; to the meter too when the process is watched. */
static __always_inline void tell(__u8 kind, struct task_struct *task, bool to_meter)
{
	struct wire *w = bpf_ringbuf_reserve(&events, sizeof(*w), 0);

	if (w) {
		tell_fill(w, kind, task);
		bpf_ringbuf_submit(w, 0);
	} else {
		STAT_ADD(events_full, 1);
	}
	if (!to_meter)
		return;
	w = bpf_ringbuf_reserve(&ring, sizeof(*w), 0);
	if (w) {
		tell_fill(w, kind, task);
		bpf_ringbuf_submit(w, 0);
	} else {
		STAT_ADD(events_full, 1);
	}
}

/* The thread is gone, or what it was in the middle of is. */
static __always_inline void forget_calls(__u32 tgid, __u32 tid)
{
	__u64 thread = (__u64)tgid << 32 | tid;

	bpf_map_delete_elem(&open_calls, &thread);
	bpf_map_delete_elem(&sock_calls, &thread);
}

/* Whichever thread execs takes its leader's id over. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(proc_exec, struct task_struct *task, int old_tid)
{
	forget_calls(task->tgid, old_tid);
	tell(WIRE_EXEC, task, is_known(task->tgid));
	return 0;
}

static __always_inline void fork_fill(struct wire *w, __u32 parent, __u64 parent_start, __u32 child,
				      __u64 child_start)
{
	struct wire_fork *f = (struct wire_fork *)w->data;

	wire_fill(w, WIRE_FORK);
	w->tgid = parent;
	w->start_ns = parent_start;
	w->len = sizeof(*f);
	f->child = child;
	f->pad = 0;
	f->child_start_ns = child_start;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(proc_fork, struct task_struct *parent, struct task_struct *child)
{
	__u64 parent_start, child_start;
	__u32 tgid = parent->tgid, child_tgid = child->tgid, watch = watch_of(tgid);
	__u32 serves;
	struct wire *w;

	/* Children of one that called a server are not known for it. */
	serves = serves_of(tgid) & SERVE_SERVER;
	if ((int)child_tgid != child->pid || (!watch && !serves))
		return 0; /* a thread, or nobody we know */
	if (watch & WATCH_TREE) {
		watch = WATCH_TREE;
		bpf_map_update_elem(&watched, &child_tgid, &watch, BPF_ANY);
	} else if (child->mm == parent->mm) {
		return 0; /* vfork: it borrows its parent's memory until it execs */
	}
	if (serves)
		bpf_map_update_elem(&serving, &child_tgid, &serves, BPF_ANY);
	parent_start = start_round(parent->group_leader->start_boottime);
	child_start = start_round(child->start_boottime);
	w = bpf_ringbuf_reserve(&events, sizeof(*w) + sizeof(struct wire_fork), 0);
	if (w) {
		fork_fill(w, tgid, parent_start, child_tgid, child_start);
		bpf_ringbuf_submit(w, 0);
	} else {
		STAT_ADD(events_full, 1);
	}
	if ((watch & WATCH_ASLEEP) && !serves)
		return 0; /* whose child it is matters when it is woken, and is told then */
	w = bpf_ringbuf_reserve(&ring, sizeof(*w) + sizeof(struct wire_fork), 0);
	if (w) {
		fork_fill(w, tgid, parent_start, child_tgid, child_start);
		bpf_ringbuf_submit(w, 0);
	} else {
		STAT_ADD(events_full, 1);
	}
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(proc_exit, struct task_struct *task)
{
	forget_calls(task->tgid, task->pid);
	if (task->signal->live.counter == 0 && is_known(task->tgid))
		tell(WIRE_EXIT, task, true);
	return 0;
}
