/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The TLS calls that each thread is inside of, innermost last. */
#ifndef WT_BPF_CALLS_H
#define WT_BPF_CALLS_H

#include "wire.bpf.h"

#define FRAMES 4 /* open TLS calls of one thread: a power of two, the index is masked */

struct calls {
	__u32 depth;
	__u32 pad;
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

#endif
