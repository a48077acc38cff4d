/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The TLS calls that each thread is inside of, innermost last: a thread can be inside several at
 * once (Node writes from within a read's callback), so they are a stack, matched by stack pointer.
 */
#ifndef WT_BPF_CALLS_H
#define WT_BPF_CALLS_H

#include "wire.bpf.h"

#define FRAMES 4 /* open TLS calls of one thread: a power of two, the index is masked */

struct calls {
	__u32 depth;
	__u32 key_alone; /* the key is in no pair yet */
	__u64 key;	 /* AEAD: the key that the thread made and has used none since; 0: none */
	__u64 key_ns;	 /* when */
	struct frame frames[FRAMES];
};

/* An entry comes with a thread's first TLS call and goes with the thread. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64); /* pid_tgid of the thread */
	__type(value, struct calls);
} open_calls SEC(".maps") __weak;

/* The C library's call on a socket that a thread is inside of. f.len: of the piece that is told. */
struct sock_call {
	struct frame f; /* f.sp == 0: none */
	__u64 iov,
		left; /* of a vector: what follows the piece in f; bytes that are yet to be told */
	__u64 iov_count;
	__u8 vector, unseen; /* unseen: the bytes are in no process */
	__u8 pad[6];
};

/* As open_calls, of servers that speak plain HTTP. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64); /* pid_tgid of the thread */
	__type(value, struct sock_call);
} sock_calls SEC(".maps") __weak;

/* The masked index keeps the verifier content without a branch that could fail. */
static __always_inline struct frame *frame_at(struct calls *calls, __u64 i)
{
	asm volatile("%0 &= 3" : "+r"(i));
	return &calls->frames[i];
}

/* The thread's; NULL: it has none. */
static __always_inline struct calls *calls_find(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&open_calls, &thread);
}

/* The thread's; NULL: there are too many. */
static __always_inline struct calls *calls_get(void)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct calls *calls = bpf_map_lookup_elem(&open_calls, &thread);

	if (!calls) {
		struct calls none = {};

		bpf_map_update_elem(&open_calls, &thread, &none, BPF_NOEXIST);
		calls = bpf_map_lookup_elem(&open_calls, &thread);
		if (!calls)
			STAT_ADD(conn_full, 1);
	}
	return calls;
}

/*
 * A new frame on top, for a call whose stack pointer is sp; NULL: there is no room, or the call is
 * one library function built on another, and the outer one tells the bytes.
 */
static __always_inline struct frame *calls_push(struct calls *calls, __u64 sp, __u64 tls, __u64 buf,
						__u8 dir)
{
	struct frame *f;
	__u32 depth;

	/* A frame at or below this stack pointer was left by longjmp or a missed return. */
	for (int i = 0; i < FRAMES; i++) {
		depth = calls->depth;
		if (depth && frame_at(calls, depth - 1)->sp <= sp)
			calls->depth = depth - 1;
	}
	depth = calls->depth;
	if (depth >= FRAMES) {
		STAT_ADD(nesting, 1);
		return NULL;
	}
	if (depth) {
		f = frame_at(calls, depth - 1);
		if (f->tls == tls && f->dir == dir && (f->mute || f->buf == buf))
			return NULL;
	}
	f = frame_at(calls, depth);
	f->sp = sp;
	f->tls = tls;
	f->buf = buf;
	f->dir = dir;
	f->moved_at = 0;
	f->conn = 0;
	f->mute = 0;
	f->overtaken = 0;
	f->proposed = FRAME_PASSED;
	calls->depth = depth + 1;
	return f;
}

/* The call that returns now, on top of its thread's stack; NULL when its entry was not seen. */
static __always_inline struct frame *calls_top(struct calls *calls, __u64 sp, __u8 dir)
{
	struct frame *f;
	__u32 depth;

	for (int i = 0; i < FRAMES; i++) {
		depth = calls->depth;
		if (depth && SP_AT_RETURN(frame_at(calls, depth - 1)->sp) < sp)
			calls->depth = depth - 1;
	}
	depth = calls->depth;
	if (!depth)
		return NULL;
	f = frame_at(calls, depth - 1);
	return SP_AT_RETURN(f->sp) == sp && f->dir == dir ? f : NULL;
}

/* The entry stays for the thread's next call: adding one costs more than all else here. */
static __always_inline void calls_pop(struct calls *calls)
{
	if (calls->depth)
		calls->depth--;
}

#endif
