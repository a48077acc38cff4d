/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The maps that several probe families share; weak, so that the linker joins them into one. */
#ifndef WT_BPF_MAPS_H
#define WT_BPF_MAPS_H

#include "kernel.bpf.h"
#include "wire.h"
#include "shared.h"

/* To the meter: plaintext and the facts it needs in order with it. User space sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps") __weak;

/* To the privileged process: which processes come, fork and go. struct wire, never plaintext. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 << 10);
} events SEC(".maps") __weak;

/* Processes of interest: tgid -> enum watch_mark. User space writes it; forks of a tree add to it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WATCHED_MAX);
	__type(key, __u32);
	__type(value, __u32);
} watched SEC(".maps") __weak;

/* Open connections. An entry goes with its TLS object; user space sweeps those whose process went.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CONN_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct conn_key);
	__type(value, struct conn);
} conns SEC(".maps") __weak;

/* Whom each watched process connected to: key -> 1. A forgotten one is somebody new again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KNOWN_PEERS_MAX);
	__type(key, struct known_peer);
	__type(value, __u8);
} known_peers SEC(".maps") __weak;

/* Whom a process of this host made LLM calls to: a provider, a proxy, a gateway: key -> 1. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MIXED_PEERS_MAX);
	__type(key, struct peer);
	__type(value, __u8);
} mixed_peers SEC(".maps") __weak;

/* The latest that each watched process connected to, by tgid. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, WATCHED_MAX);
	__type(key, __u32);
	__type(value, struct recent_peers);
} recent_peers SEC(".maps") __weak;

/*
 * Connections whose end did not fit into the ring: id -> where they stood. They leave `conns` at
 * once, since the TLS object's address is taken by the next one.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CONN_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct ended);
} ended SEC(".maps") __weak;

/* What user space decided about a connection: id -> enum verdict. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CONN_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u32);
} verdicts SEC(".maps") __weak;

/* struct stats, one a CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stats);
} stats SEC(".maps") __weak;

/* The last connection id given. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} last_id SEC(".maps") __weak;

/* Which function the probe is set at: enum tls_func. */
static __always_inline __u32 probe_func(void *ctx)
{
	return (__u32)bpf_get_attach_cookie(ctx);
}

/*
 * The same; 0: the probe is of an earlier round. Where an entry finds its return by the stack, to
 * be told of a call twice makes no difference; where bytes are told at one place it does.
 */
static __always_inline __u32 probe_func_now(void *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u32 *watch = bpf_map_lookup_elem(&watched, &tgid);

	return watch && *watch >> WATCH_ROUND == cookie >> COOKIE_ROUND ? (__u32)cookie : 0;
}

/* A probe that all processes of a library have is none of this one's: it is no client. */
static __always_inline bool probe_is_others(void *ctx)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32, *watch;

	if (!(bpf_get_attach_cookie(ctx) >> COOKIE_WIDE))
		return false;
	watch = bpf_map_lookup_elem(&watched, &tgid);
	return !watch || (*watch & (WATCH_PROBED | WATCH_ASLEEP)) != WATCH_PROBED;
}

#define STAT_ADD(field, by)                                             \
	do {                                                            \
		__u32 zero_ = 0;                                        \
		struct stats *s_ = bpf_map_lookup_elem(&stats, &zero_); \
		if (s_)                                                 \
			__sync_fetch_and_add(&s_->field, by);           \
	} while (0)

#endif
