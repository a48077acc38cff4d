// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/drain.h"
#include "capture/message.h"
#include "capture/namer.h"
#include "capture/scanner.h"
#include "capture/tap.h"

/* Records understood before the socket is looked at again. */
#define RING_BATCH 1024

/* Processes that are remembered to have been told of. */
#define SPOKE 1024

struct tap {
	int ring_fd, sock, timer, epoll;
	struct drain *drain;
	struct scanner *scanner;
	struct namer *namer;
	const struct tap_ops *ops;
	void *ctx;
	bool stopped;
	struct stats stats;
	struct watch_stats watch;
	struct halt_stats halts;
	struct speaks
		spoke[SPOKE]; /* of processes that speak HTTP the last that was told, by pid */
};

struct tap *tap__new(int ring_fd, int sock)
{
	struct itimerspec second = { { 1, 0 }, { 1, 0 } };
	struct tap *t = calloc(1, sizeof(*t));
	/* Records by edge: the bell is never read. */
	struct epoll_event ev = { .events = EPOLLIN }, edge = { .events = EPOLLIN | EPOLLET };

	if (!t)
		return NULL;
	t->ring_fd = ring_fd;
	t->sock = sock;
	t->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	t->drain = drain__new(ring_fd);
	if (t->timer < 0 || t->epoll < 0 || !t->drain ||
	    timerfd_settime(t->timer, 0, &second, NULL))
		goto fail;
	if (epoll_ctl(t->epoll, EPOLL_CTL_ADD, drain__fd(t->drain), &edge) ||
	    epoll_ctl(t->epoll, EPOLL_CTL_ADD, sock, &ev) ||
	    epoll_ctl(t->epoll, EPOLL_CTL_ADD, t->timer, &ev))
		goto fail;
	return t;
fail:
	tap__free(t);
	return NULL;
}

void tap__free(struct tap *t)
{
	if (!t)
		return;
	drain__free(t->drain);
	if (t->epoll >= 0)
		close(t->epoll);
	if (t->timer >= 0)
		close(t->timer);
	close(t->ring_fd);
	close(t->sock);
	free(t);
}

/*
 * Understands up to a batch of records. Returns false when there are no more. What is proposed is
 * the first of its batch: who may propose is told by the socket, which is looked at in between.
 */
static bool take(struct tap *t)
{
	const struct wire *w;
	size_t size;

	for (int i = 0; i < RING_BATCH; i++) {
		w = drain__next(t->drain, &size);
		if (!w)
			return false;
		if (i && size >= sizeof(*w) && w->kind == WIRE_DATA && (w->flags & WIRE_PROPOSED))
			return true;
		if (size >= sizeof(*w) && w->len <= size - sizeof(*w))
			t->ops->feed(t->ctx, w);
		drain__drop(t->drain);
	}
	return true;
}

/* All that is in the ring now. */
static void take_all(struct tap *t)
{
	bool more;

	do {
		more = !drain__pull(t->drain);
		while (take(t))
			;
	} while (more);
}

static void fact(struct tap *t, const struct message *m)
{
	if (m->fact.wire.len > sizeof(m->fact.data))
		return;
	/* What was read from the kernel side's table is about records already in the ring. */
	if (m->fact.wire.kind != WIRE_PROC && m->fact.wire.kind != WIRE_TOLD &&
	    m->fact.wire.kind != WIRE_PEER)
		take_all(t);
	if (m->fact.wire.kind == WIRE_HALT)
		return; /* it is what was there to be taken */
	t->ops->feed(t->ctx, &m->fact.wire);
}

static void message(struct tap *t, const struct message *m, int fd)
{
	if (m->kind != MESSAGE_SCAN && m->kind != MESSAGE_STATE && fd >= 0)
		close(fd);
	switch (m->kind) {
	case MESSAGE_FACT:
		fact(t, m);
		break;
	case MESSAGE_SCAN:
		if (fd >= 0)
			scanner__take(t->scanner, m->token, fd, m->count);
		break;
	case MESSAGE_STATE:
		if (fd >= 0)
			namer__take(t->namer, m->count, m->state.id, fd);
		break;
	case MESSAGE_READY:
		t->ops->ready(t->ctx, m->count);
		break;
	case MESSAGE_STATS:
		t->stats = m->stats.kernel;
		t->watch = m->stats.watch;
		t->halts = m->stats.halts;
		break;
	case MESSAGE_ACTED:
		t->ops->acted(t->ctx, &m->action);
		break;
	case MESSAGE_STOP:
		t->stopped = true;
		break;
	}
}

/* Returns -EPIPE when the keeper is gone. */
static int socket_take(struct tap *t)
{
	struct message m;
	int fd, n;

	while ((n = message__recv(t->sock, &m, &fd)) > 0)
		message(t, &m, fd);
	return n == -EAGAIN ? 0 : -EPIPE;
}

static void tick(struct tap *t)
{
	struct wire w = { .kind = WIRE_TICK, .ts = clock_monotonic_ns() };
	uint64_t times;

	if (read(t->timer, &times, sizeof(times)) != sizeof(times))
		return;
	t->ops->feed(t->ctx, &w);
	drain__tick(t->drain);
}

/* What containers are called: belongs to no place in the ring. */
static void names_take(struct tap *t)
{
	struct namer_answer a;

	while (namer__next(t->namer, &a))
		t->ops->feed(t->ctx, &a.wire);
}

static void workers_end(struct tap *t)
{
	scanner__free(t->scanner);
	namer__free(t->namer);
	t->scanner = NULL;
	t->namer = NULL;
}

static int workers_start(struct tap *t)
{
	struct epoll_event ev = { .events = EPOLLIN };

	t->scanner = scanner__new(t->sock);
	t->namer = t->scanner ? namer__new() : NULL;
	if (t->namer && !epoll_ctl(t->epoll, EPOLL_CTL_ADD, namer__fd(t->namer), &ev))
		return 0;
	return -errno;
}

int tap__run(struct tap *t, const struct tap_ops *ops, void *ctx)
{
	int err;

	t->ops = ops;
	t->ctx = ctx;
	err = workers_start(t);
	while (!t->stopped && !err) {
		struct epoll_event ev[4];
		bool more;

		/* Who a process is comes by the socket: before its bytes are understood. */
		err = socket_take(t);
		names_take(t);
		more = take(t);
		tick(t);
		if (!more && !t->stopped && !err && drain__idle(t->drain))
			epoll_wait(t->epoll, ev, 4, -1);
	}
	take_all(t);
	workers_end(t);
	return err;
}

void tap__verdict(struct tap *t, uint64_t conn, enum verdict v)
{
	struct message m = { .kind = MESSAGE_VERDICT, .verdict = { .conn = conn, .verdict = v } };

	message__send(t->sock, &m, -1);
}

void tap__speaks(struct tap *t, const struct speaks *s)
{
	struct message m = { .kind = MESSAGE_SPEAKS, .speaks = *s };
	struct speaks *last = &t->spoke[s->tgid % SPOKE];
	bool told = last->start_ns == s->start_ns && last->tgid == s->tgid && last->lib == s->lib &&
		    last->what >= s->what;

	/* Once is enough, but of each connection with calls: it may be to somebody else. */
	if (told && s->what != SPEECH_ALIEN && !(s->what == SPEECH_CALL && s->begun_ns))
		return;
	if (!message__send(t->sock, &m, -1) && s->what != SPEECH_ALIEN)
		*last = *s;
}

void tap__named(struct tap *t, const char name[FLOW_NAME_MAX], enum verdict v, uint32_t tgid,
		uint64_t start_ns)
{
	struct message m = {
		.kind = MESSAGE_NAMED,
		.count = v,
		.named = { .tgid = tgid, .start_ns = start_ns },
	};

	memcpy(m.named.name, name, sizeof(m.named.name));

	message__send(t->sock, &m, -1);
}

void tap__serves(struct tap *t, uint32_t tgid, uint64_t start_ns, bool model)
{
	struct message m = {
		.kind = MESSAGE_SERVES,
		.serves = { .tgid = tgid, .start_ns = start_ns, .model = model },
	};

	message__send(t->sock, &m, -1);
}

bool tap__order(struct tap *t, const struct action *order)
{
	struct message m = { .kind = MESSAGE_ORDER, .action = *order };

	return !message__send(t->sock, &m, -1);
}

void tap__judged(struct tap *t, const struct action *order, uint64_t asked_ns, bool denied)
{
	struct message m = {
		.kind = MESSAGE_JUDGED,
		.judged = { .action = *order, .asked_ns = asked_ns, .denied = denied },
	};

	message__send(t->sock, &m, -1);
}

const struct halt_stats *tap__halts(const struct tap *t)
{
	return &t->halts;
}

const struct stats *tap__stats(const struct tap *t)
{
	return &t->stats;
}

struct waited tap__waited(const struct tap *t)
{
	return drain__waited(t->drain);
}

uint64_t tap__asleep(const struct tap *t)
{
	return t->watch.asleep;
}

void tap__drops(const struct tap *t, struct drops *d)
{
	d->n[DROP_PROCESS_GONE] = t->watch.gone;
	d->n[DROP_PROCESS_LATE] = t->watch.late;
	d->n[DROP_ATTACH_FAILED] = t->watch.failed;
	d->n[DROP_SECCOMP_SPARED] = t->watch.spared;
	d->n[DROP_WRONG_FUNCTION] = t->watch.wrong;
	d->n[DROP_SERVERS_LET_GO] = t->watch.let_go;
	d->n[DROP_FILES_FULL] = t->watch.full;
	d->n[DROP_NOT_LOOKED_AT] = t->watch.asleep_s;
	d->n[DROP_WIDE] = t->watch.wide_s;
	d->n[DROP_EVENTS_FULL] = t->stats.events_full;
	d->n[DROP_FLOWS_FULL] += t->stats.flows_full; /* the meter has a table, too */
	d->n[DROP_HTTP3] = t->stats.http3;
	d->n[DROP_NO_SERVER_NAME] = t->stats.flows_unnamed;
	d->n[DROP_UNPAIRED] = t->stats.unpaired;
	d->n[DROP_UNJUDGED] = t->halts.unjudged;
	d->n[DROP_TLS_CALLS] = t->stats.conn_full + t->stats.nesting;
}
