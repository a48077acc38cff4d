// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/namer.h"
#include "capture/state.h"

struct job {
	char id[64];
	uint32_t kind;
	int fd;
};

struct namer {
	int queue[2], answers[2]; /* pipes; a write of one is atomic */
	pthread_t thread;
	bool started, closing;
};

_Static_assert(sizeof(struct namer_answer) <= PIPE_BUF && sizeof(struct job) <= PIPE_BUF,
	       "a pipe takes them whole");
_Static_assert(offsetof(struct namer_answer, told) == sizeof(struct wire), "told is wire's data");

static void on_told(void *ctx, const struct wire_told *t)
{
	struct namer *n = ctx;
	struct namer_answer a = {
		.wire = { .kind = WIRE_TOLD, .ts = clock_monotonic_ns(), .len = sizeof(a.told) },
		.told = *t
	};

	/* Waits for the meter to make room: of a node's pods there may be hundreds. */
	while (write(n->answers[1], &a, sizeof(a)) < 0 && errno == EINTR)
		;
}

static void answer(struct namer *n, const struct job *j)
{
	struct span id = span_of(j->id, strnlen(j->id, sizeof(j->id)));
	struct state_reader *r = state_reader__new(j->kind, id, on_told, n);
	static uint8_t text[1 << 16];
	size_t total = 0;
	ssize_t more;

	while (r && total < STATE_BYTES_MAX && !__atomic_load_n(&n->closing, __ATOMIC_RELAXED) &&
	       (more = read(j->fd, text, sizeof(text))) > 0) {
		state_reader__feed(r, span_of(text, (size_t)more));
		total += (size_t)more;
	}
	state_reader__end(r);
}

static void *read_files(void *arg)
{
	struct namer *n = arg;
	struct job j;

	while (read(n->queue[0], &j, sizeof(j)) == sizeof(j)) {
		if (!__atomic_load_n(&n->closing, __ATOMIC_RELAXED))
			answer(n, &j);
		close(j.fd);
	}
	return NULL;
}

struct namer *namer__new(void)
{
	struct namer *n = calloc(1, sizeof(*n));
	int err;

	if (!n)
		return NULL;
	n->queue[0] = n->queue[1] = n->answers[0] = n->answers[1] = -1;
	err = pipe2(n->queue, O_CLOEXEC) || pipe2(n->answers, O_CLOEXEC) ? -errno : 0;
	/* The meter never waits for the thread, but the thread for work, and for the meter. */
	if (!err &&
	    (fcntl(n->queue[1], F_SETFL, O_NONBLOCK) || fcntl(n->answers[0], F_SETFL, O_NONBLOCK)))
		err = -errno;
	if (!err)
		err = -pthread_create(&n->thread, NULL, read_files, n);
	n->started = !err;
	if (err) {
		namer__free(n);
		errno = -err;
		return NULL;
	}
	return n;
}

void namer__free(struct namer *n)
{
	if (!n)
		return;
	__atomic_store_n(&n->closing, true, __ATOMIC_RELAXED);
	if (n->queue[1] >= 0)
		close(n->queue[1]);
	/* Whoever waits to be read finds nobody there. */
	if (n->answers[0] >= 0)
		close(n->answers[0]);
	if (n->started)
		pthread_join(n->thread, NULL);
	if (n->answers[1] >= 0)
		close(n->answers[1]);
	if (n->queue[0] >= 0)
		close(n->queue[0]);
	free(n);
}

void namer__take(struct namer *n, uint32_t kind, const char *id, int fd)
{
	struct job j = { .kind = kind, .fd = fd };

	memcpy(j.id, id, sizeof(j.id));
	if (kind == 0 || kind >= STATE_KINDS || write(n->queue[1], &j, sizeof(j)) != sizeof(j))
		close(fd);
}

int namer__fd(const struct namer *n)
{
	return n->answers[0];
}

bool namer__next(struct namer *n, struct namer_answer *ret_answer)
{
	return read(n->answers[0], ret_answer, sizeof(*ret_answer)) == sizeof(*ret_answer);
}
