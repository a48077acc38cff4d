// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/doctor.h"
#include "capture/elf_plan.h"
#include "capture/hooks.h"
#include "capture/libs.h"
#include "capture/privileges.h"
#include "capture/procfs.h"
#include "capture/programs.h"

/*
 * What else holds TLS that is not hooked yet, told by a part of a mapped file's name. To add one: a
 * line here; it goes when the library is hooked.
 */
static const struct {
	const char *part, *why;
} not_yet[] = {
	{ "/deno", "Deno has rustls built in: not hooked yet" },
	{ "/codex", "Codex has rustls built in: not hooked yet" },
	{ "/libjvm.so", "Java has a TLS of its own, with no place to hook" },
};

/* What a file told, kept: many processes run one executable. */
struct told {
	struct file_id id;
	bool hooked, nothing; /* nothing: it holds no TLS stack that we know */
	bool returns;	      /* it is hooked with return probes */
	char how[256];	      /* how it is hooked, or why not */
};

#define TOLD_FILES 256

struct doctor {
	const struct doctor_ops *ops;
	void *ctx;
	pid_t pid;
	bool covered, returns;	      /* returns: by return probes */
	char how[256];		      /* covered, or why not */
	struct told told[TOLD_FILES]; /* by inode */
};

static void say(struct doctor *d, const char *how)
{
	snprintf(d->how, sizeof(d->how), "%s", how);
}

/* Reads the file in a process without privileges, as the meter would: anybody may have made it. */
static void read_apart(int fd, struct told *t)
{
	struct probe_plan plan = { .count = 0 };
	int fds[2];
	pid_t pid;

	snprintf(t->how, sizeof(t->how), "it can't be read");
	if (pipe(fds))
		return;
	pid = fork();
	if (pid == 0) {
		int err = privileges_drop_meter();

		if (!err)
			err = elf_plan(fd, &plan, t->how, sizeof(t->how));
		t->hooked = !err;
		t->returns = hooks_return(&plan);
		t->nothing = err == -ENOENT;
		_exit(write(fds[1], t, sizeof(*t)) != sizeof(*t));
	}
	close(fds[1]);
	if (pid > 0) {
		struct told answer;

		if (read(fds[0], &answer, sizeof(answer)) == sizeof(answer))
			*t = answer;
		t->how[sizeof(t->how) - 1] = '\0';
		waitpid(pid, NULL, 0);
	}
	close(fds[0]);
}

static const struct told *file_told(struct doctor *d, int fd)
{
	struct file_id id = { 0 };
	struct told *t;
	struct stat st;

	if (!fstat(fd, &st))
		id = file_id_of(&st);
	t = &d->told[id.ino % TOLD_FILES];
	if (memcmp(&t->id, &id, sizeof(id))) {
		*t = (struct told){ .id = id };
		read_apart(fd, t);
	}
	return t;
}

static void on_library(void *ctx, const char *path)
{
	struct doctor *d = ctx;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const struct told *t;

	if (fd < 0) {
		d->ops->library(d->ctx, path, false, strerror(errno));
		return;
	}
	t = file_told(d, fd);
	close(fd);
	d->ops->library(d->ctx, path, t->hooked, t->how);
}

/* What hooks a process is said rather than what doesn't. Takes fd over. */
static void take(struct doctor *d, int fd)
{
	const struct told *t = file_told(d, fd);

	if (!d->covered)
		say(d, t->how);
	d->covered |= t->hooked;
	d->returns |= t->hooked && t->returns;
	close(fd);
}

static void on_mapping(void *ctx, const struct mapping *m)
{
	struct doctor *d = ctx;
	size_t n = strlen(m->path);
	int fd;

	if (lib_name_known(m->path)) {
		fd = procfs_open_mapped(m);
		if (fd < 0)
			say(d, "its TLS library can't be opened");
		else
			take(d, fd);
		return;
	}
	for (size_t i = 0; !d->how[0] && i < sizeof(not_yet) / sizeof(not_yet[0]); i++) {
		const char *at = strstr(m->path, not_yet[i].part);

		/* a program by its whole name, a library by its name and any version */
		if (at &&
		    (not_yet[i].part[0] != '/' || at + strlen(not_yet[i].part) == m->path + n))
			say(d, not_yet[i].why);
	}
}

/* The executable itself: most have no TLS inside, and nothing is said of them. */
static void on_executable(struct doctor *d)
{
	int fd = procfs_open_exe(d->pid);
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && (uint64_t)st.st_size >= PROGRAM_TLS_MIN &&
	    !file_told(d, fd)->nothing)
		take(d, fd);
	else
		close(fd);
}

static void on_process(void *ctx, pid_t pid)
{
	struct doctor *d = ctx;
	char path[64], exe[512];
	ssize_t n;

	d->pid = pid;
	d->covered = d->returns = false;
	d->how[0] = '\0';
	procfs_mappings(pid, on_mapping, d);
	on_executable(d);
	if (!d->covered && !d->how[0])
		return;
	if (d->returns && features__seccomp_danger() && procfs_seccomp(pid)) {
		d->covered = false;
		say(d, "it runs under seccomp, and this kernel would kill it for a return probe");
	}
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	d->ops->process(d->ctx, pid, exe, d->covered, d->how);
}

void doctor_run(const struct doctor_ops *ops, void *ctx)
{
	struct doctor *d = calloc(1, sizeof(*d));
	struct features f;

	features__probe(&f);
	for (int i = 0; i < FEATURE_COUNT; i++)
		ops->feature(ctx, i, f.has[i]);
	if (!d)
		return;
	d->ops = ops;
	d->ctx = ctx;
	libs_standard(on_library, d);
	procfs_each(on_process, d);
	free(d);
}

void doctor_files(char **paths, const struct doctor_ops *ops, void *ctx)
{
	struct doctor *d = calloc(1, sizeof(*d));

	if (!d)
		return;
	d->ops = ops;
	d->ctx = ctx;
	for (; *paths; paths++)
		on_library(d, *paths);
	free(d);
}
