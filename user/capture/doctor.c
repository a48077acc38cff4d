// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/doctor.h"
#include "capture/libs.h"
#include "capture/listeners.h"
#include "capture/procfs.h"
#include "capture/programs.h"
#include "capture/shared_probes.h"
#include "capture/told.h"

/*
 * What else holds TLS that is not hooked yet, told by a part of a mapped file's name. To add one: a
 * line here; it goes when the library is hooked.
 */
static const struct {
	const char *part, *why;
} not_yet[] = {
	{ "/libjvm.so", "Java has a TLS of its own, with no place to hook" },
};

struct doctor {
	const struct doctor_ops *ops;
	void *ctx;
	pid_t pid;
	bool packets;	       /* servers can be read by them */
	bool covered, returns; /* returns: by return probes */
	char how[256];	       /* covered, or why not */
	struct told_files files;
	const struct serves_ports *ports;
};

static void say(struct doctor *d, const char *how)
{
	snprintf(d->how, sizeof(d->how), "%s", how);
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
	t = told__of(&d->files, fd, false);
	close(fd);
	d->ops->library(d->ctx, path, t->hooked, t->how);
}

/* What hooks a process is said rather than what doesn't. Takes fd over. */
static void take(struct doctor *d, int fd)
{
	const struct told *t = told__of(&d->files, fd, false);

	if (!d->covered)
		say(d, t->how);
	d->covered |= t->hooked;
	d->returns |= t->hooked && t->returns;
	close(fd);
}

/* Most files have no TLS inside, and nothing is said of them. Takes fd over. */
static void take_if_tls(struct doctor *d, int fd)
{
	struct stat st;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && (uint64_t)st.st_size >= PROGRAM_TLS_MIN &&
	    !told__of(&d->files, fd, false)->nothing)
		take(d, fd);
	else
		close(fd);
}

static void on_mapping(void *ctx, const struct mapping *m)
{
	struct doctor *d = ctx;
	size_t n = strlen(m->path);
	int fd;

	fd = mapping_is_file(m) ? procfs_open_mapped(m) : -1;
	if (fd >= 0)
		take_if_tls(d, fd);
	else if (lib_name_known(m->path))
		say(d, "its TLS library can't be opened");
	for (size_t i = 0; !d->how[0] && i < sizeof(not_yet) / sizeof(not_yet[0]); i++) {
		const char *at = strstr(m->path, not_yet[i].part);

		/* a program by its whole name, a library by its name and any version */
		if (at &&
		    (not_yet[i].part[0] != '/' || at + strlen(not_yet[i].part) == m->path + n))
			say(d, not_yet[i].why);
	}
}

static void on_executable(struct doctor *d)
{
	int fd = procfs_open_exe(d->pid);

	if (fd >= 0)
		take_if_tls(d, fd);
}

static void exe_of(pid_t pid, char *ret_exe, size_t cap)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, ret_exe, cap - 1);
	ret_exe[n > 0 ? n : 0] = '\0';
}

static void on_process(void *ctx, pid_t pid)
{
	struct doctor *d = ctx;
	char exe[512];

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
	exe_of(pid, exe, sizeof(exe));
	d->ops->process(d->ctx, pid, exe, d->covered, d->how);
}

static void on_server_file(struct doctor *d, int fd)
{
	const struct told *t = fd >= 0 ? told__of(&d->files, fd, true) : NULL;

	if (t && t->hooked) {
		d->covered = true;
		say(d, t->how);
	}
	if (fd >= 0)
		close(fd);
}

static void on_server_mapping(void *ctx, const struct mapping *m)
{
	struct doctor *d = ctx;

	if (!d->covered && libc_name_known(m->path))
		on_server_file(d, procfs_open_mapped(m));
}

static void on_listener(void *ctx, pid_t pid, uint16_t port)
{
	struct doctor *d = ctx;
	enum serves serves = pid == 1 ? SERVES_NOTHING : serves_models(pid, port, d->ports);
	char exe[512];

	if (!serves)
		return;
	d->covered = false;
	say(d, "it makes its system calls where none can be found");
	procfs_mappings(pid, on_server_mapping, d);
	on_server_file(d, procfs_open_exe(pid)); /* Go's own are what it uses */
	if (d->packets && !d->covered) {
		d->covered = true;
		say(d, "packets");
	}
	exe_of(pid, exe, sizeof(exe));
	d->ops->server(d->ctx, pid, exe, port, serves == SERVES_KNOWN, d->covered, d->how);
}

void doctor_run(const struct serves_ports *ports, const struct doctor_ops *ops, void *ctx)
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
	shared_probes_each(ops->shared, ctx);
	procfs_each(on_process, d);
	d->ports = ports;
	d->packets = f.has[FEATURE_CGROUP_SKB];
	listeners_each(on_listener, d);
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
