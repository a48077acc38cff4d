// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "capture/bystander.h"
#include "capture/sweep.h"
#include "wiretally.skel.h"

static void fact_fill(struct message *m, uint8_t kind, const struct conn_key *key,
		      const struct conn *c, uint64_t now_ns)
{
	memset(m, 0, sizeof(*m));
	m->kind = MESSAGE_FACT;
	m->fact.wire.kind = kind;
	m->fact.wire.ts = now_ns;
	m->fact.wire.conn = c->id;
	m->fact.wire.tgid = key->tgid;
	m->fact.wire.start_ns = key->start_ns;
	m->fact.wire.lib = c->lib;
}

static void tell_lost(const struct sweep *s, const struct conn_key *key, const struct conn *c,
		      uint64_t now_ns)
{
	struct message m;

	for (uint8_t dir = 0; dir < WIRE_DIRS; dir++) {
		if (c->lost[dir] == c->told[dir])
			continue;
		fact_fill(&m, WIRE_LOST, key, c, now_ns);
		m.fact.wire.dir = dir;
		m.fact.wire.off = c->seen[dir];
		m.fact.wire.lost = c->lost[dir];
		s->fact(s->ctx, &m);
	}
}

static void tell_end(const struct sweep *s, const struct conn_key *key, const struct conn *c,
		     uint64_t now_ns)
{
	struct message m;
	struct wire_end *end = (struct wire_end *)m.fact.data;

	fact_fill(&m, WIRE_END, key, c, now_ns);
	m.fact.wire.len = sizeof(*end);
	memcpy(end->seen, c->seen, sizeof(end->seen));
	memcpy(end->lost, c->lost, sizeof(end->lost));
	s->fact(s->ctx, &m);
	bpf_map_delete_elem(s->verdicts_fd, &c->id);
}

/* Of one that is asleep nobody knows what passes. */
static bool conn_is_over(const struct conn_key *key, const struct watched_proc *p)
{
	if (!p || p->asleep || p->start_ns != key->start_ns)
		return true;
	return p->exec_id && p->exec_id != key->exec_id;
}

static void sweep_conn(const struct sweep *s, const struct conn_key *key, uint64_t now_ns)
{
	struct watched_proc *p = watch__find(s->watch, (pid_t)key->tgid);
	struct conn c;

	if (bpf_map_lookup_elem(s->conns_fd, key, &c))
		return;
	if (c.lib == WIRE_LIB_SOCKET ? !servers__has(s->servers, (pid_t)key->tgid, key->start_ns)
				     : conn_is_over(key, p)) {
		tell_end(s, key, &c, now_ns);
		bpf_map_delete_elem(s->conns_fd, key);
		return;
	}
	if (c.lib != WIRE_LIB_SOCKET)
		bystander__seen(p, now_ns);
	tell_lost(s, key, &c, now_ns);
}

/* pid 0: of all processes */
static void sweep_conns(const struct sweep *s, pid_t pid, uint64_t now_ns)
{
	struct conn_key key, next;
	int more = bpf_map_get_next_key(s->conns_fd, NULL, &key) == 0;

	/* A bound, since a process can open connections as fast as they are walked. */
	for (int i = 0; more && i < 2 * CONN_MAX; i++) {
		/* The next key first: this one may be deleted. */
		more = bpf_map_get_next_key(s->conns_fd, &key, &next) == 0;
		if (!pid || key.tgid == (uint32_t)pid)
			sweep_conn(s, &key, now_ns);
		key = next;
	}
}

/*
 * Keys that rustls made (bpf/aead.bpf.c). While a process is asleep they go and their addresses are
 * used again, and nobody sees it: such a pair would join two connections. pid 0: of all processes
 */
static void sweep_keys(const struct sweep *s, pid_t pid)
{
	struct conn_key key, next;
	int more = bpf_map_get_next_key(s->keys_fd, NULL, &key) == 0;

	for (int i = 0; more && i < 2 * KEYS_MAX; i++) {
		more = bpf_map_get_next_key(s->keys_fd, &key, &next) == 0;
		if ((!pid || key.tgid == (uint32_t)pid) &&
		    conn_is_over(&key, watch__find(s->watch, (pid_t)key.tgid)))
			bpf_map_delete_elem(s->keys_fd, &key);
		key = next;
	}
}

/* Whether nobody sees the call return: its process is gone, or has no probes of that kind now. */
static bool go_call_is_over(const struct sweep *s, const struct go_call_key *key)
{
	const struct watched_proc *p = watch__find(s->watch, (pid_t)key->tgid);

	if (key->dir & GO_BELOW_TLS)
		return !servers__find(s->servers, (pid_t)key->tgid);
	return !p || p->asleep;
}

/*
 * Calls that goroutines are in. One that is left would be taken for a later call of its goroutine,
 * whose entry was not seen. pid 0: of all processes
 */
static void sweep_go_calls(const struct sweep *s, int fd, pid_t pid)
{
	struct go_call_key key, next;
	int more = bpf_map_get_next_key(fd, NULL, &key) == 0;

	for (int i = 0; more && i < 2 * GO_CALLS_MAX; i++) {
		more = bpf_map_get_next_key(fd, &key, &next) == 0;
		if ((!pid || key.tgid == (uint32_t)pid) && go_call_is_over(s, &key))
			bpf_map_delete_elem(fd, &key);
		key = next;
	}
}

void sweep__process(const struct sweep *s, pid_t pid, uint64_t now_ns)
{
	sweep_conns(s, pid, now_ns);
	sweep_keys(s, pid);
	sweep_go_calls(s, s->go_calls_fd, pid);
	sweep_go_calls(s, s->go_writes_fd, pid);
}

/* Ends that found the ring full. */
static void sweep_ended(const struct sweep *s, uint64_t now_ns)
{
	struct ended e;
	__u64 id;

	for (int i = 0; i < CONN_MAX && !bpf_map_get_next_key(s->ended_fd, NULL, &id); i++) {
		if (!bpf_map_lookup_elem(s->ended_fd, &id, &e))
			tell_end(s, &e.key, &e.conn, now_ns);
		bpf_map_delete_elem(s->ended_fd, &id);
	}
}

void sweep__run(const struct sweep *s, uint64_t now_ns)
{
	sweep_ended(s, now_ns);
	sweep_conns(s, 0, now_ns);
	sweep_keys(s, 0);
	sweep_go_calls(s, s->go_calls_fd, 0);
	sweep_go_calls(s, s->go_writes_fd, 0);
}

void sweep__stats(const struct sweep *s, struct stats *ret_stats)
{
	int cpus = libbpf_num_possible_cpus();
	struct stats *each = cpus > 0 ? calloc((size_t)cpus, sizeof(*each)) : NULL;
	__u32 zero = 0;

	memset(ret_stats, 0, sizeof(*ret_stats));
	if (each && !bpf_map_lookup_elem(s->stats_fd, &zero, each))
		for (int i = 0; i < cpus; i++) {
			/* All fields are __u64: add them as such, whatever they are called. */
			const __u64 *from = (const __u64 *)&each[i];
			__u64 *to = (__u64 *)ret_stats;

			for (size_t k = 0; k < sizeof(*ret_stats) / sizeof(__u64); k++)
				to[k] += from[k];
		}
	free(each);
}

void sweep__maps(struct sweep *s, const struct wiretally_bpf *bpf)
{
	s->conns_fd = bpf_map__fd(bpf->maps.conns);
	s->ended_fd = bpf_map__fd(bpf->maps.ended);
	s->verdicts_fd = bpf_map__fd(bpf->maps.verdicts);
	s->go_calls_fd = bpf_map__fd(bpf->maps.go_calls);
	s->go_writes_fd = bpf_map__fd(bpf->maps.go_writes);
	s->keys_fd = bpf_map__fd(bpf->maps.aead_keys);
	s->stats_fd = bpf_map__fd(bpf->maps.stats);
}
