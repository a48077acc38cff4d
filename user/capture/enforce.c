// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/clock.h"
#include "base/glob.h"
#include "capture/control.h"
#include "capture/enforce.h"
#include "capture/procfs.h"
#include "shared.h"
#include "wiretally.skel.h"

#define MINUTE_NS 60000000000ull
#define SECOND_NS 1000000000ull

/* Rounds in which processes that were forked meanwhile are found; a fork bomb takes some. */
#define ROUNDS 8

/*
 * The host's own, by where they lie: a process can give itself any name, and a container has a
 * /usr/sbin/sshd of its own, which is not meant.
 */
static const char *const of_the_host[] = {
	"/sbin/init",	      "/usr/sbin/init",	   "/usr/sbin/sshd",	       "/usr/sbin/cron",
	"/usr/sbin/rsyslogd", "/usr/sbin/chronyd", "/usr/sbin/NetworkManager", "/lib/systemd/*",
	"/usr/lib/systemd/*", "/usr/bin/dockerd",  "/usr/bin/containerd*",     "/usr/bin/conmon",
	"/usr/bin/crio",      "/usr/bin/kubelet",  "/usr/bin/dbus-*",	       NULL,
};

static bool fits_one(const char *path, const char *const *globs)
{
	for (; globs && *globs; globs++)
		if (glob_fits(span_of(path, strlen(path)), span_of(*globs, strlen(*globs))))
			return true;
	return false;
}

static bool same_mounts(pid_t pid)
{
	struct stat theirs, ours;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	return !stat(path, &theirs) && !stat("/proc/self/ns/mnt", &ours) &&
	       theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev;
}

static bool is_ancestor(pid_t pid)
{
	for (pid_t of = getpid(); of > 1; of = procfs_parent(of))
		if (of == pid)
			return true;
	return false;
}

static bool is_protected(const struct enforce *e, pid_t pid)
{
	char link[64], path[4096] = "";

	if (pid <= 1 || is_ancestor(pid) || pid == e->o->meter || pid == e->release.guard)
		return true;
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	if (readlink(link, path, sizeof(path) - 1) < 0)
		return true; /* a kernel thread, or one that is gone */
	return fits_one(path, e->o->protect) || (fits_one(path, of_the_host) && same_mounts(pid));
}

/* Some of them is watched: it has probes, or connections to a provider; bystanders have lost
 * theirs. */
static bool are_callers(const struct enforce *e, const struct members *m)
{
	for (size_t i = 0; i < m->count; i++) {
		__u32 tgid = (__u32)m->at[i].pid, mark;

		if (!bpf_map_lookup_elem(e->watched_fd, &tgid, &mark) && (mark & ~WATCH_ASLEEP))
			return true;
	}
	return false;
}

static bool find_members(struct enforce *e, const struct action *a)
{
	pid_t pid = (pid_t)a->proc.tgid;

	return a->scope == ACTION_GROUP ? members__group(e->members, pid, a->proc.start_ns)
					: members__tree(e->members, pid, a->proc.start_ns);
}

/* Takes out whom nobody may touch; false when that is the one that was named. */
static bool spare(struct enforce *e, struct action *a)
{
	struct members *m = e->members;
	size_t kept = 0;

	for (size_t i = 0; i < m->count; i++) {
		if (!is_protected(e, m->at[i].pid))
			m->at[kept++] = m->at[i];
		else if (i == 0)
			return false;
	}
	a->spared = (uint32_t)(m->count - kept);
	m->count = kept;
	return kept != 0;
}

static bool send_to(const struct member *m, int signal)
{
	int fd = member__open(m), err;

	if (fd < 0)
		return false;
	err = (int)syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0u);
	close(fd);
	return !err;
}

static void cut(struct enforce *e, struct action *a)
{
	const struct members *m = e->members;

	if (!cutting__supported(&e->cutting)) {
		a->result = ACTION_UNSUPPORTED;
		return;
	}
	/* First all of it, then the connections: no process makes a new one for another. */
	for (size_t i = 0; i < m->count; i++)
		if (cutting__add(&e->cutting, &m->at[i]))
			a->result = ACTION_FAILED;
	for (size_t i = 0; i < m->count; i++)
		a->connections += cutting__end(&e->cutting, &m->at[i]);
	a->processes = (uint32_t)m->count;
}

static void uncut(struct enforce *e, const struct member *m)
{
	cutting__remove(&e->cutting, m);
}

/* Again until nobody is new: whoever is stopped forks no more. */
static void stop_all(struct enforce *e, struct action *a)
{
	size_t before = 0;

	for (int round = 0; round < ROUNDS && e->members->count != before; round++) {
		before = e->members->count;
		if (release__promise(&e->release, e->members->at, before)) {
			a->result = ACTION_FAILED;
			return;
		}
		a->processes = 0;
		for (size_t i = 0; i < before; i++)
			a->processes += send_to(&e->members->at[i], SIGSTOP);
		if (!find_members(e, a) || !spare(e, a))
			break;
	}
	if (e->members->count > before || e->members->more)
		a->result = ACTION_FAILED; /* not all of them; those that are stopped stay so */
}

static void freeze(struct enforce *e, struct action *a)
{
	if (e->release_err)
		a->result = ACTION_UNSUPPORTED;
	else
		stop_all(e, a);
}

static void thaw(struct enforce *e, const struct member *m)
{
	release__go(&e->release, m);
}

static void term(struct enforce *e, struct action *a)
{
	for (size_t i = 0; i < e->members->count; i++)
		a->processes += send_to(&e->members->at[i], SIGTERM);
}

/* What it sends is held back first: no request leaves while signals go out. */
static void kill_all(struct enforce *e, struct action *a)
{
	struct members *m = e->members;

	for (size_t i = 0; i < m->count; i++)
		cutting__add(&e->cutting, &m->at[i]);
	if (!e->release_err)
		stop_all(e, a);
	a->result = ACTION_DONE; /* who could not be stopped is killed all the same */
	a->processes = 0;
	for (size_t i = 0; i < m->count; i++) {
		a->processes += send_to(&m->at[i], SIGKILL);
		release__go(&e->release, &m->at[i]);
		cutting__remove(&e->cutting, &m->at[i]);
	}
}

static const struct verb {
	void (*act)(struct enforce *e, struct action *a);
	void (*undo)(struct enforce *e, const struct member *m); /* NULL: it does not hold on */
} verbs[ACTION_VERBS] = {
	[ACTION_CUT] = { cut, uncut },
	[ACTION_FREEZE] = { freeze, thaw },
	[ACTION_TERM] = { term, NULL },
	[ACTION_KILL] = { kill_all, NULL },
};

static bool is_of(const struct hold *h, const struct action *a)
{
	return h->a.proc.tgid == a->proc.tgid && h->a.proc.start_ns == a->proc.start_ns;
}

static struct hold *find_hold(struct enforce *e, const struct action *a)
{
	for (size_t i = 0; i < e->hold_count; i++)
		if (is_of(&e->holds[i], a) && e->holds[i].a.verb == a->verb)
			return &e->holds[i];
	return NULL;
}

static void tell(struct enforce *e, struct action *a)
{
	a->at_ns = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
	e->last = *a;
	e->done(e->ctx, a);
}

static void end_hold(struct enforce *e, struct hold *h)
{
	struct action a = h->a;

	for (size_t i = 0; i < h->count; i++)
		verbs[a.verb].undo(e, &h->members[i]);
	free(h->members);
	*h = e->holds[--e->hold_count];
	a.result = ACTION_UNDONE;
	a.until_ns = 0;
	a.connections = 0;
	tell(e, &a);
}

/* Processes that came since are added; returns false when there is no memory. */
static bool keep_members(struct enforce *e, struct hold *h)
{
	struct member *at = malloc((e->members->count + 1) * sizeof(*at));

	if (!at)
		return false;
	memcpy(at, e->members->at, e->members->count * sizeof(*at));
	free(h->members);
	h->members = at;
	h->count = e->members->count;
	return true;
}

static void hold(struct enforce *e, const struct action *a, uint64_t seconds)
{
	struct hold *h = find_hold(e, a);

	if (!h) {
		h = &e->holds[e->hold_count++];
		*h = (struct hold){ .a = *a };
	}
	h->until_ns = seconds ? clock_monotonic_ns() + seconds * SECOND_NS : 0;
	if (!keep_members(e, h))
		h->until_ns = 1; /* what can't be remembered must not hold on */
}

static bool allowed_now(struct enforce *e)
{
	uint64_t now = clock_monotonic_ns();

	if (now - e->minute_ns > MINUTE_NS) {
		e->minute_ns = now;
		e->in_minute = 0;
	}
	return e->in_minute++ < e->o->per_minute;
}

static uint8_t refusal(struct enforce *e, struct action *a, bool by_person)
{
	const struct verb *v = a->verb < ACTION_VERBS ? &verbs[a->verb] : NULL;

	if (!v || !v->act)
		return ACTION_UNSUPPORTED;
	if (!find_members(e, a))
		return ACTION_GONE;
	if (!spare(e, a))
		return ACTION_PROTECTED;
	if (!by_person && !are_callers(e, e->members))
		return ACTION_STRANGER;
	if (!by_person && !e->o->on)
		return ACTION_DRY_RUN;
	if ((v->undo && !find_hold(e, a) && e->hold_count == HOLDS_MAX) ||
	    (!by_person && !allowed_now(e)))
		return ACTION_TOO_MANY;
	return ACTION_DONE;
}

static void allow(struct enforce *e, struct action *a)
{
	a->result = ACTION_GONE;
	for (size_t i = e->hold_count; i > 0; i--) {
		if (!is_of(&e->holds[i - 1], a))
			continue;
		a->processes += (uint32_t)e->holds[i - 1].count;
		end_hold(e, &e->holds[i - 1]);
		a->result = ACTION_DONE;
	}
}

static void obey(struct enforce *e, const struct action *order, bool by_person)
{
	uint64_t seconds = order->until_ns > order->at_ns
				   ? (uint64_t)(order->until_ns - order->at_ns) / SECOND_NS + 1
				   : 0;
	struct action a = *order;

	a.id[sizeof(a.id) - 1] = a.finding[sizeof(a.finding) - 1] = '\0';
	a.by[sizeof(a.by) - 1] = a.service[sizeof(a.service) - 1] = '\0';
	a.processes = a.connections = a.spared = 0;
	if (a.verb == ACTION_ALLOW) {
		allow(e, &a);
		tell(e, &a);
		return;
	}
	a.result = refusal(e, &a, by_person);
	if (a.result == ACTION_DONE) {
		verbs[a.verb].act(e, &a);
		if (verbs[a.verb].undo && a.processes)
			hold(e, &a, seconds);
	} else if (a.result == ACTION_DRY_RUN) {
		a.processes = (uint32_t)e->members->count;
	}
	tell(e, &a);
}

void enforce__order(struct enforce *e, const struct action *order)
{
	obey(e, order, false);
}

void enforce__orders(struct enforce *e)
{
	struct action order;
	int fd;

	while (e->control >= 0 && (fd = control__take(e->control, &order)) != -EAGAIN) {
		if (fd < 0)
			break;
		obey(e, &order, true);
		control__answer(fd, &e->last);
	}
}

/* A daemon has a socket for orders; one whose path another has goes on without. */
static int open_control(const char *path)
{
	int fd;

	if (mkdir(RELEASE_FOLDER, 0755) && errno != EEXIST)
		return -1;
	fd = control__open(path);
	if (fd < 0)
		fprintf(stderr, "wiretally: %s: %s: orders are not taken there\n", path,
			strerror(-fd));
	return fd < 0 ? -1 : fd;
}

void enforce__held_back(struct enforce *e, pid_t pid, uint64_t start_ns)
{
	cutting__end(&e->cutting, &(struct member){ pid, start_ns });
}

static bool lives(const struct member *m)
{
	return procfs_start_ns(m->pid) == m->start_ns;
}

/* Who came into the group since. Of a tree nobody is new: bpf/cut.bpf.h looks at ancestors. */
static void renew(struct enforce *e, struct hold *h)
{
	struct action a = h->a;

	if (a.scope != ACTION_GROUP || !find_members(e, &a) || !spare(e, &a))
		return;
	verbs[a.verb].act(e, &a);
	keep_members(e, h);
}

static bool is_over(const struct hold *h, uint64_t now_ns)
{
	if (h->until_ns && now_ns >= h->until_ns)
		return true;
	for (size_t i = 0; i < h->count; i++)
		if (lives(&h->members[i]))
			return false;
	return true;
}

void enforce__tick(struct enforce *e, uint64_t now_ns)
{
	for (size_t i = e->hold_count; i > 0; i--) {
		if (is_over(&e->holds[i - 1], now_ns))
			end_hold(e, &e->holds[i - 1]);
		else
			renew(e, &e->holds[i - 1]);
	}
}

int enforce__init(struct enforce *e, const struct enforce_opts *o, const struct wiretally_bpf *bpf)
{
	e->o = o;
	e->watched_fd = bpf_map__fd(bpf->maps.watched);
	e->members = calloc(1, sizeof(*e->members));
	if (!e->members)
		return -ENOMEM;
	cutting__init(&e->cutting, bpf);
	e->release = (struct release){ .pipe = -1, .file = -1 };
	e->control = o->control ? open_control(o->control) : -1;
	e->release_err = o->on || e->control >= 0 ? release__init(&e->release) : -EOPNOTSUPP;
	return 0;
}

void enforce__fini(struct enforce *e)
{
	if (!e->o)
		return; /* it never began */
	while (e->hold_count && e->members)
		end_hold(e, &e->holds[e->hold_count - 1]);
	if (e->control >= 0) {
		unlink(e->o->control);
		close(e->control);
	}
	release__fini(&e->release);
	free(e->members);
	e->members = NULL;
}
