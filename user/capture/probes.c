// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "base/clock.h"
#include "capture/descriptors.h"
#include "capture/expedite.h"
#include "capture/features.h"
#include "capture/hooks.h"
#include "capture/perf_uprobe.h"
#include "capture/privileges.h"
#include "capture/probes.h"
#include "wiretally.skel.h"

/*
 * Detaching waits for grace periods, not for a CPU: side by side they share them. Those of perf's
 * take one lock for all of it, for which an attach would wait behind each of them.
 */
#define REAPERS	     4
#define REAPERS_PERF 1

/* How long after an attach the next one is quick: half of the shortest grace period seen. */
#define WARM_NS (4 * 1000 * 1000)

/* No attach for this long: a burst of new processes is over; how long a detach waits for that. */
#define QUIET_NS      (40 * 1000 * 1000)
#define QUIET_WAIT_MS 1000

/* What a reaper closes; a write of one is atomic. */
struct reaped {
	int fd;
	uint32_t since_ms; /* of CLOCK_MONOTONIC, what fits */
};

struct probes {
	bool multi;
	bool closing;
	int enter[TLS_FUNCS], leave[TLS_FUNCS]; /* program descriptors; -1: none */
	struct perf_uprobe perf;
	int queue[2]; /* struct reaped */
	pthread_t reaper[REAPERS];
	int reaper_count;
	bool attaching;	  /* just now */
	uint64_t last_ns; /* of the last attach */
	unsigned long warm_offset;
	struct expedite expedite;
};

static uint32_t now_ms(void)
{
	return (uint32_t)(clock_monotonic_ns() / 1000000u);
}

/*
 * A detach takes the same locks as an attach, and walks every process that maps the library: it can
 * wait, an attach can't. Not for ever, though: what is queued holds descriptors, and the disks that
 * its files are on. So each waits by its own time, not behind what the one before it waited. But
 * none comes between the steps of an attach: perf's has eighteen, and waited for each of them.
 */
static void wait_for_quiet(struct probes *p, const struct reaped *r)
{
	while (!__atomic_load_n(&p->closing, __ATOMIC_RELAXED)) {
		uint64_t last = __atomic_load_n(&p->last_ns, __ATOMIC_RELAXED);

		if (!__atomic_load_n(&p->attaching, __ATOMIC_RELAXED) &&
		    (now_ms() - r->since_ms >= QUIET_WAIT_MS ||
		     clock_monotonic_ns() - last > QUIET_NS))
			return;
		usleep(QUIET_NS / 1000 / 4);
	}
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/*
 * To take a probe away the kernel walks all who map the file: 40 ms where they are 500, and all of
 * those lose theirs at once. A reaper that works before everybody else must not do so all the time.
 */
#define REST_TIMES 4
#define REST_FROM  2000000u /* ns; of few nobody notices */

static void rest(const struct probes *p, uint64_t worked_ns)
{
	uint64_t ns = worked_ns * REST_TIMES;
	struct timespec t = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

	if (worked_ns >= REST_FROM && !__atomic_load_n(&p->closing, __ATOMIC_RELAXED))
		nanosleep(&t, NULL);
}

static void *reap(void *arg)
{
	struct probes *p = arg;
	struct reaped r;
	uint64_t began;

	/* It holds locks that an attach waits for: not to be kept from the CPU by less. */
	privileges_go_at_once(5);
	privileges_drop_helper();
	while (read(p->queue[0], &r, sizeof(r)) == sizeof(r)) {
		wait_for_quiet(p, &r);
		began = cpu_ns();
		expedite__begin(&p->expedite);
		close(r.fd);
		expedite__end(&p->expedite);
		rest(p, cpu_ns() - began);
	}
	return NULL;
}

__attribute__((noinline, noclone)) static void warm_target(void)
{
	__asm__ volatile("");
}

static void program_prepare(struct wiretally_bpf *bpf, const char *name, bool wanted, bool multi)
{
	struct bpf_program *prog = name ? bpf_object__find_program_by_name(bpf->obj, name) : NULL;

	if (!prog)
		return;
	bpf_program__set_autoload(prog, wanted);
	if (wanted && multi)
		bpf_program__set_expected_attach_type(prog, WT_BPF_TRACE_UPROBE_MULTI);
}

void probes__prepare(struct wiretally_bpf *bpf, bool multi)
{
	for (int func = 0; func < TLS_FUNCS; func++) {
		program_prepare(bpf, hooks[func].enter, !multi, false);
		program_prepare(bpf, hooks[func].leave, !multi, false);
		program_prepare(bpf, hooks[func].multi_enter, multi, true);
		program_prepare(bpf, hooks[func].multi_leave, multi, true);
	}
}

/* The program's descriptor; -1: nothing runs there. */
static int program_fd(struct wiretally_bpf *bpf, const char *name)
{
	struct bpf_program *prog = name ? bpf_object__find_program_by_name(bpf->obj, name) : NULL;

	return prog ? bpf_program__fd(prog) : -1;
}

struct probes *probes__new(struct wiretally_bpf *bpf, bool multi)
{
	struct probes *p = calloc(1, sizeof(*p));
	int err = 0;

	if (!p)
		return NULL;
	p->multi = multi;
	p->queue[0] = p->queue[1] = -1;
	expedite__init(&p->expedite); /* forks: before the reapers */
	for (int func = 0; func < TLS_FUNCS; func++) {
		const struct hook *h = &hooks[func];

		p->enter[func] = program_fd(bpf, multi ? h->multi_enter : h->enter);
		p->leave[func] = program_fd(bpf, multi ? h->multi_leave : h->leave);
	}
	if (!multi)
		err = perf_uprobe__init(&p->perf);
	p->warm_offset = self_offset((const void *)warm_target);
	if (!err && pipe2(p->queue, O_CLOEXEC))
		err = -errno;
	while (!err && p->reaper_count < (multi ? REAPERS : REAPERS_PERF)) {
		err = -pthread_create(&p->reaper[p->reaper_count], NULL, reap, p);
		if (!err)
			p->reaper_count++;
	}
	if (err) {
		probes__free(p);
		errno = -err;
		return NULL;
	}
	return p;
}

void probes__free(struct probes *p)
{
	if (!p)
		return;
	__atomic_store_n(&p->closing, true, __ATOMIC_RELAXED);
	if (p->queue[1] >= 0)
		close(p->queue[1]);
	for (int i = 0; i < p->reaper_count; i++)
		pthread_join(p->reaper[i], NULL);
	if (p->queue[0] >= 0)
		close(p->queue[0]);
	expedite__fini(&p->expedite);
	free(p);
}

/* Adds a descriptor to the link; a negative one is an error and is passed on. */
static int link_add(struct probe_link *l, int fd)
{
	int *all;

	fd = descriptor__spend(fd);
	if (fd < 0)
		return fd;
	all = realloc(l->fd, (l->count + 1) * sizeof(*all));
	if (!all) {
		close(fd);
		return -ENOMEM;
	}
	l->fd = all;
	l->fd[l->count++] = fd;
	return 0;
}

/*
 * One link for all places of the plan that run the same program. prog: by enum tls_func; mark: what
 * its cookies have above it; pid 0: every process.
 */
static int attach_multi(const int *prog, pid_t pid, unsigned long long mark, const char *path,
			const struct probe_plan *plan, bool at_return, struct probe_link *l)
{
	int err = 0;

	for (uint32_t first = 0; !err && first < plan->count; first++) {
		int fd = prog[plan->at[first].func];
		unsigned long offsets[PLAN_MAX];
		unsigned long long cookies[PLAN_MAX];
		unsigned int n = 0;
		bool done = fd < 0;

		for (uint32_t i = 0; i < first; i++)
			done |= prog[plan->at[i].func] == fd;
		if (done)
			continue;
		for (uint32_t i = first; i < plan->count; i++)
			if (prog[plan->at[i].func] == fd) {
				offsets[n] = plan->at[i].offset;
				cookies[n++] = plan->at[i].func | mark;
			}
		err = link_add(l, uprobe_multi_link(fd, path, offsets, cookies, n, pid, at_return));
	}
	return err;
}

static int attach_perf(struct probes *p, pid_t pid, const char *path, const struct probe_plan *plan,
		       struct probe_link *l)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < plan->count; i++) {
		uint32_t func = plan->at[i].func;

		if (p->leave[func] >= 0)
			err = link_add(l, perf_uprobe__link(&p->perf, p->leave[func], path,
							    plan->at[i].offset, pid, true));
		if (!err && p->enter[func] >= 0)
			err = link_add(l, perf_uprobe__link(&p->perf, p->enter[func], path,
							    plan->at[i].offset, pid, false));
	}
	return err;
}

/* pid 0: every process. mark: as in attach_multi(). */
static int attach(struct probes *p, pid_t pid, unsigned long long mark, int file_fd,
		  const struct probe_plan *plan, struct probe_link *ret_link)
{
	struct probe_link l = { .count = 0 };
	char path[32];
	int err = 0;

	/* By descriptor: the path may be another mount namespace's, or gone. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file_fd);
	__atomic_store_n(&p->attaching, true, __ATOMIC_RELAXED);
	expedite__begin(&p->expedite);
	if (!p->multi)
		err = attach_perf(p, pid, path, plan, &l);
	/* The return probe first: an entry that was seen then never lacks its return. */
	if (!err && p->multi)
		err = attach_multi(p->leave, pid, mark, path, plan, true, &l);
	if (!err && p->multi)
		err = attach_multi(p->enter, pid, mark, path, plan, false, &l);
	expedite__end(&p->expedite);
	__atomic_store_n(&p->last_ns, clock_monotonic_ns(), __ATOMIC_RELAXED);
	__atomic_store_n(&p->attaching, false, __ATOMIC_RELAXED);
	if (err) {
		probes__detach(p, &l);
		return err;
	}
	*ret_link = l;
	return 0;
}

int probes__attach(struct probes *p, pid_t pid, uint32_t round, int file_fd,
		   const struct probe_plan *plan, struct probe_link *ret_link)
{
	return attach(p, pid, (unsigned long long)round << COOKIE_ROUND, file_fd, plan, ret_link);
}

int probes__attach_wide(struct probes *p, int file_fd, const struct probe_plan *plan,
			struct probe_link *ret_link)
{
	return p->multi ? attach(p, 0, 1ull << COOKIE_WIDE, file_fd, plan, ret_link) : -EOPNOTSUPP;
}

void probes__detach(struct probes *p, struct probe_link *link)
{
	struct reaped r = { .since_ms = now_ms() };

	for (uint32_t i = 0; i < link->count; i++) {
		r.fd = link->fd[i];
		if (write(p->queue[1], &r, sizeof(r)) != sizeof(r))
			close(r.fd);
	}
	free(link->fd);
	link->fd = NULL;
	link->count = 0;
}

void probes__warm(struct probes *p)
{
	struct probe_link l = { .count = 0 };
	int prog = p->enter[TLS_GONE];

	if (p->expedite.fd >= 0 || !p->warm_offset || clock_monotonic_ns() - p->last_ns < WARM_NS)
		return;
	if (p->multi)
		link_add(&l, uprobe_multi_link(prog, "/proc/self/exe", &p->warm_offset, NULL, 1,
					       getpid(), false));
	else
		link_add(&l, perf_uprobe__link(&p->perf, prog, "/proc/self/exe", p->warm_offset,
					       getpid(), false));
	__atomic_store_n(&p->last_ns, clock_monotonic_ns(), __ATOMIC_RELAXED);
	probes__detach(p, &l);
}
