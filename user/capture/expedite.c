// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/expedite.h"
#include "capture/privileges.h"

static bool reads_zero(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c = '1';

	if (fd >= 0) {
		if (read(fd, &c, 1) != 1)
			c = '1';
		close(fd);
	}
	return c == '0';
}

static void put(int fd, bool on)
{
	ssize_t n = pwrite(fd, on ? "1" : "0", 1, 0);

	(void)n; /* refused: grace periods stay as long as they are */
}

static void guard_run(int pipe_fd, int fd)
{
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
	privileges_drop_helper();
	while (read(pipe_fd, &byte, 1) > 0)
		;
	put(fd, false);
	_exit(0);
}

void expedite__init(struct expedite *e)
{
	int fds[2];

	e->guard = -1;
	e->guard_pid = -1;
	e->fd = -1;
	e->users = 0;
	pthread_mutex_init(&e->lock, NULL);
	/* Already expedited: nothing to do. Normal by choice: not ours to change. */
	if (!reads_zero("/sys/kernel/rcu_expedited") || !reads_zero("/sys/kernel/rcu_normal"))
		return;
	if (pipe2(fds, O_CLOEXEC))
		return;
	e->fd = open("/sys/kernel/rcu_expedited", O_RDWR | O_CLOEXEC);
	e->guard_pid = e->fd >= 0 ? fork() : -1;
	if (e->guard_pid == 0) {
		close(fds[1]);
		guard_run(fds[0], e->fd);
	}
	close(fds[0]);
	e->guard = fds[1];
	if (e->guard_pid < 0)
		expedite__fini(e);
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
	e->fd = e->guard = -1;
}

void expedite__begin(struct expedite *e)
{
	if (e->fd < 0)
		return;
	pthread_mutex_lock(&e->lock);
	if (e->users++ == 0)
		put(e->fd, true);
	pthread_mutex_unlock(&e->lock);
}

void expedite__end(struct expedite *e)
{
	if (e->fd < 0)
		return;
	pthread_mutex_lock(&e->lock);
	if (--e->users == 0)
		put(e->fd, false);
	pthread_mutex_unlock(&e->lock);
}
