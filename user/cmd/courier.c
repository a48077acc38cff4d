// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/privileges.h"
#include "cmd/courier.h"
#include "ledger/ledger.h"
#include "sink/delivery.h"

/* Places in the courier of the pipes' ends. */
#define LIFELINE_FD 3
#define DONE_FD	    4

/* A sink's process that ends is started again, once a second at most. */
#define AGAIN_NS 1000000000ull
#define LOOK_MS	 250
/* More than a sink takes at the end (delivery.c); one that hangs in a receiver is ended then. */
#define FINISH_NS 5000000000ull

static volatile sig_atomic_t hung_up;

static void on_hup(int sig)
{
	hung_up = 1;
	delivery_reopen = 1;
}

struct child {
	pid_t pid; /* 0: it does not run */
	uint64_t started_ns;
};

/* What is no letter of a host's name would be one of JSON's or syslog's own. */
static void name_host(char host[256])
{
	host[255] = '\0';
	if (gethostname(host, 255) || !*host)
		strcpy(host, "localhost");
	for (char *c = host; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-._", *c))
			*c = '-';
}

static void run_sink(const struct courier *c, size_t i)
{
	char host[256];
	struct delivery_opts o = { .ledger = c->ledger,
				   .host = host,
				   .board = c->plan.board,
				   .seat = i,
				   .lifeline = LIFELINE_FD };

	name_host(host);
	close(DONE_FD);
	prctl(PR_SET_NAME, "wiretally-sink");
	_exit(sink_deliver(&c->sinks->list[i], &o) != 0);
}

static void start_children(const struct courier *c, struct child *children)
{
	uint64_t now = clock_monotonic_ns();

	for (size_t i = 0; i < c->sinks->count; i++) {
		if (children[i].pid || now - children[i].started_ns < AGAIN_NS)
			continue;
		children[i].started_ns = now;
		children[i].pid = fork();
		if (children[i].pid == 0)
			run_sink(c, i);
		if (children[i].pid < 0)
			children[i].pid = 0; /* again in a second */
	}
}

/* Returns how many still run. */
static size_t reap(const struct courier *c, struct child *children, bool ending)
{
	size_t running = 0;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < c->sinks->count; i++) {
			if (children[i].pid != pid)
				continue;
			children[i].pid = 0;
			if (!ending)
				fprintf(stderr,
					"wiretally: sink %s: its process ended (%s %d); it is started "
					"again\n",
					c->sinks->list[i].name,
					WIFSIGNALED(status) ? "signal" : "status",
					WIFSIGNALED(status) ? WTERMSIG(status)
							    : WEXITSTATUS(status));
		}
	for (size_t i = 0; i < c->sinks->count; i++)
		running += children[i].pid != 0;
	return running;
}

static void signal_children(const struct courier *c, const struct child *children, int sig)
{
	for (size_t i = 0; i < c->sinks->count; i++)
		if (children[i].pid)
			kill(children[i].pid, sig);
}

/* Until the meter's side ends. False: it has. */
static bool wait_a_moment(int ms)
{
	struct pollfd p = { .fd = LIFELINE_FD, .events = POLLIN };

	return poll(&p, 1, ms) <= 0;
}

/*
 * A courier that was left behind by a kill may still have rows to bring: two of them would send the
 * same ones. The lock is held for as long as one of its processes lives.
 */
static bool take_turn(const char *ledger)
{
	char name[4096];
	int lock;

	snprintf(name, sizeof(name), "%s.sinks.lock", ledger);
	lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0) {
		fprintf(stderr, "wiretally: %s: %s\n", name, strerror(errno));
		return false;
	}
	while (flock(lock, LOCK_EX | LOCK_NB))
		if (errno != EWOULDBLOCK || !wait_a_moment(LOOK_MS))
			return false;
	return true;
}

/* The last step of each sink, which the meter did not see any more. */
static void settle(const struct courier *c)
{
	struct ledger *l;
	char err[512];

	/* Where another meter writes already: it may get rows twice. */
	if (!atomic_load(&c->plan.board->ready) || ledger__open(c->ledger, &l, err, sizeof(err)))
		return;
	if (!ledger__serve(l, &c->plan))
		ledger__settle(l);
	ledger__close(l);
}

static void supervise(const struct courier *c)
{
	struct child children[SINKS_MAX] = { { 0 } };
	uint64_t until;

	while (wait_a_moment(LOOK_MS)) {
		start_children(c, children);
		reap(c, children, false);
		if (hung_up)
			signal_children(c, children, SIGHUP);
		hung_up = 0;
	}
	until = clock_monotonic_ns() + FINISH_NS;
	while (reap(c, children, true)) {
		if (clock_monotonic_ns() > until)
			signal_children(c, children, SIGKILL);
		poll(NULL, 0, 5);
	}
	settle(c);
}

static int be_courier(const struct courier *c, int lifeline, int done)
{
	struct sigaction hup = { .sa_handler = on_hup };
	int err;

	/* Ctrl-C reaches all of a terminal's processes: the end is the lifeline's. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGHUP, &hup, NULL);
	lifeline = fcntl(lifeline, F_DUPFD_CLOEXEC, 100);
	done = fcntl(done, F_DUPFD_CLOEXEC, 100);
	if (dup3(lifeline, LIFELINE_FD, O_CLOEXEC) < 0 || dup3(done, DONE_FD, O_CLOEXEC) < 0)
		return 1;
	syscall(SYS_close_range, DONE_FD + 1u, ~0u, 0u);
	prctl(PR_SET_NAME, "wiretally-sinks");
	err = privileges_drop_meter();
	if (err) {
		fprintf(stderr, "wiretally: can't give up privileges: %s\n", strerror(-err));
		return 1;
	}
	if (take_turn(c->ledger))
		supervise(c);
	return 0;
}

static int prepare(struct courier *c)
{
	uid_t uid;
	gid_t gid;

	privileges_meter_user(&uid, &gid);
	for (size_t i = 0; i < c->sinks->count; i++) {
		const struct sink *s = &c->sinks->list[i];
		char err[SINK_ERROR_MAX] = "";
		int ret = s->ops->prepare ? s->ops->prepare(s->state, uid, gid, err) : 0;

		if (ret) {
			fprintf(stderr, "wiretally: sink %s: %s\n", s->name,
				*err ? err : strerror(-ret));
			return ret;
		}
		c->plan.sinks[i].name = s->name;
		c->plan.sinks[i].wants = s->wants;
	}
	c->plan.count = c->sinks->count;
	c->plan.board = mmap(NULL, sizeof(*c->plan.board), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return c->plan.board == MAP_FAILED ? -errno : 0;
}

int courier__start(struct courier *c, struct sinks *sinks, const char *ledger, int64_t rows_max)
{
	int lifeline[2], done[2], err;

	*c = (struct courier){ .sinks = sinks, .ledger = ledger };
	c->plan.rows_max = rows_max ? rows_max : COURIER_ROWS;
	err = prepare(c);
	if (err)
		return err;
	if (pipe2(lifeline, O_CLOEXEC) || pipe2(done, O_CLOEXEC)) {
		fprintf(stderr, "wiretally: pipe: %s\n", strerror(errno));
		return -EMFILE;
	}
	fflush(NULL);
	c->pid = fork();
	if (c->pid == 0)
		_exit(be_courier(c, lifeline[0], done[1]));
	close(lifeline[0]);
	close(done[1]);
	c->lifeline = lifeline[1];
	c->done = done[0];
	if (c->pid < 0) {
		err = -errno;
		fprintf(stderr, "wiretally: can't start the sinks: %s\n", strerror(-err));
	}
	return err;
}

void courier__finish(struct courier *c)
{
	char byte;

	close(c->lifeline);
	/* It has its own limit; whoever asks for the end again ends this wait. */
	while (read(c->done, &byte, 1) < 0 && errno == EINTR)
		;
	close(c->done);
}
