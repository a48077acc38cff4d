// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/hold.h"
#include "capture/libs.h"
#include "capture/privileges.h"
#include "capture/procfs.h"

#define MS_NS	 1000000ull
#define BEAT_MS	 200
#define STUCK_NS (1000 * MS_NS)
/* Roots that are not marked again for a while: that of a container is gone with it. */
#define ROOTS_MAX 64
#define ROOT_NS	  (100 * MS_NS)
/* Files in library folders that are no TLS library, and are not asked about again. */
#define IGNORED_MAX 65536

/* Where linkers look, on a machine of our kind: others' programs can't be hooked. */
static const char *const folders[] = {
#ifdef __x86_64__
	"usr/lib/x86_64-linux-gnu",
#else
	"usr/lib/aarch64-linux-gnu",
#endif
	"usr/lib64",
	"usr/lib",
	"lib",
	"usr/local/lib",
	"usr/local/lib64",
};

struct slot {
	int fd; /* the event's; -1: free */
	uint32_t ticket;
	uint64_t until_ns;
};

struct hold {
	int fan;
	int asked[2]; /* struct held, to the keeper */
	int done[2];  /* tickets, to the thread */
	pthread_t thread;
	bool running;
	pid_t guard_pid;
	int guard;	/* its end ends the guard */
	uint64_t *beat; /* when the thread was last heard of; shared with the guard */
	struct {
		uint64_t dev, ino, marked_ns;
	} roots[ROOTS_MAX];
	uint32_t next_root;
	/* The thread's: */
	struct slot slots[HELD_MAX];
	uint32_t last_ticket, ignored;
};

static void guard_run(int pipe_fd, const uint64_t *beat, pid_t keeper)
{
	struct pollfd end = { .fd = 0, .events = POLLIN };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "wiretally-guard");
	dup2(pipe_fd, 0);
	syscall(SYS_close_range, 1u, ~0u, 0u);
	privileges_drop_helper();
	/* Twice in a row: a machine that stood still as a whole has not been stuck. */
	for (int stuck = 0; stuck < 2 && !poll(&end, 1, BEAT_MS);) {
		uint64_t last = __atomic_load_n(beat, __ATOMIC_RELAXED);

		stuck = clock_monotonic_ns() - last > STUCK_NS ? stuck + 1 : 0;
		if (stuck == 2)
			kill(keeper, SIGKILL);
	}
	_exit(0);
}

static int guard_start(struct hold *h)
{
	pid_t keeper = getpid();
	int fds[2];

	h->beat = mmap(NULL, sizeof(*h->beat), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (h->beat == MAP_FAILED) {
		h->beat = NULL;
		return -errno;
	}
	*h->beat = clock_monotonic_ns();
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	h->guard_pid = fork();
	if (h->guard_pid == 0) {
		close(fds[1]);
		guard_run(fds[0], h->beat, keeper);
	}
	close(fds[0]);
	h->guard = fds[1];
	return h->guard_pid < 0 ? -errno : 0;
}

static void allow(const struct hold *h, int fd)
{
	struct fanotify_response r = { .fd = fd, .response = FAN_ALLOW };
	ssize_t n = write(h->fan, &r, sizeof(r));

	(void)n; /* who waited is gone */
	close(fd);
}

/* A file of a library folder that is none: its next open asks nobody, until it is written to. */
static bool is_other(struct hold *h, int fd)
{
	char path[PATH_MAX];

	procfs_path_of(fd, path, sizeof(path));
	if (lib_name_known(path))
		return false;
	if (h->ignored < IGNORED_MAX &&
	    !fanotify_mark(h->fan, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN_PERM, fd, NULL))
		h->ignored++;
	return true;
}

static void event(struct hold *h, const struct fanotify_event_metadata *m)
{
	bool exec = m->mask & FAN_OPEN_EXEC_PERM;
	struct held held = { .ticket = h->last_ticket + 1, .pid = m->pid, .exec = exec };
	struct slot *s = &h->slots[held.ticket % HELD_MAX];

	/* Our own opens, and those of a pid namespace above ours. */
	if (m->pid == getpid() || m->pid <= 0 || s->fd >= 0 || (!exec && is_other(h, m->fd))) {
		allow(h, m->fd);
		return;
	}
	held.fd = fcntl(m->fd, F_DUPFD_CLOEXEC, 0);
	if (held.fd < 0 || write(h->asked[1], &held, sizeof(held)) != sizeof(held)) {
		if (held.fd >= 0)
			close(held.fd);
		allow(h, m->fd);
		return;
	}
	h->last_ticket = held.ticket;
	*s = (struct slot){ m->fd, held.ticket, clock_monotonic_ns() + HOLD_MS * MS_NS };
}

static void events_take(struct hold *h)
{
	_Alignas(struct fanotify_event_metadata) char buf[8192];
	ssize_t n = read(h->fan, buf, sizeof(buf));
	const struct fanotify_event_metadata *m = (const void *)buf;

	for (; n > 0 && FAN_EVENT_OK(m, n); m = FAN_EVENT_NEXT(m, n))
		if (m->fd >= 0)
			event(h, m);
}

static void done_take(struct hold *h)
{
	uint32_t ticket;

	while (read(h->done[0], &ticket, sizeof(ticket)) == sizeof(ticket)) {
		struct slot *s = &h->slots[ticket % HELD_MAX];

		if (s->fd < 0 || s->ticket != ticket)
			continue; /* it has waited long enough before */
		allow(h, s->fd);
		s->fd = -1;
	}
}

/* Lets go who has waited long enough. Returns the milliseconds until somebody will have. */
static int overdue(struct hold *h)
{
	uint64_t now = clock_monotonic_ns();
	int ms = BEAT_MS;

	for (int i = 0; i < HELD_MAX; i++) {
		struct slot *s = &h->slots[i];

		if (s->fd < 0)
			continue;
		if (s->until_ns <= now) {
			allow(h, s->fd);
			s->fd = -1;
		} else if (s->until_ns - now < (uint64_t)ms * MS_NS) {
			ms = (int)((s->until_ns - now) / MS_NS) + 1;
		}
	}
	return ms;
}

static void *reply(void *arg)
{
	struct hold *h = arg;
	struct pollfd fds[2] = { { .fd = h->fan, .events = POLLIN },
				 { .fd = h->done[0], .events = POLLIN } };

	privileges_drop_keeper();
	privileges_go_at_once(20);
	while (!(fds[1].revents & POLLHUP)) {
		int ms = overdue(h);

		__atomic_store_n(h->beat, clock_monotonic_ns(), __ATOMIC_RELAXED);
		fds[0].revents = fds[1].revents = 0;
		if (poll(fds, 2, ms) <= 0)
			continue;
		done_take(h);
		if (fds[0].revents)
			events_take(h);
	}
	return NULL;
}

struct hold *hold__new(void)
{
	struct hold *h = calloc(1, sizeof(*h));
	int err;

	if (!h)
		return NULL;
	h->fan = h->guard = -1;
	h->asked[0] = h->asked[1] = h->done[0] = h->done[1] = -1;
	for (int i = 0; i < HELD_MAX; i++)
		h->slots[i].fd = -1;
	/* Before there is a group that the guard could keep alive. */
	err = guard_start(h);
	if (!err) {
		/*
		 * Of the files O_NONBLOCK: the kernel opens each of them when its event is read.
		 * Who has a lease on one, or has put a FIFO there, must not stop the thread that
		 * answers.
		 */
		h->fan = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK |
					       FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS,
				       O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_LARGEFILE);
		err = h->fan < 0 ? -errno : 0;
	}
	if (!err &&
	    (pipe2(h->asked, O_CLOEXEC | O_NONBLOCK) || pipe2(h->done, O_CLOEXEC | O_NONBLOCK)))
		err = -errno;
	if (!err)
		err = -pthread_create(&h->thread, NULL, reply, h);
	h->running = !err;
	if (!err)
		return h;
	hold__free(h);
	errno = -err;
	return NULL;
}

static void close_pair(const int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void hold__free(struct hold *h)
{
	if (!h)
		return;
	if (h->running) {
		close(h->done[1]);
		h->done[1] = -1;
		pthread_join(h->thread, NULL);
	}
	if (h->fan >= 0)
		close(h->fan);
	for (int i = 0; i < HELD_MAX; i++)
		if (h->slots[i].fd >= 0)
			close(h->slots[i].fd);
	close_pair(h->asked);
	close_pair(h->done);
	if (h->guard >= 0)
		close(h->guard);
	if (h->guard_pid > 0)
		waitpid(h->guard_pid, NULL, 0);
	if (h->beat)
		munmap(h->beat, sizeof(*h->beat));
	free(h);
}

int hold__fd(const struct hold *h)
{
	return h->asked[0];
}

bool hold__next(struct hold *h, struct held *ret_held)
{
	return read(h->asked[0], ret_held, sizeof(*ret_held)) == sizeof(*ret_held);
}

void hold__done(struct hold *h, uint32_t ticket)
{
	ssize_t n = write(h->done[1], &ticket, sizeof(ticket));

	(void)n; /* full: the time is over soon */
}

void hold__file(struct hold *h, int fd, bool executable)
{
	fanotify_mark(h->fan, FAN_MARK_ADD, executable ? FAN_OPEN_EXEC_PERM : FAN_OPEN_PERM, fd,
		      NULL);
}

/* A link in a container leads nowhere out of it. */
static int open_below(int root, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* Whether this root was marked a moment ago; if not, it will have been. */
static bool root_is_marked(struct hold *h, const struct stat *st)
{
	uint64_t now = clock_monotonic_ns();
	uint32_t i = 0;

	while (i < ROOTS_MAX && (h->roots[i].dev != st->st_dev || h->roots[i].ino != st->st_ino))
		i++;
	if (i < ROOTS_MAX && now - h->roots[i].marked_ns < ROOT_NS)
		return true;
	if (i == ROOTS_MAX)
		i = h->next_root++ % ROOTS_MAX;
	h->roots[i].dev = st->st_dev;
	h->roots[i].ino = st->st_ino;
	h->roots[i].marked_ns = now;
	return false;
}

void hold__root(struct hold *h, const char *root)
{
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool marked = true;
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st))
		marked = root_is_marked(h, &st);
	for (size_t i = 0; !marked && i < sizeof(folders) / sizeof(folders[0]); i++) {
		char path[32];
		int folder = open_below(fd, folders[i]);

		if (folder < 0)
			continue;
		/* By path: a descriptor of O_PATH can't be marked. */
		snprintf(path, sizeof(path), "/proc/self/fd/%d", folder);
		fanotify_mark(h->fan, FAN_MARK_ADD, FAN_OPEN_PERM | FAN_EVENT_ON_CHILD, AT_FDCWD,
			      path);
		close(folder);
	}
	close(fd);
}
