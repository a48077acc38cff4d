// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/clock.h"
#include "capture/bystander.h"
#include "capture/flows.h"
#include "capture/keeper_own.h"
#include "capture/links.h"
#include "capture/meter_end.h"
#include "capture/privileges.h"
#include "wiretally.skel.h"

/* How long the libraries may take to be read at the start. */
#define READY_SECONDS 5

static void on_mapping(void *ctx, const struct mapping *m)
{
	struct keeper *k = ctx;

	watch__mapped(&k->watch, m);
}

/* What is proposed is in its ring: it is not to wait for more to gather there. */
static void send_look(struct keeper *k, const struct wire *w)
{
	keeper__tell(k, &(struct message){ .kind = MESSAGE_FACT, .fact.wire = *w });
}

static void on_fork(struct keeper *k, const struct wire *w)
{
	const struct wire_fork *fork = (const struct wire_fork *)w->data;

	watch__fork(&k->watch, (pid_t)w->tgid, (pid_t)fork->child, w->ts);
	servers__fork(&k->servers, (pid_t)w->tgid, (pid_t)fork->child);
}

static int on_event(void *ctx, void *data, size_t size)
{
	struct keeper *k = ctx;
	const struct wire *w = data;

	if (size < sizeof(*w))
		return 0;
	switch (w->kind) {
	case WIRE_EXEC:
		holding__root(&k->holding, (pid_t)w->tgid);
		watch__exec(&k->watch, (pid_t)w->tgid, (uint32_t)w->off, w->ts);
		servers__exec(&k->servers, (pid_t)w->tgid);
		break;
	case WIRE_FORK:
		if (size >= sizeof(*w) + sizeof(struct wire_fork))
			on_fork(k, w);
		break;
	case WIRE_CONNECT:
		bystander__connects(&k->watch, (pid_t)w->tgid, w->flags & WIRE_MIXED, w->ts);
		break;
	case WIRE_EXIT:
		halts__gone(&k->enforce, (pid_t)w->tgid);
		watch__exit(&k->watch, (pid_t)w->tgid);
		servers__exit(&k->servers, (pid_t)w->tgid);
		break;
	case WIRE_CUT:
		enforce__held_back(&k->enforce, (pid_t)w->tgid, w->start_ns, w->off);
		break;
	case WIRE_HALT:
		halts__stopped(&k->enforce, w);
		send_look(k, w);
		break;
	case WIRE_LISTEN:
		servers__listens(&k->servers, (pid_t)w->tgid, (uint16_t)w->off);
		break;
	case WIRE_PEER:
		if (size >= sizeof(*w) + sizeof(struct wire_peer))
			servers__called(&k->servers, (pid_t)w->tgid, w->conn,
					(const struct wire_peer *)w->data);
		break;
	}
	return 0;
}

static void verdict(struct keeper *k, const struct message *m)
{
	/* BPF_EXIST: only of a connection that is open; the meter can't fill the map. */
	if (m->verdict.verdict == VERDICT_FOLLOW || m->verdict.verdict == VERDICT_IGNORE)
		bpf_map_update_elem(k->sweep.verdicts_fd, &m->verdict.conn, &m->verdict.verdict,
				    BPF_EXIST);
}

/* A name is judged once; each process with a connection to a provider is made known. */
static void named(struct keeper *k, const struct message *m)
{
	flows_judge(k->o->bpf, m->named.name, m->count);
	if (m->count == VERDICT_FOLLOW)
		watch__known(&k->watch, (pid_t)m->named.tgid, m->named.start_ns);
}

static void socket_take(struct keeper *k)
{
	struct message m;
	int n;

	while ((n = message__recv(k->o->sock, &m, NULL)) > 0 || n == -EBADMSG) {
		if (n < 0)
			continue;
		if (m.kind == MESSAGE_PLAN && m.token >= SERVERS_TOKEN)
			servers__planned(&k->servers, m.token, &m.plan);
		else if (m.kind == MESSAGE_PLAN)
			watch__planned(&k->watch, m.token, &m.plan);
		else if (m.kind == MESSAGE_VERDICT)
			verdict(k, &m);
		else if (m.kind == MESSAGE_SPEAKS)
			watch__speaks(&k->watch, &m.speaks);
		else if (m.kind == MESSAGE_NAMED)
			named(k, &m);
		else if (m.kind == MESSAGE_ORDER)
			enforce__order(&k->enforce, &m.action);
		else if (m.kind == MESSAGE_JUDGED)
			halts__judged(&k->enforce, &m.judged);
		else if (m.kind == MESSAGE_SERVES)
			servers__serves(&k->servers, (pid_t)m.serves.tgid, m.serves.start_ns,
					m.serves.model);
	}
	if (n == 0)
		k->meter_gone = true;
}

static void stop(struct keeper *k, int status)
{
	if (!k->stopping)
		k->status = status;
	k->stopping = true;
}

static void children_take(struct keeper *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == k->o->meter) {
			k->meter_gone = true;
			stop(k, command_status(status));
		} else if (pid == k->command.pid) {
			k->command.pid = 0;
			stop(k, command_status(status));
		} else if (pid == k->sinks) {
			k->sinks = 0;
			fprintf(stderr, "wiretally: the process of the sinks has ended: rows wait "
					"until wiretally is started again\n");
		}
	}
}

static void signals_take(struct keeper *k)
{
	struct signalfd_siginfo s;

	while (read(k->o->signals, &s, sizeof(s)) == sizeof(s)) {
		if (s.ssi_signo == SIGCHLD)
			children_take(k);
		else if (s.ssi_signo == SIGHUP && k->sinks)
			kill(k->sinks, SIGHUP);
		else if (s.ssi_signo == SIGHUP && k->o->sinks)
			continue;
		else if (!k->command.pid)
			stop(k, 0);
		else if (s.ssi_signo != SIGINT)
			kill(k->command.pid, (int)s.ssi_signo); /* Ctrl-C reaches it by itself */
	}
}

static void send_ready(struct keeper *k)
{
	struct message m = { .kind = MESSAGE_READY, .count = k->watch.proc_count };

	k->ready = true;
	privileges_go_at_once(20); /* not for all that the host was looked through for */
	if (k->command.pid) {
		watch__root(&k->watch, k->command.pid);
		command_go(&k->command);
	}
	message__send(k->o->sock, &m, -1);
}

static void send_stats(struct keeper *k)
{
	struct message m = { .kind = MESSAGE_STATS };

	sweep__stats(&k->sweep, &m.stats.kernel);
	m.stats.watch = k->watch.stats;
	m.stats.halts = k->enforce.halts.stats;
	message__send(k->o->sock, &m, -1);
}

static void tick(struct keeper *k)
{
	uint64_t times;

	if (read(k->timer, &times, sizeof(times)) != sizeof(times))
		return;
	k->ticks++;
	bystander__tick(&k->watch, clock_monotonic_ns());
	servers__tick(&k->servers);
	enforce__tick(&k->enforce, clock_monotonic_ns());
	sweep__run(&k->sweep, clock_monotonic_ns());
	facts__pods(&k->facts, k->o->pods_file);
	send_stats(k);
}

static int add(struct keeper *k, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };

	return fd >= 0 && epoll_ctl(k->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

/* Returns the first error. */
static int add_all(struct keeper *k)
{
	return add(k, k->o->sock) ?: add(k, k->o->signals) ?: add(k, k->timer) ?:
	       add(k, sideband__fd(k->sideband)) ?: add(k, ring_buffer__epoll_fd(k->events)) ?:
	       add(k, k->enforce.control) ?:
	       add(k, k->holding.hold ? hold__fd(k->holding.hold) : -1);
}

/* What happens on this host: mappings, and what BPF programs tell. */
static int look_out(struct keeper *k)
{
	const struct keeper_opts *o = k->o;
	int err;

	k->watch.probes = probes__new(o->bpf, o->multi);
	if (!k->watch.probes)
		return -errno;
	k->servers.probes = k->watch.probes;
	k->sideband = sideband__new(on_mapping, k);
	if (!k->sideband)
		return -errno;
	k->events = ring_buffer__new(bpf_map__fd(o->bpf->maps.events), on_event, k, NULL);
	if (!k->events)
		return -errno;
	k->holding.events = k->events;
	err = links_attach(o->bpf);
	/* Without it nobody would notice that a bystander begins to call: all keep their probes. */
	if (!err && o->bpf->links.connects && !k->watch.tree_only)
		k->watch.again_ns = o->look_again_s * 1000000000ull;
	return err;
}

static int keeper__open(struct keeper *k)
{
	const struct keeper_opts *o = k->o;
	struct itimerspec second = { { 1, 0 }, { 1, 0 } };
	int err;

	keeper__introduce(k);
	err = o->command ? command_start(o->command, &k->command) : 0;
	if (!err)
		err = enforce__init(&k->enforce, &o->enforce, o->bpf);
	if (err)
		return err;
	privileges_go_first(); /* behind the fork of the command, which keeps its own */
	if (o->hold) {
		k->holding.hold = hold__new();
		if (!k->holding.hold)
			fprintf(stderr, "wiretally: programs can't be held: %s\n", strerror(errno));
	}
	err = look_out(k);
	if (err)
		return err;
	k->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	k->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (k->timer < 0 || k->epoll < 0 || timerfd_settime(k->timer, 0, &second, NULL))
		return -errno;
	err = add_all(k);
	return err ? err : privileges_drop_keeper();
}

static void keeper__close(struct keeper *k)
{
	if (k->command.pid && !k->ready)
		close(k->command.go); /* it was never let run: it ends by itself */
	enforce__fini(&k->enforce);
	hold__free(k->holding.hold);
	if (k->watch.probes) {
		servers__fini(&k->servers);
		watch__fini(&k->watch);
	}
	probes__free(k->watch.probes);
	sideband__free(k->sideband);
	ring_buffer__free(k->events);
	if (k->timer >= 0)
		close(k->timer);
	if (k->epoll >= 0)
		close(k->epoll);
}

/* Hands over what there still is, and waits for the meter to have told it. */
static void finish(struct keeper *k)
{
	struct message m = { .kind = MESSAGE_STOP, .count = (uint32_t)k->status };
	int status;

	ring_buffer__consume(k->events);
	sweep__run(&k->sweep, clock_monotonic_ns());
	send_stats(k);
	message__send(k->o->sock, &m, -1);
	status = k->meter_gone ? 0 : meter_end__wait(k->o->meter);
	k->status = k->status ?: status;
}

int keeper_run(const struct keeper_opts *o)
{
	struct keeper k = {
		.o = o, .epoll = -1, .timer = -1, .command = { .go = -1 }, .sinks = o->sinks
	};
	struct epoll_event ev[6];
	int err = keeper__open(&k), wait_ms = -1;

	if (err) {
		fprintf(stderr, "wiretally: can't start capturing: %s\n", strerror(-err));
		k.status = 1;
		meter_end__kill(o->meter);
		keeper__close(&k);
		return k.status;
	}
	holding__root(&k.holding, getpid());
	watch__scan(&k.watch, o->pid, o->command ? o->command[0] : NULL);
	servers__scan(&k.servers);
	while (!k.stopping && !k.meter_gone) {
		if (!k.ready &&
		    ((!libs__pending(&k.watch.libs) && !libs__pending(&k.servers.libs)) ||
		     k.ticks > READY_SECONDS))
			send_ready(&k);
		watch__tell(&k.watch);
		if (epoll_wait(k.epoll, ev, 6, wait_ms) < 0 && errno != EINTR)
			break;
		/* Events before mappings: an exec comes before what the new image maps. */
		ring_buffer__consume(k.events);
		holding__take(&k.holding);
		sideband__read(k.sideband);
		socket_take(&k);
		enforce__orders(&k.enforce);
		holding__release(&k.holding);
		tick(&k);
		signals_take(&k);
		wait_ms = halts__run(&k.enforce);
	}
	halts__end(&k.enforce);
	if (k.meter_gone) {
		fprintf(stderr, "wiretally: the meter has ended; nothing is captured any more\n");
		k.status = k.status ?: 1;
	} else {
		finish(&k);
	}
	keeper__close(&k);
	return k.status;
}
