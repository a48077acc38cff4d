// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/expedite.h"
#include "capture/privileges.h"
#include "capture/procfs.h"

static bool is_zero(int fd)
{
	char c;

	return pread(fd, &c, 1, 0) == 1 && c == '0';
}

static bool reads_zero(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool zero = fd >= 0 && is_zero(fd);

	if (fd >= 0)
		close(fd);
	return zero;
}

static void put(int fd, bool on)
{
	ssize_t n = pwrite(fd, on ? "1" : "0", 1, 0);

	(void)n; /* refused: grace periods stay as long as they are */
}

/* Of a kernel with such threads (6.9, before that by choice) those that nobody has raised yet. */
static void worker_note(void *ctx, pid_t pid)
{
	struct expedite *e = ctx;

	if (e->worker_count < EXPEDITE_WORKERS && procfs_kernel_thread(pid, "rcu_exp_") &&
	    sched_getscheduler(pid) == SCHED_OTHER)
		e->worker[e->worker_count++] = pid;
}

/* Refused: they take their turn. */
static void workers_put(const struct expedite *e, bool raised)
{
	struct sched_param p = { .sched_priority = raised };

	for (int i = 0; i < e->worker_count; i++)
		sched_setscheduler(e->worker[i], raised ? SCHED_FIFO : SCHED_OTHER, &p);
}

static void guard_run(int pipe_fd, const struct expedite *e)
{
	int fd = e->fd;
	sigset_t all;
	char byte;

	/* Only the end of the pipe, thus of the keeper, ends the guard. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid(); /* SIGKILL can't be blocked: out of the group that a kill -9 -PGID is sent to */
	prctl(PR_SET_NAME, "wiretally-guard");
	pipe_fd = dup2(pipe_fd, 0);
	fd = dup2(fd, 1);
	syscall(SYS_close_range, 2u, ~0u, 0u);
	privileges_drop_guard();
	while (read(pipe_fd, &byte, 1) > 0)
		;
	if (__atomic_load_n(e->ours, __ATOMIC_RELAXED))
		put(fd, false);
	workers_put(e, false);
	_exit(0);
}

void expedite__init(struct expedite *e)
{
	int fds[2];

	e->guard = -1;
	e->guard_pid = -1;
	e->fd = -1;
	e->ours = NULL;
	e->users = 0;
	e->worker_count = 0;
	pthread_mutex_init(&e->lock, NULL);
	/* Normal by choice: not ours to change. */
	if (!reads_zero("/sys/kernel/rcu_normal") || pipe2(fds, O_CLOEXEC))
		return;
	e->guard = fds[1];
	e->ours = mmap(NULL, sizeof(*e->ours), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (e->ours == MAP_FAILED)
		e->ours = NULL;
	e->fd = open("/sys/kernel/rcu_expedited", O_RDWR | O_CLOEXEC);
	if (e->fd >= 0)
		procfs_each(worker_note, e);
	e->guard_pid = e->fd >= 0 && e->ours ? fork() : -1;
	if (e->guard_pid == 0) {
		close(fds[1]);
		guard_run(fds[0], e);
	}
	close(fds[0]);
	if (e->guard_pid < 0)
		expedite__fini(e);
	else
		workers_put(e, true);
}

void expedite__fini(struct expedite *e)
{
	if (e->fd >= 0)
		close(e->fd);
	if (e->guard >= 0) {
		close(e->guard);
		if (e->guard_pid > 0)
			waitpid(e->guard_pid, NULL, 0);
	}
	if (e->ours)
		munmap(e->ours, sizeof(*e->ours));
	e->ours = NULL;
	e->fd = e->guard = -1;
}

void expedite__begin(struct expedite *e)
{
	if (e->fd < 0)
		return;
	pthread_mutex_lock(&e->lock);
	/* On already, by the host's choice or for another meter's attach: who set it puts it back.
	 */
	if (e->users++ == 0 && is_zero(e->fd)) {
		__atomic_store_n(e->ours, true, __ATOMIC_RELAXED);
		put(e->fd, true);
	}
	pthread_mutex_unlock(&e->lock);
}

void expedite__end(struct expedite *e)
{
	if (e->fd < 0)
		return;
	pthread_mutex_lock(&e->lock);
	if (--e->users == 0 && *e->ours) {
		put(e->fd, false);
		__atomic_store_n(e->ours, false, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&e->lock);
}
