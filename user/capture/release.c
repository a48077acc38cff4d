// SPDX-License-Identifier: BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/privileges.h"
#include "capture/release.h"
#include "shared.h"

#define FILE_PREFIX  "stopped."
#define STOPPED_LINE 40 /* of the file: a pid, a blank, 20 digits, a newline */

/* A word to the guard; written whole, being shorter than PIPE_BUF. */
struct word {
	struct member m;
	bool stopped;
};

static struct member *find(const struct release *r, const struct member *m)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->at[i].pid == m->pid && r->at[i].start_ns == m->start_ns)
			return &r->at[i];
	return NULL;
}

static int remember(struct release *r, const struct member *m)
{
	if (find(r, m))
		return 0;
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 64;
		struct member *at = realloc(r->at, room * sizeof(*at));

		if (!at)
			return -ENOMEM;
		r->at = at;
		r->room = room;
	}
	r->at[r->count++] = *m;
	return 0;
}

static void forget(struct release *r, const struct member *m)
{
	struct member *at = find(r, m);

	if (at)
		*at = r->at[--r->count];
}

static void file_name(char *dst, size_t cap, pid_t keeper)
{
	snprintf(dst, cap, RELEASE_FOLDER "/" FILE_PREFIX "%d", (int)keeper);
}

/* How often the guard looks whether the keeper hangs. */
#define GUARD_LOOK_MS 500
/* A probe that was about to stop somebody when it was told not to any more has done so by then. */
#define GUARD_AGAIN_US 100000

static void let_all_go(const struct release *known, uint64_t *halts_alive)
{
	if (halts_alive)
		__atomic_store_n(halts_alive, 0, __ATOMIC_SEQ_CST);
	for (int round = 0; round < (halts_alive ? 2 : 1); round++) {
		if (round)
			usleep(GUARD_AGAIN_US);
		for (size_t i = 0; i < known->count; i++)
			member__signal(&known->at[i], SIGCONT);
	}
}

/* The next word is there, or the end. Meanwhile a keeper may hang: nobody waits for it. */
static void await_word(const struct release *known, uint64_t *halts_alive)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };

	while (halts_alive && !poll(&p, 1, GUARD_LOOK_MS)) {
		uint64_t alive = __atomic_load_n(halts_alive, __ATOMIC_SEQ_CST);

		if (alive && alive + HALT_ALIVE_NS < clock_monotonic_ns())
			let_all_go(known, halts_alive);
	}
}

static void guard_run(int pipe_fd, int file, pid_t keeper, uint64_t *halts_alive)
{
	struct release known = { .pipe = -1, .file = -1 };
	char name[64];
	sigset_t all;
	struct word w;

	/* Only the end of the pipe, thus of the keeper, ends the guard. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid(); /* out of the group that a kill -9 -PGID is sent to */
	prctl(PR_SET_NAME, "wiretally-undo");
	if (pipe_fd == 1 || dup2(pipe_fd, 0) < 0 || dup2(file, 1) < 0)
		_exit(1);
	syscall(SYS_close_range, 2u, ~0u, 0u);
	privileges_drop_releaser();
	while (await_word(&known, halts_alive), read(0, &w, sizeof(w)) == sizeof(w)) {
		if (w.stopped)
			remember(&known, &w.m);
		else
			forget(&known, &w.m);
	}
	let_all_go(&known, halts_alive);
	file_name(name, sizeof(name), keeper);
	unlink(name);
	_exit(0);
}

/* On disk before anybody is stopped. Never less than what holds, whenever it is cut short. */
static int write_file(const struct release *r)
{
	char *text = malloc(r->count * STOPPED_LINE + 1);
	size_t n = 0;
	int err = 0;

	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < r->count; i++)
		n += (size_t)snprintf(text + n, STOPPED_LINE, "%d %" PRIu64 "\n", (int)r->at[i].pid,
				      r->at[i].start_ns);
	if (pwrite(r->file, text, n, 0) != (ssize_t)n || ftruncate(r->file, (off_t)n) ||
	    fsync(r->file))
		err = errno ? -errno : -EIO;
	free(text);
	return err;
}

/* Of a keeper that is gone with its guard: nobody else has the file locked. */
static int take_over(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC), count = 0;
	struct member m;
	FILE *f;

	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_EX | LOCK_NB) || !(f = fdopen(fd, "r"))) {
		close(fd);
		return 0;
	}
	while (fscanf(f, "%d %" SCNu64, &m.pid, &m.start_ns) == 2)
		if (m.pid > 1)
			count += member__signal(&m, SIGCONT);
	unlinkat(folder, name, 0);
	fclose(f);
	return count;
}

int release__undo(void)
{
	DIR *dir = opendir(RELEASE_FOLDER);
	struct dirent *e;
	int count = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((e = readdir(dir)))
		if (!strncmp(e->d_name, FILE_PREFIX, sizeof(FILE_PREFIX) - 1))
			count += take_over(dirfd(dir), e->d_name);
	closedir(dir);
	return count;
}

int release__init(struct release *r, uint64_t *halts_alive)
{
	char name[64];
	int fds[2];

	*r = (struct release){ .pipe = -1, .file = -1 };
	if (mkdir(RELEASE_FOLDER, 0755) && errno != EEXIST)
		return -errno;
	release__undo();
	signal(SIGPIPE, SIG_IGN); /* a guard that was killed is no end of ours */
	file_name(name, sizeof(name), getpid());
	r->file = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (r->file < 0)
		return -errno;
	if (flock(r->file, LOCK_EX | LOCK_NB) || pipe2(fds, O_CLOEXEC))
		goto fail;
	r->guard = fork();
	if (r->guard == 0) {
		close(fds[1]);
		guard_run(fds[0], r->file, getppid(), halts_alive);
	}
	close(fds[0]);
	r->pipe = fds[1];
	if (r->guard > 0)
		return 0;
	close(r->pipe);
	r->pipe = -1;
fail:
	close(r->file);
	unlink(name);
	r->file = -1;
	return -EAGAIN;
}

void release__fini(struct release *r)
{
	if (r->pipe < 0)
		return;
	close(r->pipe); /* the guard does it */
	waitpid(r->guard, NULL, 0);
	close(r->file);
	free(r->at);
	*r = (struct release){ .pipe = -1, .file = -1 };
}

static int tell_guard(const struct release *r, const struct member *m, bool stopped)
{
	struct word w;

	memset(&w, 0, sizeof(w)); /* also what is between its fields */
	w.m = *m;
	w.stopped = stopped;
	return write(r->pipe, &w, sizeof(w)) == sizeof(w) ? 0 : -EPIPE;
}

int release__promise(struct release *r, const struct member *m, size_t count)
{
	int err = r->pipe < 0 ? -EOPNOTSUPP : 0;

	for (size_t i = 0; !err && i < count; i++)
		err = remember(r, &m[i]);
	if (!err)
		err = write_file(r);
	for (size_t i = 0; !err && i < count; i++)
		err = tell_guard(r, &m[i], true);
	return err;
}

void release__go(struct release *r, const struct member *m)
{
	member__signal(m, SIGCONT);
	if (!find(r, m))
		return;
	forget(r, m);
	tell_guard(r, m, false);
	write_file(r);
}
