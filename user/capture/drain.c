// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "base/backlog.h"
#include "capture/drain.h"
#include "capture/memory.h"
#include "capture/privileges.h"
#include "wire.h"

/*
 * Beside the ring, while a burst goes on: half a second of one at 1 GB/s, in which the meter may
 * not be let run at all. Not more than this share of what there is.
 */
#define BACKLOG_BYTES ((uint64_t)512 << 20)
#define BACKLOG_SHARE 8

/* Of that, in chunks, what the meter keeps once a burst is over. */
#define BACKLOG_KEPT 2

/* The largest record that the kernel side reserves room for. */
#define RECORD_MAX (sizeof(struct wire) + WIRE_CHUNK_MAX)

_Static_assert(RECORD_MAX <= BACKLOG_RECORD_MAX, "a record lies whole in a chunk");

/*
 * How long records gather before they are taken: a record wakes the thread only when the ring was
 * empty before it, so the traced programs pay for one wake-up in this time and not for one a call.
 * Rows are late by this much.
 */
#define GATHER_MS 5

struct drain {
	struct ring_buffer *ring;
	struct backlog backlog;
	pthread_mutex_t filling; /* who takes from the ring; the reader, too, may want to */
	pthread_t thread;
	int news, room, epoll;
	bool started, closing;
	bool at_once;	  /* the kernel runs it before all that is not of real time */
	uint64_t full;	  /* how often memory was full */
	bool reader_idle; /* it wants to hear by news of what comes */
	bool starved;	  /* the thread wants to hear by room of what was taken */
	size_t enough;	  /* it does when no more than this waits, bytes */
};

static void ring_bell(int fd)
{
	uint64_t one = 1;
	ssize_t n = write(fd, &one, sizeof(one));

	(void)n; /* it can only fail when it was rung 2^64 times */
}

/* Until it rings. */
static void await_bell(int fd)
{
	uint64_t times;

	while (read(fd, &times, sizeof(times)) < 0 && errno == EINTR)
		;
}

/* libbpf ends a round of consuming when this returns a negative number. */
static int take(void *ctx, void *data, size_t size)
{
	struct drain *d = ctx;

	if (size <= RECORD_MAX)
		backlog__put(&d->backlog, data, size);
	return backlog__room(&d->backlog, RECORD_MAX) ? 0 : -ENOSPC;
}

/* How many records there were; -ENOSPC: and there may be more. */
static int pull(struct drain *d)
{
	int n;

	pthread_mutex_lock(&d->filling);
	n = backlog__room(&d->backlog, RECORD_MAX) ? ring_buffer__consume(d->ring) : -ENOSPC;
	d->full += n == -ENOSPC;
	pthread_mutex_unlock(&d->filling);
	if (n && __atomic_exchange_n(&d->reader_idle, false, __ATOMIC_SEQ_CST))
		ring_bell(d->news);
	return n;
}

bool drain__pull(struct drain *d)
{
	return pull(d) != -ENOSPC;
}

/* Until the reader has made room. */
static void wait_for_room(struct drain *d)
{
	__atomic_store_n(&d->starved, true, __ATOMIC_SEQ_CST);
	/* It may have been made just now; then the bell rings only if the reader saw that we ask.
	 */
	if (backlog__waiting(&d->backlog) <= d->enough &&
	    __atomic_exchange_n(&d->starved, false, __ATOMIC_SEQ_CST))
		return;
	await_bell(d->room);
}

/* Until there is something in the ring. A record alone can wait for more to come. */
static void wait_for_records(struct drain *d)
{
	struct epoll_event ev;

	if (epoll_wait(d->epoll, &ev, 1, -1) == 1 &&
	    !__atomic_load_n(&d->closing, __ATOMIC_SEQ_CST))
		epoll_wait(d->epoll, &ev, 1, GATHER_MS);
}

static void *run(void *arg)
{
	struct drain *d = arg;

	d->at_once = privileges_go_at_once(75);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* the user that we become takes the rest */
	prctl(PR_SET_NAME, "wiretally-drain");
	ring_bell(d->room);
	while (!__atomic_load_n(&d->closing, __ATOMIC_SEQ_CST)) {
		int n = pull(d);

		/*
		 * The kernel side wakes us for a record that it finds to be the next to be read:
		 * what we have read must be told to it before we look for the last time. A record
		 * that is still being filled then ends up behind what it sees, and wakes us.
		 */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (n == -ENOSPC)
			wait_for_room(d);
		else if (n <= 0)
			wait_for_records(d);
	}
	return NULL;
}

static int open_all(struct drain *d, int ring_fd)
{
	/* By edge: what gathers in the ring is no reason to wake up, a new wake-up is. */
	struct epoll_event edge = { .events = EPOLLIN | EPOLLET }, ev = { .events = EPOLLIN };
	size_t max;

	d->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	d->room = eventfd(0, EFD_CLOEXEC);
	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	d->ring = ring_buffer__new(ring_fd, take, d, NULL);
	if (d->news < 0 || d->room < 0 || d->epoll < 0 || !d->ring)
		return -errno;
	/* The second is for the end: nobody reads it here. */
	if (epoll_ctl(d->epoll, EPOLL_CTL_ADD, ring_fd, &edge) ||
	    epoll_ctl(d->epoll, EPOLL_CTL_ADD, d->room, &ev))
		return -errno;
	max = memory_share(BACKLOG_SHARE, BACKLOG_BYTES);
	d->enough = max / 2;
	return backlog__init(&d->backlog, max);
}

static int make_lock(struct drain *d)
{
	pthread_mutexattr_t a;
	int err = -pthread_mutexattr_init(&a);

	if (err)
		return err;
	/* The reader may hold it while the thread, which goes before it, waits. */
	err = -pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
	err = err ?: -pthread_mutex_init(&d->filling, &a);
	pthread_mutexattr_destroy(&a);
	return err;
}

struct drain *drain__new(int ring_fd)
{
	struct drain *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return NULL;
	d->news = d->room = d->epoll = -1;
	err = make_lock(d);
	if (err) {
		free(d);
		errno = -err;
		return NULL;
	}
	err = open_all(d, ring_fd) ?: -pthread_create(&d->thread, NULL, run, d);
	d->started = !err;
	if (err) {
		drain__free(d);
		errno = -err;
		return NULL;
	}
	await_bell(d->room); /* before privileges are dropped it has its precedence */
	return d;
}

void drain__free(struct drain *d)
{
	if (!d)
		return;
	if (d->started) {
		__atomic_store_n(&d->closing, true, __ATOMIC_SEQ_CST);
		ring_bell(d->room);
		pthread_join(d->thread, NULL);
	}
	ring_buffer__free(d->ring);
	backlog__close(&d->backlog);
	pthread_mutex_destroy(&d->filling);
	for (int i = 0; i < 3; i++) {
		int fd = (int[]){ d->news, d->room, d->epoll }[i];

		if (fd >= 0)
			close(fd);
	}
	free(d);
}

int drain__fd(const struct drain *d)
{
	return d->news;
}

const void *drain__next(struct drain *d, size_t *ret_len)
{
	return backlog__next(&d->backlog, ret_len);
}

void drain__drop(struct drain *d)
{
	backlog__drop(&d->backlog);
	if (__atomic_load_n(&d->starved, __ATOMIC_RELAXED) &&
	    backlog__waiting(&d->backlog) <= d->enough &&
	    __atomic_exchange_n(&d->starved, false, __ATOMIC_SEQ_CST))
		ring_bell(d->room);
}

bool drain__idle(struct drain *d)
{
	pthread_mutex_lock(&d->filling);
	backlog__rewind(&d->backlog);
	pthread_mutex_unlock(&d->filling);
	__atomic_store_n(&d->reader_idle, true, __ATOMIC_SEQ_CST);
	if (!backlog__waiting(&d->backlog))
		return true;
	__atomic_store_n(&d->reader_idle, false, __ATOMIC_SEQ_CST);
	return false;
}

void drain__tick(struct drain *d)
{
	for (;;) {
		int chunk;

		pthread_mutex_lock(&d->filling);
		chunk = backlog__spare(&d->backlog, BACKLOG_KEPT);
		pthread_mutex_unlock(&d->filling);
		if (chunk < 0)
			return;
		backlog__cool(&d->backlog, (uint32_t)chunk);
	}
}

struct waited drain__waited(struct drain *d)
{
	struct waited w = { .max = (uint64_t)d->backlog.chunks * BACKLOG_CHUNK,
			    .at_once = d->at_once };

	pthread_mutex_lock(&d->filling);
	w.most = d->backlog.most;
	w.full = d->full;
	pthread_mutex_unlock(&d->filling);
	return w;
}
