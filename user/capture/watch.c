// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/clock.h"
#include "capture/procfs.h"
#include "capture/watch.h"

/* A curl to the same host writes its request some 12 ms after exec: none is known to be quicker. */
#define LATE_NS (10 * 1000 * 1000)

#define BUCKETS (sizeof(((struct watch *)0)->procs) / sizeof(((struct watch *)0)->procs[0]))

static struct watched_proc **bucket_of(struct watch *w, pid_t pid)
{
	return &w->procs[(uint32_t)pid % BUCKETS];
}

struct watched_proc *watch__find(const struct watch *w, pid_t pid)
{
	struct watched_proc *p = w->procs[(uint32_t)pid % BUCKETS];

	while (p && p->pid != pid)
		p = p->next;
	return p;
}

static size_t program_slot(uint64_t dev, uint64_t ino)
{
	return (size_t)((dev * 31 + ino) * 0x9e3779b97f4a7c15ull >> 40) % WATCH_PROGRAMS;
}

static void program_learn(struct watch *w, pid_t pid, const struct lib *lib)
{
	uint64_t dev, ino;
	size_t slot;

	if (!procfs_exe(pid, &dev, &ino))
		return;
	slot = program_slot(dev, ino);
	w->programs[slot].dev = dev;
	w->programs[slot].ino = ino;
	w->programs[slot].lib = lib;
}

/* The library that this process's program mapped last time; NULL: never seen. */
static const struct lib *program_recall(struct watch *w, pid_t pid)
{
	uint64_t dev, ino;
	size_t slot;

	if (!procfs_exe(pid, &dev, &ino))
		return NULL;
	slot = program_slot(dev, ino);
	if (w->programs[slot].ino != ino || w->programs[slot].dev != dev)
		return NULL;
	return w->programs[slot].lib;
}

static uint32_t mark_get(struct watch *w, pid_t pid)
{
	uint32_t key = (uint32_t)pid, mark = 0;

	bpf_map_lookup_elem(w->watched_fd, &key, &mark);
	return mark;
}

static void mark_add(struct watch *w, pid_t pid, uint32_t bits)
{
	uint32_t key = (uint32_t)pid, mark = mark_get(w, pid) | bits;

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

static void proc_remove(struct watch *w, pid_t pid)
{
	struct watched_proc **at = bucket_of(w, pid), *p;

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	p = *at;
	if (!p)
		return;
	*at = p->next;
	for (uint32_t i = 0; i < p->lib_count; i++)
		probes__detach(w->probes, &p->libs[i].link);
	free(p);
	w->proc_count--;
}

/* Sets lib's probes in the process, once. */
static void proc_attach(struct watch *w, pid_t pid, const struct lib *lib)
{
	struct watched_proc *p = watch__find(w, pid);
	struct probe_link link;
	int err;

	for (uint32_t i = 0; p && i < p->lib_count; i++)
		if (p->libs[i].lib == lib)
			return;
	if (p && p->lib_count == WATCH_LIBS)
		return;
	if (w->spare_seccomp && procfs_seccomp(pid)) {
		w->stats.spared++;
		return;
	}
	/* Marked first: its fork or exit during the attach must be told. */
	mark_add(w, pid, WATCH_PROBED);
	err = probes__attach(w->probes, pid, lib->fd, &lib->plan, &link);
	if (err) {
		w->stats.gone += err == -ESRCH;
		w->stats.failed += err != -ESRCH;
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
	p->libs[p->lib_count].lib = lib;
	p->libs[p->lib_count].link = link;
	p->lib_count++;
	w->ops->fact(w->ctx, pid, p->start_ns);
}

/* The library's probes now, or as soon as its plan is there. */
static void proc_want(struct watch *w, pid_t pid, struct lib *lib)
{
	if (lib->state == LIB_PLANNED)
		proc_attach(w, pid, lib);
	else if (lib->state == LIB_PENDING && lib->waiting_count < LIB_WAITING_MAX)
		lib->waiting[lib->waiting_count++] = pid;
}

static struct lib *lib_add(struct watch *w, uint64_t dev, uint64_t ino, int fd)
{
	struct lib *lib = libs__add(&w->libs, dev, ino, fd);

	if (lib)
		w->ops->scan(w->ctx, lib);
	return lib;
}

void watch__mapped(struct watch *w, const struct mapping *m)
{
	struct lib *lib;
	int fd;

	if (!lib_name_known(m->path))
		return;
	if (w->tree_only && !(mark_get(w, m->pid) & WATCH_TREE))
		return;
	lib = libs__find(&w->libs, m->dev, m->ino);
	if (!lib) {
		fd = procfs_open_mapped(m);
		lib = fd >= 0 ? lib_add(w, m->dev, m->ino, fd) : NULL;
	}
	if (!lib || lib->state == LIB_NOTHING)
		return;
	program_learn(w, m->pid, lib);
	proc_want(w, m->pid, lib);
}

void watch__planned(struct watch *w, uint64_t token, const struct probe_plan *plan)
{
	struct lib *lib = libs__planned(&w->libs, token, plan);

	if (!lib)
		return;
	for (uint32_t i = 0; lib->state == LIB_PLANNED && i < lib->waiting_count; i++)
		proc_attach(w, lib->waiting[i], lib);
	lib->waiting_count = 0;
}

/* Every library of the host's own folders: the process has run nothing yet, any may be next. */
static void proc_attach_standard(struct watch *w, pid_t pid)
{
	for (uint32_t i = 0; i < w->libs.count; i++)
		if (w->libs.lib[i]->standard && w->libs.lib[i]->state == LIB_PLANNED)
			proc_attach(w, pid, w->libs.lib[i]);
}

void watch__exec(struct watch *w, pid_t pid, uint32_t exec_id, uint64_t exec_ns)
{
	struct watched_proc *p = watch__find(w, pid);
	const struct lib *lib;

	if (p) {
		p->exec_id = exec_id;
		w->ops->fact(w->ctx, pid, p->start_ns);
		return;
	}
	if (w->tree_only) {
		if (mark_get(w, pid) & WATCH_TREE)
			proc_attach_standard(w, pid);
		return;
	}
	lib = program_recall(w, pid);
	if (!lib || lib->state != LIB_PLANNED) {
		probes__warm(w->probes);
		return;
	}
	proc_attach(w, pid, lib);
	w->stats.late += clock_monotonic_ns() - exec_ns > LATE_NS && watch__find(w, pid);
}

void watch__fork(struct watch *w, pid_t parent, pid_t child)
{
	const struct watched_proc *p = watch__find(w, parent);

	for (uint32_t i = 0; p && i < p->lib_count; i++)
		proc_attach(w, child, p->libs[i].lib);
}

void watch__exit(struct watch *w, pid_t pid)
{
	uint32_t key = (uint32_t)pid;

	bpf_map_delete_elem(w->watched_fd, &key);
	proc_remove(w, pid);
}

void watch__root(struct watch *w, pid_t pid)
{
	mark_add(w, pid, WATCH_TREE);
	proc_attach_standard(w, pid);
}

static void standard_add(void *ctx, const char *path)
{
	struct watch *w = ctx;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct lib *lib;
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) || libs__find(&w->libs, st.st_dev, st.st_ino)) {
		close(fd);
		return;
	}
	lib = lib_add(w, st.st_dev, st.st_ino, fd);
	if (lib)
		lib->standard = true;
}

static void scan_mapping(void *ctx, const struct mapping *m)
{
	watch__mapped(ctx, m);
}

static void scan_proc(void *ctx, pid_t pid)
{
	procfs_mappings(pid, scan_mapping, ctx);
}

void watch__scan(struct watch *w, pid_t pid)
{
	libs_standard(standard_add, w);
	if (pid) {
		mark_add(w, pid, WATCH_TREE);
		scan_proc(w, pid);
	} else if (!w->tree_only) {
		procfs_each(scan_proc, w);
	}
}

void watch__fini(struct watch *w)
{
	for (size_t i = 0; i < BUCKETS; i++)
		while (w->procs[i])
			proc_remove(w, w->procs[i]->pid);
	libs__fini(&w->libs);
}
