/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Connections: a TLS object within one image of one process, whatever the library. It gets an id
 * when it is first seen to move bytes, and keeps count of them until it is gone.
 */
#ifndef WT_BPF_CONN_H
#define WT_BPF_CONN_H

#include "wire.bpf.h"

static __always_inline void conn_key_of(struct conn_key *key, __u64 tls)
{
	struct task_struct *leader = current_leader();

	key->tls = tls;
	key->start_ns = start_round(BPF_CORE_READ(leader, start_boottime));
	key->exec_id = (__u32)BPF_CORE_READ(leader, self_exec_id);
	key->tgid = bpf_get_current_pid_tgid() >> 32;
}

/*
 * A new id. Adding and then reading is not atomic together (the fetching add came in 5.12), so two
 * CPUs can read the same number: the entry in verdicts, which must not exist yet, decides.
 */
static __always_inline __u64 conn_new_id(void)
{
	__u32 zero = 0, unknown = VERDICT_UNKNOWN;
	__u64 *last = bpf_map_lookup_elem(&last_id, &zero);

	if (!last)
		return 0;
	for (int try = 0; try < 8; try++) {
		__u64 id;

		__sync_fetch_and_add(last, 1);
		id = *(volatile __u64 *)last;
		if (!bpf_map_update_elem(&verdicts, &id, &unknown, BPF_NOEXIST))
			return id;
	}
	return 0;
}

/* NULL: it is not known. */
static __always_inline struct conn *conn_find(__u64 tls)
{
	struct conn_key key;

	conn_key_of(&key, tls);
	return bpf_map_lookup_elem(&conns, &key);
}

static __always_inline struct conn *conn_get(__u64 tls, __u8 lib)
{
	struct conn_key key;
	struct conn *c, fresh = { .lib = lib };
	__u32 *watch;

	conn_key_of(&key, tls);
	c = bpf_map_lookup_elem(&conns, &key);
	if (c)
		return c;
	/*
	 * Its probes are being taken away: what passes from now on is not looked at. Those on its
	 * sockets stay: they are others, and a server of models is often a bystander in TLS.
	 */
	watch = bpf_map_lookup_elem(&watched, &key.tgid);
	if (watch && (*watch & WATCH_ASLEEP) && lib != WIRE_LIB_SOCKET)
		return NULL;
	fresh.id = conn_new_id();
	if (!fresh.id || bpf_map_update_elem(&conns, &key, &fresh, BPF_NOEXIST)) {
		STAT_ADD(conn_full, 1);
		return NULL;
	}
	return bpf_map_lookup_elem(&conns, &key);
}

static __always_inline bool conn_ignored(const struct conn *c)
{
	__u64 id = c->id;
	__u32 *verdict = bpf_map_lookup_elem(&verdicts, &id);

	return verdict && *verdict == VERDICT_IGNORE;
}

/* Tells the bytes that the call moved. */
static __always_inline void conn_moved(struct frame *f, __u64 len)
{
	struct conn *c = conn_get(f->tls, f->lib);

	if (!c)
		return;
	f->len = len;
	f->base = c->seen[f->dir & 1];
	f->conn = c->id;
	/*
	 * Another thread (writers.bpf.h) that sees them counted sees where they begin; on arm64 as
	 * a rule: else what it reads is told a second late.
	 */
	barrier();
	c->seen[f->dir & 1] += len;
	STAT_ADD(calls, 1);
	if (conn_ignored(c))
		STAT_ADD(ignored, len);
	else
		wire_put_call(f, c);
}

/* Tells where both directions stood, then forgets the connection, whosever it is. */
static __always_inline int conn_end_of(const struct conn_key *key)
{
	struct ended later = { .key = *key };
	struct wire_end *end;
	struct conn *c;
	struct wire *w;
	__u64 id;

	c = bpf_map_lookup_elem(&conns, &later.key);
	if (!c)
		return 0;
	w = bpf_ringbuf_reserve(&ring, sizeof(*w) + sizeof(*end), 0);
	if (!w) {
		/* User space tells it, once a second. */
		later.conn = *c;
		id = c->id;
		bpf_map_update_elem(&ended, &id, &later, BPF_ANY);
		bpf_map_delete_elem(&conns, &later.key);
		return 0;
	}
	wire_fill(w, WIRE_END);
	w->tgid = later.key.tgid;
	w->start_ns = later.key.start_ns;
	w->conn = c->id;
	w->lib = c->lib;
	w->len = sizeof(*end);
	end = (struct wire_end *)w->data;
	end->seen[0] = c->seen[0];
	end->seen[1] = c->seen[1];
	end->lost[0] = c->lost[0];
	end->lost[1] = c->lost[1];
	bpf_map_delete_elem(&verdicts, &w->conn);
	bpf_map_delete_elem(&conns, &later.key);
	bpf_ringbuf_submit(w, 0);
	return 0;
}

/* The TLS object is gone. */
static __always_inline int conn_end(__u64 tls)
{
	struct conn_key key;

	conn_key_of(&key, tls);
	return conn_end_of(&key);
}

#endif
