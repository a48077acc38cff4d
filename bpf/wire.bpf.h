/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Filling wire records. Plaintext goes from the user page straight into reserved ring memory, in
 * one of five constant size classes: one copy, and never through a buffer that another process's
 * probe on the same CPU could overwrite (uprobe programs can be preempted).
 */
#ifndef WT_BPF_WIRE_H
#define WT_BPF_WIRE_H

#include "maps.bpf.h"

static __always_inline struct task_struct *current_leader(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, group_leader);
}

/*
 * A process's start as /proc/PID/stat tells it, in steps of 10 ms: user space must come to the same
 * number, and no pid is reused that fast.
 */
static __always_inline __u64 start_round(__u64 start_boottime)
{
	return start_boottime / 10000000 * 10000000;
}

/* The id of the task's group in the v1 memory hierarchy; 0 where memory is a v2 controller. */
static __always_inline __u64 cgroup_v1_id(struct task_struct *task)
{
	int memory;

	/* A kernel without CONFIG_MEMCG has no such value, and would refuse the program. */
	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return 0;
	memory = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	if (memory < 0 || memory > 15)
		return 0;
	return BPF_CORE_READ(task, cgroups, subsys[memory], cgroup, kn, id);
}

static __always_inline void wire_fill(struct wire *w, __u8 kind)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct task_struct *leader = current_leader();

	__builtin_memset(w, 0, sizeof(*w));
	w->ts = bpf_ktime_get_ns();
	w->kind = kind;
	w->tgid = pid_tgid >> 32;
	w->tid = (__u32)pid_tgid;
	w->start_ns = start_round(BPF_CORE_READ(leader, start_boottime));
	w->cgroup = bpf_get_current_cgroup_id();
	w->cgroup_v1 = cgroup_v1_id(leader);
}

/* Tells the keeper of a process: kind, tgid, start_ns, flags and off are e's. */
static __always_inline void event_tell(const struct wire *e, __u64 wake)
{
	struct wire *w = bpf_ringbuf_reserve(&events, sizeof(*w), 0);

	if (!w) {
		STAT_ADD(events_full, 1);
		return;
	}
	__builtin_memset(w, 0, sizeof(*w));
	w->ts = bpf_ktime_get_ns();
	w->kind = e->kind;
	w->tgid = e->tgid;
	w->start_ns = e->start_ns;
	w->flags = e->flags;
	w->off = e->off;
	bpf_ringbuf_submit(w, wake);
}

/* Some budget's mode is hold: without one all that is for it is taken out when loading. */
const volatile bool halt_on SEC(".rodata") __weak = false;

/* Whether a call's bytes are told at its entry, and billed to nobody: see halt.bpf.h. */
enum frame_proposed {
	FRAME_PASSED = 0, /* at the return: they have passed */
	FRAME_PROPOSED,
	FRAME_PROPOSED_LOST, /* some could not be told: the rest is not told either */
};

/*
 * A TLS call in progress. It lives in a map, also while its bytes are emitted: the verifier then
 * knows nothing of `at` and `len`, and checks the code behind the loop once instead of once for
 * each number of rounds.
 */
struct frame {
	__u64 sp;	/* at the function's entry */
	__u64 tls;	/* the TLS object */
	__u64 buf;	/* in the process */
	__u64 moved_at; /* _ex: where the function writes the number of bytes; else 0 */
	__u64 base;	/* offset of buf[0] in its direction */
	__u64 len;	/* bytes moved */
	__u64 at;	/* of them emitted */
	__u64 conn;	/* the connection's id when the call's bytes began to be told; 0: not yet */
	__u8 dir;
	__u8 flags;	/* of the next record: WIRE_CALL_FIRST for the first */
	__u8 lib;	/* enum wire_lib */
	__u8 mute;	/* the calls inside of this one tell nothing: they were told */
	__u8 record;	/* AEAD: type of the record that is opened */
	__u8 inner;	/* and whether its true type is inside */
	__u8 proposed;	/* enum frame_proposed */
	__u8 overtaken; /* a write: who came first has told that it is under way */
};

/*
 * How a record of len bytes is handed over. By itself the ring wakes its reader for the first
 * record that it finds empty; the reader lets more gather. Whenever another eighth of the ring has
 * filled it is told not to wait. Two CPUs can step over a mark unseen: the next one does.
 */
static __always_inline __u64 wire_wake(__u64 len)
{
	__u64 waiting = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	__u64 mark = bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE) / 8;

	/* They differ in a bit from the mark's on: a multiple of it lies between them. */
	return (waiting ^ (waiting - len)) >= mark ? BPF_RB_FORCE_WAKEUP : 0;
}

/* One TLS record's plaintext (RFC 8446 5.1): pieces of the last 64 KiB are no larger. */
#define WIRE_CHUNK 16384

/*
 * Emits the call's next len bytes, len <= class. class must be a constant: that is what
 * bpf_ringbuf_reserve() takes. From 6.1 on an element of a map that is deleted can be another's
 * while it is still looked at: a connection that another thread ends in the middle of the call
 * loses the rest, and none of it becomes another connection's.
 */
static __always_inline void wire_put(struct frame *f, struct conn *c, __u64 len, const __u32 class)
{
	__u8 dir = f->dir & 1, flags = f->flags;
	__u64 at = f->at;
	struct wire *w;

	f->at = at + len;
	f->flags = 0;
	if (halt_on && f->proposed == FRAME_PROPOSED_LOST)
		return;
	if (*(volatile __u64 *)&c->id != f->conn) {
		if (halt_on && f->proposed)
			f->proposed = FRAME_PROPOSED_LOST;
		else
			STAT_ADD(fault, len);
		return;
	}
	w = bpf_ringbuf_reserve(&ring, sizeof(*w) + class, 0);
	if (!w && halt_on && f->proposed) {
		f->proposed = FRAME_PROPOSED_LOST;
		return;
	}
	if (!w) {
		c->lost[dir] += len;
		STAT_ADD(ring_full, len);
		return;
	}
	wire_fill(w, WIRE_DATA);
	w->conn = f->conn;
	w->off = f->base + at;
	w->lost = c->lost[dir];
	w->call_len = f->len;
	w->call_seq = at / WIRE_CHUNK;
	w->lib = c->lib;
	w->dir = dir;
	/* The compiler knows len <= class and would drop the test that the verifier wants. */
	asm volatile("" : "+r"(len));
	if (len > class)
		len = class;
	w->len = len;
	if (bpf_probe_read_user(w->data, len, (void *)(f->buf + at))) {
		/* It is read once more when it has passed: its page may have come by then. */
		if (halt_on && f->proposed) {
			f->proposed = FRAME_PROPOSED_LOST;
			bpf_ringbuf_discard(w, 0);
			return;
		}
		flags |= WIRE_FAULT;
		c->lost[dir] += len;
		STAT_ADD(fault, len);
	} else {
		STAT_ADD(bytes, len);
	}
	if (halt_on && f->proposed)
		flags |= WIRE_PROPOSED;
	w->flags = flags;
	c->told[dir] = c->lost[dir];
	bpf_ringbuf_submit(w, wire_wake(BPF_RINGBUF_HDR_SZ + sizeof(*w) + class));
}

/*
 * 256 x 64 KiB: the largest TLS call that is followed; the rest of a larger one is lost. The
 * verifier walks through the loop once for each round: with pieces of 16 KiB the programs took four
 * times as long to load.
 */
#define WIRE_CALL_CHUNKS 256

static __always_inline void wire_put_call(struct frame *f, struct conn *c)
{
	__u64 left, rest = 0;

	f->at = 0;
	f->flags = WIRE_CALL_FIRST;
	for (int i = 0; i < WIRE_CALL_CHUNKS && f->len - f->at > WIRE_CHUNK_MAX; i++)
		wire_put(f, c, WIRE_CHUNK_MAX, WIRE_CHUNK_MAX);
	/* A piece of 64 KiB for little more than 16 would fill the ring with nothing. */
	for (int i = 0; i < WIRE_CHUNK_MAX / WIRE_CHUNK && f->len - f->at > WIRE_CHUNK; i++)
		wire_put(f, c, WIRE_CHUNK, WIRE_CHUNK);
	left = f->len - f->at;
	f->flags |= WIRE_CALL_LAST;
	if (left > WIRE_CHUNK) {
		rest = left - WIRE_CHUNK;
		left = WIRE_CHUNK;
		f->flags |= WIRE_CAPPED;
		if (halt_on && f->proposed)
			f->proposed = FRAME_PROPOSED_LOST; /* nobody can judge a part */
	}
	if (left <= 256)
		wire_put(f, c, left, 256);
	else if (left <= 1024)
		wire_put(f, c, left, 1024);
	else if (left <= 4096)
		wire_put(f, c, left, 4096);
	else
		wire_put(f, c, left, WIRE_CHUNK);
	/* Behind the last record: the next one tells it, or user space once a second. */
	if (rest && !(halt_on && f->proposed)) {
		c->lost[f->dir & 1] += rest;
		STAT_ADD(capped, rest);
	}
}

#endif
