// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/guess.h"
#include "capture/procfs.h"
#include "capture/watch_proc.h"
#include "capture/wide.h"

/* A curl to the same host writes its request some 12 ms after exec: none is known to be quicker. */
#define LATE_NS (10 * 1000 * 1000)

/* Another file has its number by now. */
static void lib_outdated(struct watch *w, struct lib *lib)
{
	if (lib->fd < 0)
		watch_lib__drop(w, lib);
	else
		lib->ino = 0; /* gone with its last user */
}

/* The library's probes now, or as soon as its plan is there. */
static void proc_want(struct watch *w, pid_t pid, struct lib *lib)
{
	if (lib->state == LIB_PLANNED)
		watch_proc__attach(w, pid, lib);
	else if (lib->state == LIB_PENDING && lib->waiting_count < LIB_WAITING_MAX)
		lib->waiting[lib->waiting_count++] = pid;
	else if (lib->state == LIB_PENDING)
		lib->more_waiting = true;
	libs__rest(&w->libs, lib);
}

static struct lib *lib_add(struct watch *w, uint64_t dev, uint64_t ino, int fd, bool executable)
{
	struct lib *lib = w->libs.count == LIBS_MAX ? libs__dispensable(&w->libs) : NULL;

	if (lib)
		watch_lib__drop(w, lib);
	lib = libs__add(&w->libs, dev, ino, fd);
	if (!lib) {
		w->stats.full++;
		return NULL;
	}
	lib->executable = executable;
	/* Nobody would ever answer. */
	if (w->ops->scan(w->ctx, lib)) {
		w->stats.failed++;
		watch_lib__drop(w, lib);
		return NULL;
	}
	return lib;
}

/* Gives the executable to the meter to read. Takes fd over. */
static void program_ask(struct watch *w, struct program *g, int fd)
{
	struct lib *lib = libs__find(&w->libs, g->id.dev, g->id.ino);
	struct file_id id = { .ino = 0 };
	struct stat st;

	if (lib && lib->executable && file_id_equal(&lib->id, &g->id)) {
		lib__wake(lib, fd);
		if (lib->fd < 0)
			return;
		g->own = lib;
		g->asked = true;
		return;
	}
	/* The process may have called exec since it was looked at. */
	if (!fstat(fd, &st))
		id = file_id_of(&st);
	if (!file_id_equal(&id, &g->id)) {
		close(fd);
		return;
	}
	if (lib && lib->executable)
		lib_outdated(w, lib);
	g->own = lib_add(w, g->id.dev, g->id.ino, fd, true);
	g->asked = g->own != NULL;
	w->reading += g->asked;
}

/* The TLS stack inside of the program; on the first sight of it the meter is asked. */
static struct lib *program_own(struct watch *w, pid_t pid, struct program *g)
{
	int fd;

	if (g->own && g->own->fd < 0 && !lib__wake(g->own, procfs_open_exe(pid)))
		return NULL;
	if (g->own || g->asked)
		return g->own;
	if (w->reading >= WATCH_READING) {
		w->unread = true;
		return NULL;
	}
	fd = procfs_open_exe(pid);
	if (fd >= 0)
		program_ask(w, g, fd);
	return g->own;
}

static void program_expect(void *ctx, const char *path)
{
	struct watch *w = ctx;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct program *g;
	struct file_id id;
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || w->reading >= WATCH_READING) {
		close(fd);
		return;
	}
	id = file_id_of(&st);
	g = programs__of_file(&w->programs, &id);
	if (g->own || g->asked) {
		close(fd);
		return;
	}
	program_ask(w, g, fd);
	if (g->own)
		libs__rest(&w->libs, g->own);
}

/* The file that is mapped. opened: it, if we have it: it stays the caller's; -1: not yet. */
static int library_open(const struct mapping *m, int opened)
{
	return opened >= 0 ? fcntl(opened, F_DUPFD_CLOEXEC, 0) : procfs_open_mapped(m);
}

/* The library that is mapped, with its descriptor; on the first sight of it the meter is asked. */
static struct lib *library_of(struct watch *w, const struct mapping *m, int opened)
{
	struct lib *lib = libs__find(&w->libs, m->dev, m->ino);
	int fd = -1;

	if (lib && (lib->fd >= 0 || lib__wake(lib, library_open(m, opened))))
		return lib;
	fd = library_open(m, opened);
	/* Somebody has a lease on it: who uses it is not followed, which is to be told. */
	w->stats.failed += fd == -EWOULDBLOCK;
	if (fd < 0)
		return NULL;
	if (lib)
		lib_outdated(w, lib);
	lib = lib_add(w, m->dev, m->ino, fd, false);
	if (lib)
		lib->path = strdup(m->path);
	return lib;
}

static struct lib *library_met(struct watch *w, const struct mapping *m, int opened)
{
	struct lib *lib = library_of(w, m, opened);
	struct program *g = lib ? programs__of(&w->programs, m->pid) : NULL;

	if (g && lib)
		program__maps(g, lib);
	if (lib)
		proc_want(w, m->pid, lib);
	return lib;
}

/*
 * A file whose name tells nothing may have a TLS stack inside: an extension module of Python, a
 * library of an agent's own. The meter reads it once, as it does a program.
 */
static void mapped_other(struct watch *w, const struct mapping *m)
{
	uint64_t now = clock_monotonic_ns();
	struct program *g;
	struct file_id id;
	struct stat st;
	int fd;

	if (!mapping_is_file(m) || plain_files__has(&w->plain, m->dev, m->ino, now))
		return;
	fd = procfs_open_mapped(m);
	if (fd < 0)
		return;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return;
	}
	id = file_id_of(&st);
	g = programs__of_file(&w->programs, &id);
	if (g->own || (!g->asked && w->reading < WATCH_READING)) {
		program_ask(w, g, fd);
	} else {
		w->unread |= !g->asked;
		close(fd);
	}
	if (g->own)
		proc_want(w, m->pid, g->own);
	else if (g->asked)
		plain_files__add(&w->plain, m->dev, m->ino, now);
}

void watch__mapped(struct watch *w, const struct mapping *m)
{
	if (w->tree_only && !(watch__mark_of(w, m->pid) & WATCH_TREE))
		return;
	if (!lib_name_known(m->path))
		mapped_other(w, m);
	else if (!w->sinks || procfs_parent(m->pid) != w->sinks)
		library_met(w, m, -1);
}

/* A program with TLS inside is about to be executed: its probes take hold of the image to come. */
static struct lib *program_held(struct watch *w, pid_t pid, const struct stat *st, int fd)
{
	struct file_id id = file_id_of(st);
	struct program *g = programs__of_file(&w->programs, &id);

	if (!g->own || (g->own->fd < 0 && !lib__wake(g->own, fcntl(fd, F_DUPFD_CLOEXEC, 0))))
		return NULL;
	proc_want(w, pid, g->own);
	return g->own;
}

uint64_t watch__held(struct watch *w, pid_t pid, int fd, bool exec)
{
	struct mapping m = { .pid = pid };
	char path[PATH_MAX] = "";
	struct lib *lib = NULL;
	struct stat st;

	if (w->tree_only && !(watch__mark_of(w, pid) & WATCH_TREE))
		return 0;
	if (fstat(fd, &st))
		return 0;
	if (exec) {
		lib = program_held(w, pid, &st, fd);
	} else {
		m.dev = st.st_dev;
		m.ino = st.st_ino;
		m.path = path;
		procfs_path_of(fd, path, sizeof(path));
		lib = library_met(w, &m, fd);
	}
	return lib && lib->state == LIB_PENDING ? lib->token : 0;
}

bool watch__read(struct watch *w, uint64_t token)
{
	const struct lib *lib = libs__by_token(&w->libs, token);

	return !lib || lib->state != LIB_PENDING;
}

static void scan_exe(void *ctx, pid_t pid)
{
	struct watch *w = ctx;
	struct program *g;
	struct lib *own;

	if (w->tree_only && !(watch__mark_of(w, pid) & WATCH_TREE))
		return;
	g = programs__of(&w->programs, pid);
	own = g ? program_own(w, pid, g) : NULL;
	if (own)
		proc_want(w, pid, own);
}

static void scan_mapping(void *ctx, const struct mapping *m)
{
	watch__mapped(ctx, m);
}

static void scan_proc(void *ctx, pid_t pid)
{
	scan_exe(ctx, pid);
	procfs_mappings(pid, scan_mapping, ctx);
}

/* The meter has read a program, or what is read like one. */
static void program_read(struct watch *w, struct lib *lib)
{
	w->reading--;
	if (lib->state == LIB_NOTHING)
		watch_lib__drop(w, lib);
	if (!w->reading && w->unread) {
		w->unread = false;
		procfs_each(scan_proc, w);
	}
}

void watch__planned(struct watch *w, uint64_t token, const struct probe_plan *plan)
{
	struct lib *lib = libs__planned(&w->libs, token, plan);
	bool more;

	if (!lib)
		return;
	more = lib->more_waiting && lib->state == LIB_PLANNED;
	lib->more_waiting = false;
	if (lib->state == LIB_PLANNED && w->ops->hooked)
		w->ops->hooked(w->ctx, lib);
	for (uint32_t i = 0; lib->state == LIB_PLANNED && i < lib->waiting_count; i++)
		watch_proc__attach(w, lib->waiting[i], lib);
	lib->waiting_count = 0;
	libs__rest(&w->libs, lib);
	if (lib->executable)
		program_read(w, lib);
	if (more)
		procfs_each(scan_proc, w);
}

/* Every library of the host's own folders: the process has run nothing yet, any may be next. */
static void proc_attach_standard(struct watch *w, pid_t pid)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < w->libs.count && count < WATCH_STANDARD; i++) {
		if (!w->libs.lib[i]->standard || w->libs.lib[i]->state != LIB_PLANNED)
			continue;
		watch_proc__attach(w, pid, w->libs.lib[i]);
		count++;
	}
}

/* Probes of the program that the process was before can't be met in its new image. */
static void proc_leave_program(struct watch *w, struct watched_proc *p, const struct lib *own)
{
	for (uint32_t i = 0; i < p->lib_count;) {
		struct lib *lib = p->libs[i].lib;

		if (!lib->executable || lib == own) {
			i++;
			continue;
		}
		if (p->look.caller)
			wide__unuse(lib);
		probes__detach(w->probes, &p->libs[i].link);
		p->libs[i] = p->libs[--p->lib_count];
		watch_lib__unuse(w, lib);
	}
}

/* Before it is mapped all there is to go by is its path. */
static bool library_wake(struct lib *lib, pid_t pid)
{
	return lib->path && lib__wake(lib, procfs_open_path(pid, lib->path));
}

/* What the program mapped when it ran before: by the time it is mapped again it may be late. */
static void proc_attach_mapped(struct watch *w, pid_t pid, const struct program *g)
{
	for (size_t i = 0; i < PROGRAM_LIBS && g->mapped[i]; i++) {
		struct lib *lib = g->mapped[i];

		if (lib->state == LIB_PLANNED && (lib->fd >= 0 || library_wake(lib, pid)))
			proc_want(w, pid, lib);
	}
}

void watch__exec(struct watch *w, pid_t pid, uint32_t exec_id, uint64_t exec_ns)
{
	struct watched_proc *p = watch_proc__living(w, pid);
	bool had = p != NULL;
	struct program *g;
	struct lib *own;

	if (w->tree_only && !(watch__mark_of(w, pid) & WATCH_TREE))
		return;
	if (p && p->asleep) {
		/* What it was says nothing of what it is now. */
		watch__exit(w, pid);
		p = NULL;
		had = false;
	}
	g = programs__of(&w->programs, pid);
	own = g ? program_own(w, pid, g) : NULL;
	if (p) {
		bystander__begin(w, p, clock_monotonic_ns());
		if (watch_proc__asked(w, pid))
			wide__client(p);
		proc_leave_program(w, p, own);
		p->exec_id = exec_id;
		watch_proc__tell(w, pid);
	} else if (w->tree_only) {
		proc_attach_standard(w, pid);
	} else if (g) {
		proc_attach_mapped(w, pid, g);
	}
	if (own)
		proc_want(w, pid, own);
	p = watch__find(w, pid);
	if (!p || (own && own->state == LIB_PENDING))
		probes__warm(w->probes);
	else if (!had && !w->tree_only)
		w->stats.late += clock_monotonic_ns() - exec_ns > LATE_NS;
}

void watch__speaks(struct watch *w, const struct speaks *s)
{
	struct watched_proc *p = watch__find(w, (pid_t)s->tgid);

	if (!s->lib)
		return;
	if (p && p->start_ns != s->start_ns)
		p = NULL;
	if (p)
		bystander__speaks(w, p, s);
	guess__judge(w, p, s);
}

void watch__fork(struct watch *w, pid_t parent, pid_t child, uint64_t fork_ns)
{
	const struct watched_proc *p = watch__find(w, parent);

	if (p && p->asleep)
		watch_proc__add_asleep(w, p, child);
	for (uint32_t i = 0; p && !p->asleep && i < p->lib_count; i++)
		watch_proc__attach(w, child, p->libs[i].lib);
	/* Its TLS is set up already: it is no slower to its first call than a new program. */
	p = watch__find(w, child);
	if (p && !p->asleep)
		w->stats.late += clock_monotonic_ns() - fork_ns > LATE_NS;
}

void watch__root(struct watch *w, pid_t pid)
{
	watch__mark(w, pid, WATCH_TREE, 0);
	proc_attach_standard(w, pid);
}

static void standard_add(void *ctx, const char *path)
{
	struct watch *w = ctx;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct lib *lib;
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || libs__find(&w->libs, st.st_dev, st.st_ino)) {
		close(fd);
		return;
	}
	lib = lib_add(w, st.st_dev, st.st_ino, fd, false);
	if (lib)
		lib->standard = true;
}

void watch__scan(struct watch *w, pid_t pid, const char *command)
{
	w->begun_ns = clock_boot_ns();
	libs_standard(standard_add, w);
	if (command)
		programs_of_command(command, program_expect, w);
	programs_known(program_expect, w);
	if (pid) {
		watch__mark(w, pid, WATCH_TREE, 0);
		scan_proc(w, pid);
	} else if (!w->tree_only) {
		procfs_each(scan_proc, w);
	}
}

void watch__fini(struct watch *w)
{
	for (size_t i = 0; i < WATCH_BUCKETS; i++)
		while (w->procs[i])
			watch_proc__remove(w, w->procs[i]->pid);
	libs__fini(&w->libs);
}
