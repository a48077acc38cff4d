// SPDX-License-Identifier: BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/clock.h"
#include "base/glob.h"
#include "capture/enforce.h"
#include "capture/procfs.h"
#include "capture/whom.h"
#include "wiretally.skel.h"

int halts__init(struct enforce *e, const struct wiretally_bpf *bpf)
{
	struct halts *h = &e->halts;

	h->fd = bpf_map__fd(bpf->maps.halts);
	if (!e->o->on || !e->o->halt_count || e->release_err)
		return 0;
	h->at = calloc(HALTS_MAX, sizeof(*h->at));
	if (!h->at)
		return -ENOMEM;
	h->alive_ns = (uint64_t *)&bpf->bss->halts_alive_ns;
	__atomic_store_n(h->alive_ns, clock_monotonic_ns(), __ATOMIC_RELEASE);
	return 0;
}

static struct halted *find(struct halts *h, pid_t pid)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->at[i].m.pid == pid)
			return &h->at[i];
	return NULL;
}

static void forget(struct enforce *e, struct halted *one)
{
	uint32_t tgid = (uint32_t)one->m.pid;
	struct member m = one->m;

	bpf_map_delete_elem(e->halts.fd, &tgid);
	*one = e->halts.at[--e->halts.count];
	release__go(&e->release, &m);
}

static bool fits(const struct halt_who *w, const struct wire_proc *p)
{
	struct span exe = span_of(p->exe, strnlen(p->exe, sizeof(p->exe)));
	struct span cgroup = span_of(p->cgroup, strnlen(p->cgroup, sizeof(p->cgroup)));

	return (!w->exe || glob_fits(exe, span_str(w->exe))) &&
	       (!w->cgroup || glob_fits_below(cgroup, span_str(w->cgroup)));
}

bool halts__wants(struct enforce *e, pid_t pid)
{
	struct wire_proc *p = e->halts.at ? malloc(sizeof(*p)) : NULL;
	bool wanted = false;

	if (p && procfs_read(pid, p))
		for (size_t i = 0; i < e->o->halt_count && !wanted; i++)
			wanted = fits(&e->o->halt[i], p);
	free(p);
	return wanted && !whom__is_protected(e, pid);
}

/* It runs again at the next turn(). One that is gone, or can't be stopped, is not waited for. */
static void stop(struct halted *one)
{
	one->waits = member__signal(&one->m, SIGSTOP);
	if (one->waits && !one->since_ns)
		one->since_ns = clock_monotonic_ns();
}

int halts__add(struct enforce *e, pid_t pid, uint64_t start_ns)
{
	struct halt value = { .start_ns = start_ns };
	struct halts *h = &e->halts;
	struct halted *one = find(h, pid);
	uint32_t tgid = (uint32_t)pid;
	int err;

	if (one && one->m.start_ns == start_ns) {
		stop(one);
		return 0;
	}
	if (one)
		forget(e, one);
	if (h->count == HALTS_MAX)
		return -ENOSPC;
	one = &h->at[h->count];
	*one = (struct halted){ .m = { pid, start_ns } };
	err = release__promise(&e->release, &one->m, 1);
	if (!err && bpf_map_update_elem(h->fd, &tgid, &value, BPF_ANY))
		err = -errno;
	if (err) {
		fprintf(stderr, "wiretally: process %d is not on hold: %s\n", (int)pid,
			strerror(-err));
		return err;
	}
	h->count++;
	stop(one);
	return 0;
}

bool halts__has(const struct enforce *e, const struct member *m)
{
	for (size_t i = 0; i < e->halts.count; i++)
		if (e->halts.at[i].m.pid == m->pid && e->halts.at[i].m.start_ns == m->start_ns)
			return true;
	return false;
}

void halts__gone(struct enforce *e, pid_t pid)
{
	struct halted *one = e->halts.at ? find(&e->halts, pid) : NULL;

	if (one)
		forget(e, one);
}

/* How often it was stopped by now. */
static uint64_t asked(const struct halts *h, const struct halted *one)
{
	uint32_t tgid = (uint32_t)one->m.pid;
	struct halt value;

	return bpf_map_lookup_elem(h->fd, &tgid, &value) ? one->answered : value.asked;
}

/* "812 (python3 -m x) T 1 ...": what is in the parentheses may have some, too. */
static char state_of(int task, const char *tid)
{
	char path[64], text[512], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%.20s/stat", tid);
	fd = openat(task, path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 'X'; /* the thread is gone */
	text[n] = '\0';
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : 'X';
}

/*
 * None of its threads runs, or is about to: each that was stopped has been counted. One that waits
 * in the kernel (D) may do so on its way into a write. Where one has just ended, the kernel's list
 * may have ended with it.
 */
static bool has_stopped(pid_t pid)
{
	static const char standing[] = { 'T', 't', 'Z' };
	char path[32];
	struct dirent *d;
	DIR *tasks;
	bool stopped;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	stopped = tasks != NULL;
	while (stopped && (d = readdir(tasks)))
		if (*d->d_name != '.')
			stopped = memchr(standing, state_of(dirfd(tasks), d->d_name),
					 sizeof(standing));
	if (tasks)
		closedir(tasks);
	return stopped;
}

/* Somebody ordered that it stands still; who takes that back lets it go on. */
static bool is_frozen(const struct enforce *e, const struct member *m)
{
	for (size_t i = 0; i < e->hold_count; i++)
		for (size_t k = 0; k < e->holds[i].count; k++)
			if (e->holds[i].a.verb == ACTION_FREEZE &&
			    e->holds[i].members[k].pid == m->pid)
				return true;
	return false;
}

/* n: stops that are counted by now. */
static void go_on(struct enforce *e, struct halted *one, uint64_t n, uint64_t now_ns)
{
	uint64_t took = now_ns > one->since_ns ? now_ns - one->since_ns : 0;
	struct halts *h = &e->halts;

	if (!is_frozen(e, &one->m))
		member__signal(&one->m, SIGCONT);
	if (n != one->let_go) {
		h->stats.holds++;
		h->stats.ns += took;
		h->stats.longest_ns = took > h->stats.longest_ns ? took : h->stats.longest_ns;
	}
	one->let_go = n;
	one->since_ns = 0;
	one->waits = false;
}

/*
 * Its time is over: what it asked by now is answered by nobody. One that stops only behind the
 * leave is let go at the next turn.
 */
static void open_up(struct enforce *e, struct halted *one, uint64_t n, uint64_t now_ns)
{
	go_on(e, one, n, now_ns);
	one->opened_ns = clock_monotonic_ns();
	n = asked(&e->halts, one);
	e->halts.stats.unjudged += n - one->answered;
	one->answered = n;
}

/* Returns whether it still waits for threads of its own. */
static bool turn(struct enforce *e, struct halted *one, uint64_t now_ns)
{
	uint64_t n = asked(&e->halts, one);

	if (n == one->let_go && !one->waits) {
		one->since_ns = 0;
		return false;
	}
	if (!one->since_ns)
		one->since_ns = now_ns; /* it is yet to be told, or the ring of events was full */
	if (now_ns > one->since_ns && now_ns - one->since_ns > HALT_MAX_NS) {
		open_up(e, one, n, now_ns);
		return false;
	}
	if (n != one->answered)
		return false;
	if (!has_stopped(one->m.pid))
		return true;
	/* One that was on its way has asked by now. */
	if (asked(&e->halts, one) == n)
		go_on(e, one, n, now_ns);
	return false;
}

void halts__end(struct enforce *e)
{
	struct halts *h = &e->halts;

	if (h->alive_ns)
		__atomic_store_n(h->alive_ns, 0, __ATOMIC_SEQ_CST);
	for (size_t i = 0; i < h->count; i++)
		if (!is_frozen(e, &h->at[i].m))
			member__signal(&h->at[i].m, SIGCONT);
}

void halts__fini(struct enforce *e)
{
	halts__end(e);
	free(e->halts.at);
	e->halts = (struct halts){ .count = 0 };
}

int halts__run(struct enforce *e)
{
	uint64_t now = clock_monotonic_ns();
	struct halts *h = &e->halts;
	bool waits = false;

	if (!h->at)
		return -1;
	__atomic_store_n(h->alive_ns, now, __ATOMIC_RELEASE);
	for (size_t i = 0; i < h->count; i++)
		waits |= turn(e, &h->at[i], now);
	return waits ? HALT_AGAIN_MS : -1;
}

void halts__stopped(struct enforce *e, const struct wire *w)
{
	struct halted *one = e->halts.at ? find(&e->halts, (pid_t)w->tgid) : NULL;

	if (!one || one->m.start_ns != w->start_ns || w->ts <= one->opened_ns)
		return;
	if (!one->since_ns)
		one->since_ns = w->ts;
	if (w->flags & WIRE_FAULT) {
		e->halts.stats.unjudged++;
		one->answered++;
	}
}

/* It is stopped before the write: what it was about to send goes with it. */
static void deny(struct enforce *e, struct halted *one, const struct action *order)
{
	struct action a = *order;

	a.verb = ACTION_KILL;
	a.processes = a.connections = a.spared = 0;
	a.result = whom__is_protected(e, one->m.pid)  ? ACTION_PROTECTED
		   : member__signal(&one->m, SIGKILL) ? ACTION_DONE
						      : ACTION_GONE;
	a.processes = a.result == ACTION_DONE;
	a.at_ns = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
	a.until_ns = 0;
	e->done(e->ctx, &a);
	if (a.result != ACTION_DONE)
		return; /* its time will be over */
	e->halts.stats.denied++;
	forget(e, one);
}

void halts__judged(struct enforce *e, const struct judged *j)
{
	pid_t pid = (pid_t)j->action.proc.tgid;
	struct halted *one = e->halts.at ? find(&e->halts, pid) : NULL;
	struct action a = j->action;

	if (!one || one->m.start_ns != a.proc.start_ns || j->asked_ns <= one->opened_ns)
		return;
	a.id[sizeof(a.id) - 1] = a.finding[sizeof(a.finding) - 1] = '\0';
	a.by[sizeof(a.by) - 1] = a.service[sizeof(a.service) - 1] = '\0';
	if (j->denied)
		deny(e, one, &a);
	else if (one->answered < asked(&e->halts, one))
		one->answered++;
}
