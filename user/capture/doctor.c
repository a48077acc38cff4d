// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <libelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/doctor.h"
#include "capture/elf_plan.h"
#include "capture/libs.h"
#include "capture/procfs.h"

/*
 * What else holds TLS that is not hooked yet, told by a part of a mapped file's name. To add one: a
 * line here; it goes when the library is hooked.
 */
static const struct {
	const char *part, *why;
} not_yet[] = {
	{ "libgnutls.so", "GnuTLS is not hooked yet" },
	{ "libssl3.so", "NSS is not hooked yet" },
	{ "/node", "Node has OpenSSL built in: not hooked yet" },
	{ "/bun", "Bun has BoringSSL built in: not hooked yet" },
	{ "/deno", "Deno has rustls built in: not hooked yet" },
	{ "/claude", "Claude Code has BoringSSL built in: not hooked yet" },
	{ "/codex", "Codex has rustls built in: not hooked yet" },
	{ "/libjvm.so", "Java's TLS is not hooked yet" },
};

struct doctor {
	const struct doctor_ops *ops;
	void *ctx;
	pid_t pid;
	bool covered;
	char how[256]; /* covered, or why not */
};

static void say(struct doctor *d, const char *how)
{
	snprintf(d->how, sizeof(d->how), "%s", how);
}

/* Tells in how[] how the file is hooked, or why not. */
static bool hooked(struct doctor *d, int fd)
{
	struct probe_plan plan;

	return !elf_plan(fd, &plan, d->how, sizeof(d->how));
}

static void on_library(void *ctx, const char *path)
{
	struct doctor *d = ctx;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good;

	if (fd < 0) {
		d->ops->library(d->ctx, path, false, strerror(errno));
		return;
	}
	good = hooked(d, fd);
	close(fd);
	d->ops->library(d->ctx, path, good, d->how);
}

static void on_mapping(void *ctx, const struct mapping *m)
{
	struct doctor *d = ctx;
	size_t n = strlen(m->path);
	int fd;

	if (lib_name_known(m->path)) {
		fd = procfs_open_mapped(m);
		if (fd < 0) {
			say(d, "its TLS library can't be opened");
			return;
		}
		d->covered |= hooked(d, fd);
		close(fd);
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

static void on_process(void *ctx, pid_t pid)
{
	struct doctor *d = ctx;
	char path[64], exe[512];
	ssize_t n;

	d->pid = pid;
	d->covered = false;
	d->how[0] = '\0';
	procfs_mappings(pid, on_mapping, d);
	if (!d->covered && !d->how[0])
		return;
	if (d->covered && features__seccomp_danger() && procfs_seccomp(pid)) {
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
	struct doctor d = { .ops = ops, .ctx = ctx };
	struct features f;

	features__probe(&f);
	for (int i = 0; i < FEATURE_COUNT; i++)
		ops->feature(ctx, i, f.has[i]);
	libs_standard(on_library, &d);
	procfs_each(on_process, &d);
}
