// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include <bpf/libbpf.h>

#include "base/clock.h"
#include "capture/features.h"
#include "capture/keeper_own.h"
#include "wiretally.skel.h"

static int send_scan(void *ctx, const struct lib *lib)
{
	struct keeper *k = ctx;
	struct message m = { .kind = MESSAGE_SCAN, .token = lib->token };

	m.count = lib->token >= SERVERS_TOKEN ? SCAN_SOCKETS
		  : lib->executable	      ? SCAN_EXECUTABLE
					      : SCAN_LIBRARY;

	return message__send(k->o->sock, &m, lib->fd);
}

void keeper__tell(struct keeper *k, const struct message *m)
{
	message__send(k->o->sock, m, -1);
}

static void send_fact(void *ctx, const struct message *m)
{
	keeper__tell(ctx, m);
}

static void send_proc(void *ctx, pid_t pid, uint64_t start_ns)
{
	struct keeper *k = ctx;

	facts__tell(&k->facts, pid, start_ns);
}

static void send_message(void *ctx, const struct message *m, int fd)
{
	struct keeper *k = ctx;

	message__send(k->o->sock, m, fd);
}

static void send_peer(void *ctx, uint64_t conn, const struct wire_peer *peer)
{
	struct message m = { .kind = MESSAGE_FACT };

	m.fact.wire.kind = WIRE_PEER;
	m.fact.wire.ts = clock_monotonic_ns();
	m.fact.wire.conn = conn;
	m.fact.wire.lib = WIRE_LIB_SOCKET;
	m.fact.wire.len = sizeof(*peer);
	memcpy(m.fact.data, peer, sizeof(*peer));
	send_fact(ctx, &m);
}

static void forget_conns(void *ctx, pid_t pid)
{
	struct keeper *k = ctx;

	sweep__process(&k->sweep, pid, clock_monotonic_ns());
}

static void hold_file(void *ctx, const struct lib *lib)
{
	struct keeper *k = ctx;

	holding__file(&k->holding, lib);
}

static void send_acted(void *ctx, const struct action *a)
{
	send_fact(ctx, &(struct message){ .kind = MESSAGE_ACTED, .action = *a });
}

/* The meter knows who it is before it is asked about it. */
static bool is_asked(void *ctx, pid_t pid, uint64_t start_ns)
{
	struct keeper *k = ctx;

	if (!halts__wants(&k->enforce, pid)) {
		halts__gone(&k->enforce, pid); /* another program now */
		return false;
	}
	facts__tell(&k->facts, pid, start_ns);
	return !halts__add(&k->enforce, pid, start_ns);
}

static const struct watch_ops watch_ops = { .hooked = hold_file,
					    .scan = send_scan,
					    .fact = send_proc,
					    .forget = forget_conns,
					    .asked = is_asked };

void keeper__introduce(struct keeper *k)
{
	const struct keeper_opts *o = k->o;

	k->facts.send = send_message;
	k->facts.ctx = k;
	k->watch.ops = &watch_ops;
	k->watch.ctx = k;
	k->watch.sinks = o->sinks;
	k->watch.tree_only = o->command != NULL || o->pid;
	k->watch.spare_seccomp = features__seccomp_danger();
	k->watch.watched_fd = bpf_map__fd(o->bpf->maps.watched);
	k->watch.recent_fd = bpf_map__fd(o->bpf->maps.recent_peers);
	k->watch.mixed_fd = bpf_map__fd(o->bpf->maps.mixed_peers);
	sweep__maps(&k->sweep, o->bpf);
	k->sweep.watch = &k->watch;
	k->sweep.servers = &k->servers;
	k->sweep.fact = send_fact;
	k->sweep.ctx = k;
	k->servers.ops = &watch_ops;
	k->servers.peer = send_peer;
	k->servers.ctx = k;
	k->servers.spare_seccomp = k->watch.spare_seccomp;
	k->servers.stats = &k->watch.stats;
	k->servers.ports = o->ports;
	k->servers.packets.bpf = o->bpf;
	k->servers.serving_fd = bpf_map__fd(o->bpf->maps.serving);
	k->servers.ports_fd = bpf_map__fd(o->bpf->maps.served_ports);
	k->enforce.done = send_acted;
	k->enforce.ctx = k;
	k->holding.watch = &k->watch;
}
