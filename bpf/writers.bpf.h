/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Bytes are told when their call returns, and a thread that writes may be kept from its CPU after
 * its bytes have left: another one then returns first, with the answer. It says so before it.
 *
 *   SSL_write    enter . send(2) .  .  .  .  .  .  .  .  return: DATA out off=0
 *   SSL_read                         return: WRITING off=0, DATA in off=0
 *
 * Who writes on what is found by a hint, a place in an array: neither a write nor a read whose
 * connection nobody writes on looks into a table for it. The writer's own stack of calls says
 * whether it is true, so a hint of another connection at the same place tells nothing wrong: at
 * worst an answer is told as it came.
 */
#ifndef WT_BPF_WRITERS_H
#define WT_BPF_WRITERS_H

#include "calls.bpf.h"
#include "conn.bpf.h"

/* Far more than there are CPUs to be within a write on, or threads that wait in one: 32 KiB. */
#define WRITERS 4096

/* By the TLS object: pid_tgid of the thread that is inside of a write on it; 0: none is. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WRITERS);
	__type(key, __u32);
	__type(value, __u64);
} writers SEC(".maps");

/* Objects of one process lie apart by their size, those of two by chance. */
static __always_inline __u64 *writer_at(__u64 tls)
{
	__u32 at = (tls >> 4 ^ tls >> 16 ^ bpf_get_current_pid_tgid() >> 32) % WRITERS;

	return bpf_map_lookup_elem(&writers, &at);
}

static __always_inline void writer_begins(__u64 tls)
{
	__u64 *writer = writer_at(tls);

	if (writer)
		*writer = bpf_get_current_pid_tgid();
}

/* Its bytes are in the ring by now: who finds it gone comes behind them. */
static __always_inline void writer_ends(__u64 tls)
{
	__u64 *writer = writer_at(tls);

	if (writer && *writer == bpf_get_current_pid_tgid())
		*writer = 0;
}

/* The thread's write on tls that nobody has told of; NULL: none. */
static __always_inline struct frame *writer_frame(__u64 thread, __u64 tls)
{
	struct calls *calls = bpf_map_lookup_elem(&open_calls, &thread);

	for (__u32 i = 0; calls && i < FRAMES && i < calls->depth; i++) {
		struct frame *f = frame_at(calls, i);

		if (f->tls == tls && f->dir == WIRE_OUT && !f->mute)
			return f->overtaken ? NULL : f;
	}
	return NULL;
}

/* The read has bytes: a write that they may be the answer to, and has not returned, is told of. */
static __always_inline void writer_first(const struct frame *read)
{
	__u64 *writer = writer_at(read->tls), thread = writer ? *(volatile __u64 *)writer : 0, seen;
	struct frame *write;
	struct conn *c;
	struct wire *w;

	/* An address within another process is somebody else's. */
	if (!thread || (thread ^ bpf_get_current_pid_tgid()) >> 32)
		return;
	c = conn_get(read->tls, read->lib);
	if (!c || conn_ignored(c))
		return;
	seen = *(volatile __u64 *)&c->seen[WIRE_OUT];
	write = writer_frame(thread, read->tls);
	w = write ? bpf_ringbuf_reserve(&ring, sizeof(*w), 0) : NULL;
	if (!w)
		return;
	write->overtaken = 1;
	wire_fill(w, WIRE_WRITING);
	w->conn = c->id;
	/* One that is being told is in what was seen already. */
	w->off = write->conn == c->id ? write->base : seen;
	w->lib = c->lib;
	w->dir = WIRE_OUT;
	bpf_ringbuf_submit(w, 0);
}

#endif
