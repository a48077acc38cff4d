// SPDX-License-Identifier: BSD-2-Clause
/* The process of the hooks: a program for each finding, some at once, none for longer than it may.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/hook_wire.h"
#include "cmd/hooks.h"

#define SECOND_NS 1000000000ull
#define LOOK_MS	  50 /* how late a hook's end is seen */
#define ARGS_MAX  32

/* What one may have: enough for a script that calls curl, too little to harm the host. */
#define HOOK_FILES     64
#define HOOK_PROCESSES 64	    /* of its user, the meter and sinks among them */
#define HOOK_FILE_SIZE (1u << 20)   /* bytes of a file that it writes */
#define HOOK_MEMORY    (1ull << 30) /* address space of each of its processes */

struct job {
	pid_t pid; /* 0: none; also its process group */
	uint64_t until_ns;
	struct action a;
};

struct runner {
	int sock;
	struct job jobs[HOOKS_AT_ONCE];
	struct hook_order *waiting; /* HOOKS_WAITING, in a ring */
	size_t first, count;
	bool ending;
};

static void told(struct runner *r, struct action *a, uint8_t result)
{
	a->result = result;
	a->at_ns = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
	send(r->sock, a, sizeof(*a), MSG_NOSIGNAL);
}

static void limit(int what, rlim_t n)
{
	setrlimit(what, &(struct rlimit){ n, n });
}

/* The finding as a file in memory: a program that doesn't read it holds up nobody. */
static int input_of(const struct hook_order *o)
{
	int fd = memfd_create("finding", MFD_CLOEXEC);

	if (fd >= 0 &&
	    (write(fd, o->json, o->json_len) != (ssize_t)o->json_len || lseek(fd, 0, SEEK_SET))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* In the child. Returns when it can't be run. */
static void become(const struct hook_order *o, int input)
{
	char *env[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/", NULL };
	char run[ACT_RUN_MAX], *rest = run, *args[ARGS_MAX + 1] = { NULL }, *one;
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	size_t n = 0;

	memcpy(run, o->run, sizeof(run));
	while (n < ARGS_MAX && (one = strsep(&rest, " ")))
		if (*one)
			args[n++] = one;
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(input, 0) < 0 || dup2(nothing, 1) < 0 || dup2(nothing, 2) < 0 || chdir("/"))
		return;
	syscall(SYS_close_range, 3u, ~0u, 0u);
	umask(077);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, HOOK_FILES);
	limit(RLIMIT_NPROC, HOOK_PROCESSES);
	limit(RLIMIT_FSIZE, HOOK_FILE_SIZE);
	limit(RLIMIT_AS, HOOK_MEMORY);
	limit(RLIMIT_CPU, o->timeout_s);
	execve(args[0], args, env);
}

static void start(struct runner *r, struct job *j, struct hook_order *o)
{
	int input = input_of(o);

	j->a = o->a;
	j->until_ns = clock_monotonic_ns() + o->timeout_s * SECOND_NS;
	j->pid = input < 0 ? -1 : fork();
	if (j->pid == 0) {
		become(o, input);
		_exit(127);
	}
	if (input >= 0)
		close(input);
	if (j->pid > 0)
		return;
	j->pid = 0;
	told(r, &j->a, ACTION_FAILED);
}

static void ended(struct runner *r, struct job *j, int status)
{
	j->pid = 0;
	j->a.processes = 1;
	told(r, &j->a, WIFEXITED(status) && !WEXITSTATUS(status) ? ACTION_DONE : ACTION_FAILED);
}

static void reap(struct runner *r)
{
	uint64_t now = clock_monotonic_ns();
	siginfo_t who = { .si_pid = 0 };
	int status;

	for (int i = 0; i < HOOKS_AT_ONCE; i++)
		if (r->jobs[i].pid && now > r->jobs[i].until_ns)
			kill(-r->jobs[i].pid, SIGKILL);
	while (!waitid(P_ALL, 0, &who, WEXITED | WNOHANG | WNOWAIT) && who.si_pid) {
		/* What it has started and left behind ends with it, while its number is its own. */
		kill(-who.si_pid, SIGKILL);
		waitpid(who.si_pid, &status, 0);
		for (int i = 0; i < HOOKS_AT_ONCE; i++)
			if (r->jobs[i].pid == who.si_pid)
				ended(r, &r->jobs[i], status);
		who.si_pid = 0;
	}
}

static size_t running(const struct runner *r)
{
	size_t n = 0;

	for (int i = 0; i < HOOKS_AT_ONCE; i++)
		n += r->jobs[i].pid != 0;
	return n;
}

static void start_waiting(struct runner *r)
{
	for (int i = 0; i < HOOKS_AT_ONCE && r->count; i++) {
		if (r->jobs[i].pid)
			continue;
		start(r, &r->jobs[i], &r->waiting[r->first]);
		r->first = (r->first + 1) % HOOKS_WAITING;
		r->count--;
	}
}

/* With no room left the rest waits in the socket, and then the meter is told that it is full. */
static void take(struct runner *r)
{
	while (r->count < HOOKS_WAITING && !r->ending) {
		struct hook_order *o = &r->waiting[(r->first + r->count) % HOOKS_WAITING];
		ssize_t n = recv(r->sock, o, sizeof(*o), MSG_DONTWAIT);

		if (n < 0)
			break;
		if (n == 0)
			r->ending = true;
		else if (n >= (ssize_t)offsetof(struct hook_order, json) &&
			 n == (ssize_t)(offsetof(struct hook_order, json) + o->json_len))
			r->count++;
	}
}

static void finish(struct runner *r)
{
	uint64_t until = clock_monotonic_ns() + HOOKS_FINISH_S * SECOND_NS;

	for (; r->count; r->count--, r->first = (r->first + 1) % HOOKS_WAITING)
		told(r, &r->waiting[r->first].a, ACTION_FAILED);
	for (int i = 0; i < HOOKS_AT_ONCE; i++)
		if (r->jobs[i].pid && r->jobs[i].until_ns > until)
			r->jobs[i].until_ns = until;
	while (running(r)) {
		reap(r);
		poll(NULL, 0, LOOK_MS);
	}
}

void hook_runner(int sock)
{
	struct runner r = { .sock = sock };

	r.waiting = calloc(HOOKS_WAITING, sizeof(*r.waiting));
	if (!r.waiting)
		return;
	while (!r.ending) {
		struct pollfd p = { .fd = sock, .events = POLLIN };

		poll(&p, 1, running(&r) || r.count ? LOOK_MS : -1);
		take(&r);
		reap(&r);
		start_waiting(&r);
	}
	finish(&r);
	free(r.waiting);
}
