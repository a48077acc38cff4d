// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/elf_plan.h"
#include "capture/message.h"
#include "capture/scanner.h"

/* Executables are read at the priority of those who run them; the meter itself has a better one. */
#define EXECUTABLE_NICE 0

struct job {
	uint64_t token;
	int fd;
	uint32_t kind; /* enum scan_kind */
};

struct scan_thread {
	struct scanner *scanner;
	pthread_t thread;
	int queue[2]; /* struct job; a write of one is atomic */
	bool modest;  /* at EXECUTABLE_NICE */
	bool started;
};

struct scanner {
	int sock;
	bool closing;
	struct scan_thread libraries, executables;
};

static void answer(struct scanner *s, const struct job *j)
{
	struct message m = { .kind = MESSAGE_PLAN, .token = j->token };
	char how[128];

	int err = j->kind == SCAN_SOCKETS
			  ? elf_plan_sockets(j->fd, &s->closing, &m.plan, how, sizeof(how))
			  : elf_plan(j->fd, &s->closing, &m.plan, how, sizeof(how));

	if (err)
		m.plan.count = 0;
	/* The keeper may be busy with a storm of processes: the plan is still wanted. */
	while (!__atomic_load_n(&s->closing, __ATOMIC_RELAXED) &&
	       message__send(s->sock, &m, -1) == -EAGAIN)
		;
}

static void *scan(void *arg)
{
	struct scan_thread *t = arg;
	struct job j;

	if (t->modest)
		setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), EXECUTABLE_NICE);
	while (read(t->queue[0], &j, sizeof(j)) == sizeof(j)) {
		if (!__atomic_load_n(&t->scanner->closing, __ATOMIC_RELAXED))
			answer(t->scanner, &j);
		close(j.fd);
	}
	return NULL;
}

static int thread_start(struct scanner *s, struct scan_thread *t, bool modest)
{
	int err;

	t->scanner = s;
	t->modest = modest;
	if (pipe2(t->queue, O_CLOEXEC))
		return -errno;
	err = -pthread_create(&t->thread, NULL, scan, t);
	t->started = !err;
	return err;
}

static void thread_end(struct scan_thread *t)
{
	if (t->queue[1] >= 0)
		close(t->queue[1]);
	if (t->started)
		pthread_join(t->thread, NULL);
	if (t->queue[0] >= 0)
		close(t->queue[0]);
}

struct scanner *scanner__new(int sock)
{
	struct scanner *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return NULL;
	s->sock = sock;
	s->libraries.queue[0] = s->libraries.queue[1] = -1;
	s->executables.queue[0] = s->executables.queue[1] = -1;
	err = thread_start(s, &s->libraries, false);
	if (!err)
		err = thread_start(s, &s->executables, true);
	if (err) {
		scanner__free(s);
		errno = -err;
		return NULL;
	}
	return s;
}

void scanner__free(struct scanner *s)
{
	if (!s)
		return;
	__atomic_store_n(&s->closing, true, __ATOMIC_RELAXED);
	thread_end(&s->libraries);
	thread_end(&s->executables);
	free(s);
}

void scanner__take(struct scanner *s, uint64_t token, int fd, uint32_t kind)
{
	struct job j = { .token = token, .fd = fd, .kind = kind };
	struct scan_thread *t = kind == SCAN_LIBRARY ? &s->libraries : &s->executables;

	/* The keeper has at most LIBS_MAX files under way, which a pipe holds: this never waits. */
	if (write(t->queue[1], &j, sizeof(j)) != sizeof(j))
		close(fd);
}
