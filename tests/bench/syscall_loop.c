// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program that makes system calls and no LLM call, measured from within.
 *
 *   syscall_loop
 *   > pipe 30                  for 30 ms
 *   < {"count":5000,"ns":6012.4}
 *
 * To add a kind: a function, and a line in kinds[].
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Both ends of what goes to and fro between this process and a child. */
struct line {
	int to, from;
};

static struct line over_pipes, over_tcp;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A child that sends each byte back until there are no more. */
static void echo(int from, int to)
{
	char c;

	while (read(from, &c, 1) == 1)
		if (write(to, &c, 1) != 1)
			break;
	_exit(0);
}

static void pipes_open(struct line *l)
{
	int there[2], back[2];
	pid_t pid;

	if (pipe(there) || pipe(back))
		fail("pipe");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid) {
		close(there[1]);
		close(back[0]);
		echo(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	*l = (struct line){ .to = there[1], .from = back[0] };
}

static void tcp_open(struct line *l)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, fd;
	pid_t pid;

	if (listener < 0 || bind(listener, (struct sockaddr *)&a, sizeof(a)) ||
	    listen(listener, 1) || getsockname(listener, (struct sockaddr *)&a, &len))
		fail("listen");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid) {
		fd = accept(listener, NULL, NULL);
		close(listener);
		close(over_pipes.to);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		echo(fd, fd);
	}
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)))
		fail("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	close(listener);
	*l = (struct line){ .to = fd, .from = fd };
}

static void ping(const struct line *l)
{
	char c = 0;

	if (write(l->to, &c, 1) != 1 || read(l->from, &c, 1) != 1)
		fail("ping");
}

static void do_getppid(void)
{
	syscall(SYS_getppid);
}

static void do_pipe(void)
{
	ping(&over_pipes);
}

static void do_tcp(void)
{
	ping(&over_tcp);
}

static void do_exec(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		fail("/bin/true");
}

static const struct {
	const char *name;
	void (*once)(void);
	unsigned int batch; /* between two looks at the clock */
} kinds[] = {
	{ "getppid", do_getppid, 1000 },
	{ "pipe", do_pipe, 10 },
	{ "tcp", do_tcp, 10 },
	{ "exec", do_exec, 1 },
};

int main(void)
{
	char line[64], name[16];
	int ms;

	pipes_open(&over_pipes);
	tcp_open(&over_tcp);
	while (fgets(line, sizeof(line), stdin) && sscanf(line, "%15s %d", name, &ms) == 2) {
		uint64_t from = now(), ns, count = 0;
		size_t k = 0;

		while (k < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[k].name, name) != 0)
			k++;
		if (k == sizeof(kinds) / sizeof(kinds[0])) {
			fprintf(stderr, "syscall_loop: no kind %s\n", name);
			return 2;
		}
		do {
			for (unsigned int i = 0; i < kinds[k].batch; i++)
				kinds[k].once();
			count += kinds[k].batch;
			ns = now() - from;
		} while (ns < (uint64_t)ms * 1000000u);
		printf("{\"count\":%llu,\"ns\":%.1f}\n", (unsigned long long)count,
		       (double)ns / (double)count);
		fflush(stdout);
	}
	close(over_pipes.to);
	close(over_tcp.to);
	while (wait(NULL) > 0)
		;
	return 0;
}
