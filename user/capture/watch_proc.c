// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include <bpf/bpf.h>

#include "base/clock.h"
#include "capture/bystander.h"
#include "capture/hooks.h"
#include "capture/procfs.h"
#include "capture/watch_proc.h"
#include "capture/wide.h"

static struct watched_proc **bucket_of(struct watch *w, pid_t pid)
{
	return &w->procs[(uint32_t)pid % WATCH_BUCKETS];
}

struct watched_proc *watch__find(const struct watch *w, pid_t pid)
{
	struct watched_proc *p = w->procs[(uint32_t)pid % WATCH_BUCKETS];

	while (p && p->pid != pid)
		p = p->next;
	return p;
}

void watch_lib__drop(struct watch *w, struct lib *lib)
{
	programs__forget(&w->programs, lib);
	libs__remove(&w->libs, lib);
}

void watch_lib__unuse(struct watch *w, struct lib *lib)
{
	lib->users--;
	if (!lib->users)
		wide__end(w, lib);
	if (!lib->users && !lib->ino)
		watch_lib__drop(w, lib);
	else
		libs__rest(&w->libs, lib);
}

uint32_t watch__mark_of(struct watch *w, pid_t pid)
{
	uint32_t key = (uint32_t)pid, mark = 0;

	bpf_map_lookup_elem(w->watched_fd, &key, &mark);
	return mark;
}

void watch__mark(struct watch *w, pid_t pid, uint32_t set, uint32_t clear)
{
	uint32_t key = (uint32_t)pid, mark = (watch__mark_of(w, pid) & ~clear) | set;

	bpf_map_update_elem(w->watched_fd, &key, &mark, BPF_ANY);
}

static struct watched_proc *proc_add(struct watch *w, pid_t pid)
{
	struct watched_proc *p, **bucket = bucket_of(w, pid);
	uint64_t start_ns = procfs_start_ns(pid);

	if (!start_ns || w->proc_count >= WATCHED_MAX)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->pid = pid;
	p->start_ns = start_ns;
	p->next = *bucket;
	*bucket = p;
	w->proc_count++;
	return p;
}

void watch_proc__remove(struct watch *w, pid_t pid)
{
	struct watched_proc **at = bucket_of(w, pid), *p;

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	p = *at;
	if (!p)
		return;
	*at = p->next;
	w->stats.asleep -= p->asleep;
	wide__no_client(p);
	for (uint32_t i = 0; i < p->lib_count; i++) {
		probes__detach(w->probes, &p->libs[i].link);
		guess__ended(w, p, p->libs[i].lib);
		watch_lib__unuse(w, p->libs[i].lib);
	}
	free(p);
	w->proc_count--;
}

struct watched_proc *watch_proc__living(struct watch *w, pid_t pid)
{
	struct watched_proc *p = watch__find(w, pid);
	uint64_t start_ns = p ? procfs_start_ns(pid) : 0;
	uint32_t key = (uint32_t)pid;

	/* 0: it is gone by now, and its exit is yet to be told. */
	if (!start_ns || p->start_ns == start_ns)
		return p;
	watch_proc__remove(w, pid);
	/* In a tree the kernel side has marked the new one already. */
	if (watch__mark_of(w, pid) & WATCH_TREE)
		watch__mark(w, pid, 0, WATCH_PROBED | WATCH_ASLEEP | WATCH_FLOWS);
	else
		bpf_map_delete_elem(w->watched_fd, &key);
	return NULL;
}

void watch_proc__tell(struct watch *w, pid_t pid)
{
	for (uint32_t i = 0; i < w->untold_count; i++)
		if (w->untold[i] == pid)
			return;
	if (w->untold_count == WATCH_UNTOLD)
		watch__tell(w);
	w->untold[w->untold_count++] = pid;
}

void watch__tell(struct watch *w)
{
	for (uint32_t i = 0; i < w->untold_count; i++) {
		const struct watched_proc *p = watch__find(w, w->untold[i]);

		if (p)
			w->ops->fact(w->ctx, p->pid, p->start_ns);
	}
	w->untold_count = 0;
}

int watch_proc__link(struct watch *w, pid_t pid, struct lib *lib, struct probe_link *ret_link)
{
	int err;

	if (lib->wide.count) {
		*ret_link = (struct probe_link){ .count = 0 };
		return 0;
	}

	if (w->spare_seccomp && hooks_return(&lib->plan) && procfs_seccomp(pid)) {
		w->stats.spared++;
		return -EPERM;
	}
	err = probes__attach(w->probes, pid, watch__mark_of(w, pid) >> WATCH_ROUND, lib->fd,
			     &lib->plan, ret_link);
	w->stats.gone += err == -ESRCH;
	w->stats.failed += err && err != -ESRCH;
	return err;
}

/*
 * An overlay gives one file two numbers: those that a mapping has, and those that stat(2) tells who
 * opens it. Probes are set in the file below, which is one: nothing is to be counted twice.
 */
static bool same_file(const struct file_id *a, const struct file_id *b)
{
	return a->size == b->size && a->changed_ns == b->changed_ns;
}

static bool has_lib(const struct watched_proc *p, const struct lib *lib)
{
	for (uint32_t i = 0; i < p->lib_count; i++)
		if (p->libs[i].lib == lib || same_file(&p->libs[i].lib->id, &lib->id))
			return true;
	return false;
}

static void use_lib(struct watched_proc *p, struct lib *lib, struct probe_link link)
{
	p->libs[p->lib_count].lib = lib;
	p->libs[p->lib_count].link = link;
	p->lib_count++;
	lib->users++;
}

/* It is marked already. */
static void add_sleeper(struct watch *w, pid_t pid, struct lib *lib, bool connected)
{
	struct watched_proc *p = proc_add(w, pid);

	if (!p) {
		watch__exit(w, pid);
		return;
	}
	use_lib(p, lib, (struct probe_link){ .count = 0 });
	bystander__unseen(w, p, connected, clock_monotonic_ns());
}

bool watch_proc__asked(struct watch *w, pid_t pid)
{
	uint64_t start_ns = w->ops->asked ? procfs_start_ns(pid) : 0;

	return start_ns && w->ops->asked(w->ctx, pid, start_ns);
}

void watch_proc__attach(struct watch *w, pid_t pid, struct lib *lib)
{
	struct probe_link link;
	struct watched_proc *p;
	bool connected, asked;

	lib->users++; /* it stays, even if its last user turns out to be gone */
	p = watch_proc__living(w, pid);
	lib->users--;
	if (p && has_lib(p, lib))
		return;
	if (p && p->lib_count == WATCH_LIBS) {
		w->stats.failed++;
		return;
	}
	asked = watch_proc__asked(w, pid);
	if (!p && !asked && bystander__sleeps(w, pid, &connected)) {
		add_sleeper(w, pid, lib, connected);
		return;
	}
	/* The next library of one that was never looked at is no reason either. */
	if (p && p->look.unseen) {
		use_lib(p, lib, (struct probe_link){ .count = 0 });
		return;
	}
	if (p && p->asleep)
		bystander__wake(w, p);
	/* Marked first: its fork or exit during the attach must be told. */
	watch__mark(w, pid, WATCH_PROBED, 0);
	if (watch_proc__link(w, pid, lib, &link)) {
		if (!p)
			watch__exit(w, pid);
		return;
	}
	if (!p)
		p = proc_add(w, pid);
	if (!p) {
		probes__detach(w->probes, &link);
		watch__exit(w, pid);
		return;
	}
	use_lib(p, lib, link);
	if (p->look.caller)
		wide__use(lib);
	else
		bystander__begin(w, p, clock_monotonic_ns());
	if (asked)
		wide__client(p);
	watch_proc__tell(w, pid);
}

void watch_proc__unset(struct watch *w, struct watched_proc *p)
{
	for (uint32_t i = 0; i < p->lib_count; i++)
		probes__detach(w->probes, &p->libs[i].link);
}

void watch_proc__set(struct watch *w, struct watched_proc *p)
{
	for (uint32_t i = 0; i < p->lib_count; i++)
		watch_proc__link(w, p->pid, p->libs[i].lib, &p->libs[i].link);
	/* It may be a child that nothing was told of yet. */
	watch_proc__tell(w, p->pid);
}

void watch_proc__add_asleep(struct watch *w, const struct watched_proc *parent, pid_t child)
{
	struct watched_proc *p = watch_proc__living(w, child) ? NULL : proc_add(w, child);

	if (!p)
		return;
	for (uint32_t i = 0; i < parent->lib_count; i++)
		use_lib(p, parent->libs[i].lib, (struct probe_link){ .count = 0 });
	watch__mark(w, child, WATCH_PROBED, 0);
	if (parent->look.unseen)
		bystander__unseen(w, p, parent->look.connected, clock_monotonic_ns());
	else
		bystander__sleep(w, p, clock_monotonic_ns());
}

void watch__known(struct watch *w, pid_t pid, uint64_t start_ns)
{
	uint32_t had = watch__mark_of(w, pid);

	/* Of one that has probes this is known; one that lost them is to have them again. */
	if (watch__find(w, pid)) {
		bystander__connects(w, pid, true, clock_monotonic_ns());
		return;
	}
	/* Marked first, as above. */
	if (!had)
		watch__mark(w, pid, WATCH_FLOWS, 0);
	if (procfs_start_ns(pid) == start_ns)
		w->ops->fact(w->ctx, pid, start_ns);
	else if (!had)
		watch__exit(w, pid); /* it is gone, and nobody would tell */
}

void watch__exit(struct watch *w, pid_t pid)
{
	uint32_t key = (uint32_t)pid;

	bpf_map_delete_elem(w->watched_fd, &key);
	watch_proc__remove(w, pid);
}
