// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/command.h"
#include "capture/privileges.h"

/* What a shell returns for a command that it can't run (POSIX 2.8.2). */
#define NOT_FOUND      127
#define NOT_EXECUTABLE 126

static void run(char **argv, int wait_fd)
{
	sigset_t none;
	char byte;
	int err;

	if (read(wait_fd, &byte, 1) != 1)
		_exit(NOT_EXECUTABLE);
	close(wait_fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	err = privileges_drop_command();
	if (err) {
		fprintf(stderr, "wiretally: can't become the user who called sudo: %s\n",
			strerror(-err));
		_exit(NOT_EXECUTABLE);
	}
	execvp(argv[0], argv);
	err = errno;
	fprintf(stderr, "wiretally: %s: %s\n", argv[0], strerror(err));
	_exit(err == ENOENT ? NOT_FOUND : NOT_EXECUTABLE);
}

int command_start(char **argv, struct command *ret_c)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return -errno;
	}
	if (pid == 0) {
		close(fds[1]);
		run(argv, fds[0]);
	}
	close(fds[0]);
	ret_c->pid = pid;
	ret_c->go = fds[1];
	return 0;
}

void command_go(struct command *c)
{
	ssize_t n = write(c->go, "", 1);

	(void)n; /* it is gone: its exit status will say so */
	close(c->go);
	c->go = -1;
}

int command_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}
