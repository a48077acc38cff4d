// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/privileges.h"
#include "cmd/gauge.h"

/* Places in the gauge of the pipes' ends. */
#define LIFELINE_FD 3
#define OUT_FD	    4
/* Lines of minutes: the meter reads once a second, and may be held up for some. */
#define PIPE_BYTES (1 << 20)
/* A source that has not come back from its driver for so long hangs, and is ended. */
#define HUNG_NS (10 * 1000000000ull)
/* One that failed or was ended is tried again after so long: a driver that is being updated. */
#define AGAIN_NS (5 * 1000000000ull)
/* Where there is nothing of the kind it is looked for again: a driver may be loaded later. */
#define ABSENT_NS (30 * 1000000000ull)
#define LOOK_MS	  500
#define END_LOOKS 40

struct child {
	pid_t pid; /* 0: it does not run */
	bool hung; /* it was ended, and is not gone yet */
	bool was;  /* it ran, or its absence was told */
	uint64_t next_ns;
};

struct supervisor {
	struct gpu_source_opts o;
	_Atomic uint64_t *beats; /* by source: when it last went to its driver, or came back */
	struct child children[GPU_SOURCES];
};

/* A line is shorter than PIPE_BUF: those of several processes do not mix. */
static void write_line(void *ctx, const struct gpu_reading *r)
{
	struct gpu_holders *holders = ctx;
	char line[GPU_LINE_MAX];
	size_t n = gpu_reading__print(r, line);

	if (holders)
		holders__note(holders, r);
	if (write(OUT_FD, line, n) < 0 && errno != EINTR)
		_exit(0);
}

static struct gpu_teller teller_of(const struct supervisor *s, size_t source)
{
	return (struct gpu_teller){ .emit = write_line,
				    .ctx = s->o.holders,
				    .ts = clock_monotonic_ns(),
				    .wall_offset_ns = clock_wall_offset_ns(),
				    .source = (uint8_t)source };
}

/*
 * When the pass after that of ts begins. All sources keep to whole periods of the same clock, so
 * that what one tells of a second and what another does are of the same second. One that was late
 * leaves none out, and makes no two at once.
 */
static uint64_t next_pass(const struct gpu_source *source, uint64_t ts)
{
	int period_ms = source->period_ms ? source->period_ms : GAUGE_PASS_MS;
	uint64_t period = (uint64_t)period_ms * 1000000, lead = (uint64_t)source->lead_ms * 1000000;

	return (ts + lead + period / 2 + period - 1) / period * period - lead;
}

static int run_source(const struct supervisor *s, size_t i)
{
	const struct gpu_source *source = gpu_sources[i];
	struct gpu_teller t = teller_of(s, i);
	char name[16];
	void *state;
	int err;

	snprintf(name, sizeof(name), "wiretally-%s", source->name);
	prctl(PR_SET_NAME, name);
	err = geteuid() ? 0 : privileges_drop_source(source->caps);
	/* Behind that: a change of the user undoes it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (err) {
		gpu_tell_state(&t, GPU_STATE_FAILED, "it can't give up privileges");
		return 1;
	}
	err = source->open(&s->o, &t, &state);
	while (!err) {
		uint64_t next = next_pass(source, t.ts), now;

		atomic_store(&s->beats[i], clock_monotonic_ns());
		err = gpu_source__pass(source, state, &t);
		now = clock_monotonic_ns();
		/* It sleeps, and hangs not. */
		atomic_store(&s->beats[i], next > now ? next : now);
		if (!err && now < next)
			poll(NULL, 0, (int)((next - now) / 1000000));
		t = teller_of(s, i);
	}
	return 1;
}

static void start(struct supervisor *s, size_t i)
{
	struct child *c = &s->children[i];
	uint64_t now = clock_monotonic_ns();

	if (c->pid || now < c->next_ns)
		return;
	if (!gpu_sources[i]->present(&s->o)) {
		struct gpu_teller t = teller_of(s, i);

		if (c->was)
			gpu_tell_state(&t, GPU_STATE_ABSENT, "its driver is not there any more");
		c->was = false;
		c->next_ns = now + ABSENT_NS;
		return;
	}
	c->was = true;
	c->next_ns = now + AGAIN_NS;
	atomic_store(&s->beats[i], now);
	c->pid = fork();
	if (c->pid == 0)
		_exit(run_source(s, i));
	if (c->pid < 0)
		c->pid = 0;
}

/* One that is stuck in the kernel stays, and no other is started in its place: it would be, too. */
static void watch(struct supervisor *s, size_t i)
{
	struct child *c = &s->children[i];
	uint64_t beat = atomic_load(&s->beats[i]);
	struct gpu_teller t = teller_of(s, i);

	if (!c->pid || c->hung || t.ts < beat + HUNG_NS)
		return;
	gpu_tell_state(&t, GPU_STATE_HUNG, "the driver has not answered for %d s",
		       (int)(HUNG_NS / 1000000000));
	kill(c->pid, SIGKILL);
	c->hung = true;
}

static void reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < GPU_SOURCES; i++) {
			struct child *c = &s->children[i];
			struct gpu_teller t = teller_of(s, i);

			if (c->pid != pid)
				continue;
			if (WIFSIGNALED(status) && !c->hung)
				gpu_tell_state(&t, GPU_STATE_FAILED, "it was ended by signal %d",
					       WTERMSIG(status));
			*c = (struct child){ .was = true, .next_ns = t.ts + AGAIN_NS };
		}
}

/* Memory that its children have, too; NULL: there is none. */
static void *shared(size_t n)
{
	void *at = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void supervise(const struct gpu_source_opts *o)
{
	struct pollfd p = { .fd = LIFELINE_FD, .events = POLLIN };
	struct supervisor s = { .o = *o };

	s.beats = shared(GPU_SOURCES * sizeof(*s.beats));
	s.o.holders = shared(sizeof(*s.o.holders));
	if (!s.beats)
		return;
	do {
		reap(&s);
		for (size_t i = 0; i < GPU_SOURCES; i++) {
			start(&s, i);
			watch(&s, i);
		}
	} while (poll(&p, 1, LOOK_MS) <= 0);
	for (size_t i = 0; i < GPU_SOURCES; i++)
		if (s.children[i].pid)
			kill(s.children[i].pid, SIGKILL);
	/* One that hangs in its driver is not waited for. */
	for (int i = 0; i < END_LOOKS && waitpid(-1, NULL, WNOHANG) >= 0; i++)
		poll(NULL, 0, 5);
}

static int be_gauge(const struct gpu_source_opts *o, int lifeline, int out)
{
	uint64_t caps = 0;

	/* Ctrl-C reaches all of a terminal's processes: the end is the lifeline's. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	lifeline = fcntl(lifeline, F_DUPFD_CLOEXEC, 100);
	out = fcntl(out, F_DUPFD_CLOEXEC, 100);
	if (dup3(lifeline, LIFELINE_FD, O_CLOEXEC) < 0 || dup3(out, OUT_FD, O_CLOEXEC) < 0)
		return 1;
	syscall(SYS_close_range, OUT_FD + 1u, ~0u, 0u);
	prctl(PR_SET_NAME, "wiretally-gpu");
	for (size_t i = 0; i < GPU_SOURCES; i++)
		caps |= gpu_sources[i]->caps;
	if (!geteuid() && privileges_drop_gauge(caps))
		return 1;
	supervise(o);
	return 0;
}

int gauge__start(struct gauge *g, const struct gpu_source_opts *o)
{
	int lifeline[2], out[2], err = 0;

	*g = (struct gauge){ .lifeline = -1, .fd = -1 };
	if (pipe2(lifeline, O_CLOEXEC) || pipe2(out, O_CLOEXEC)) {
		fprintf(stderr, "wiretally: pipe: %s\n", strerror(errno));
		return -EMFILE;
	}
	fcntl(out[0], F_SETPIPE_SZ, PIPE_BYTES);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fflush(NULL);
	g->pid = fork();
	if (g->pid == 0)
		_exit(be_gauge(o, lifeline[0], out[1]));
	if (g->pid < 0) {
		err = -errno;
		fprintf(stderr, "wiretally: can't start to read GPUs: %s\n", strerror(-err));
	}
	close(lifeline[0]);
	close(out[1]);
	g->lifeline = lifeline[1];
	g->fd = out[0];
	return err;
}

void gauge__finish(struct gauge *g)
{
	if (g->lifeline < 0)
		return;
	close(g->lifeline);
	if (g->pid > 0)
		waitpid(g->pid, NULL, 0);
	close(g->fd);
	*g = (struct gauge){ .lifeline = -1, .fd = -1 };
}
