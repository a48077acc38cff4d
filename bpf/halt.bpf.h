/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Processes of which somebody asks, before they write, whether they may: budgets whose mode is
 * hold. At the entry of a write the process is stopped (SIGSTOP: all of its threads), and what it
 * is about to write is told as proposed. User space lets it go on (SIGCONT) or ends it (SIGKILL),
 * and no byte has left by then.
 *
 * The map is the switch, of one process, and halts_alive_ns that of all: who lets processes go on
 * clears it first, since a probe outlives its owner for a moment. Nothing of this is in the loaded
 * programs when no budget asks for it (halt_on), nor in the file when built with ENFORCE=0.
 */
#ifndef WT_BPF_HALT_H
#define WT_BPF_HALT_H

#include "conn.bpf.h"

/* When the keeper was last heard of, CLOCK_MONOTONIC; 0: nobody is stopped. User space writes it.
 */
__u64 halts_alive_ns;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HALTS_MAX);
	__type(key, __u32); /* tgid */
	__type(value, struct halt);
} halts SEC(".maps");

#if WT_ENFORCE
#define SIGSTOP 19

/*
 * The process is about to write len bytes at f->buf. First the signal, then the bytes: it takes
 * hold when this program returns, before the function does anything. It goes to the thread: one
 * to the process is dropped while another thread's is pending there (standard signals don't queue,
 * signal(7)), and this thread would write before that other one gets a CPU to stop all with.
 */
static __always_inline void halt_write(struct frame *f, __s64 len)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct halt *h = bpf_map_lookup_elem(&halts, &tgid);
	struct conn *c;

	if (!h || len <= 0 || !f->buf)
		return;
	if (halts_alive_ns + HALT_ALIVE_NS < bpf_ktime_get_ns())
		return;
	if (h->start_ns != start_round(BPF_CORE_READ(current_leader(), start_boottime)))
		return;
	c = conn_get(f->tls, f->lib);
	if (!c || conn_ignored(c) || bpf_send_signal_thread(SIGSTOP))
		return;
	__sync_fetch_and_add(&h->asked, 1);
	f->len = len;
	f->conn = c->id;
	f->base = c->seen[WIRE_OUT];
	f->proposed = FRAME_PROPOSED;
	wire_put_call(f, c);
	/* The keeper looks into the map, too, if this finds no room. */
	event_tell(&(struct wire){ .kind = WIRE_HALT,
				   .tgid = tgid,
				   .start_ns = h->start_ns,
				   .flags = f->proposed == FRAME_PROPOSED ? 0 : WIRE_FAULT },
		   BPF_RB_FORCE_WAKEUP);
	f->proposed = FRAME_PASSED;
}
#else
static __always_inline void halt_write(struct frame *f, __s64 len)
{
	(void)f, (void)len;
}
#endif

#endif
