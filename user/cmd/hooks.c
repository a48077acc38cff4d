// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/privileges.h"
#include "cmd/hook_wire.h"
#include "cmd/hooks.h"

#define RUNNER_FD 3
/* Orders that wait in the socket beside those that the process has taken. */
#define SOCKET_BYTES (HOOKS_WAITING * (int)sizeof(struct hook_order))

static int be_runner(int sock)
{
	int err;

	/* Ctrl-C reaches all of a terminal's processes: the end is the socket's. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sock = fcntl(sock, F_DUPFD_CLOEXEC, 100);
	if (dup3(sock, RUNNER_FD, O_CLOEXEC) < 0)
		return 1;
	syscall(SYS_close_range, RUNNER_FD + 1u, ~0u, 0u);
	prctl(PR_SET_NAME, "wiretally-hooks");
	err = privileges_drop_meter();
	if (err) {
		fprintf(stderr, "wiretally: can't give up privileges: %s\n", strerror(-err));
		return 1;
	}
	hook_runner(RUNNER_FD);
	return 0;
}

int hooks__start(struct hooks *ret_hooks)
{
	int socks[2], bytes = SOCKET_BYTES, err = 0;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks)) {
		err = -errno;
		fprintf(stderr, "wiretally: socketpair: %s\n", strerror(-err));
		return err;
	}
	setsockopt(socks[0], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(be_runner(socks[1]));
	if (pid < 0)
		err = -errno;
	close(socks[1]);
	if (err) {
		fprintf(stderr, "wiretally: can't start the hooks: %s\n", strerror(-err));
		close(socks[0]);
		return err;
	}
	ret_hooks->sock = socks[0];
	return 0;
}

int hooks_order(int sock, const struct action *order, const struct act_rule *r, const char *json,
		size_t json_len)
{
	struct hook_order o = { .a = *order,
				.timeout_s = r->timeout_s ? r->timeout_s : ACT_HOOK_SECONDS,
				.json_len = (uint32_t)json_len };

	if (json_len > sizeof(o.json))
		return -EMSGSIZE;
	memcpy(o.run, r->run, sizeof(o.run));
	memcpy(o.json, json, json_len);
	if (send(sock, &o, offsetof(struct hook_order, json) + json_len,
		 MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

bool hooks_next(int sock, bool wait, struct action *ret_done)
{
	return recv(sock, ret_done, sizeof(*ret_done), wait ? 0 : MSG_DONTWAIT) ==
	       sizeof(*ret_done);
}

void hooks_finish(int sock)
{
	shutdown(sock, SHUT_WR);
}
