// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/glob.h"
#include "capture/procfs.h"
#include "capture/whom.h"
#include "shared.h"

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

/* Our program: the meter, the sinks, and those that undo when we are killed, whoever they are. */
static bool is_ours(pid_t pid)
{
	struct stat theirs, ours;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return !stat(path, &theirs) && !stat("/proc/self/exe", &ours) &&
	       theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev;
}

static bool is_ancestor(pid_t pid)
{
	for (pid_t of = getpid(); of > 1; of = procfs_parent(of))
		if (of == pid)
			return true;
	return false;
}

bool whom__is_protected(const struct enforce *e, pid_t pid)
{
	char link[64], path[4096] = "";

	if (pid <= 1 || is_ancestor(pid) || is_ours(pid))
		return true;
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	if (readlink(link, path, sizeof(path) - 1) < 0)
		return true; /* a kernel thread, or one that is gone */
	return fits_one(path, e->o->protect) || (fits_one(path, of_the_host) && same_mounts(pid));
}

/* By its marks: one that has probes, or connections to a provider; bystanders have lost theirs. */
bool whom__are_callers(const struct enforce *e)
{
	const struct members *m = e->members;

	for (size_t i = 0; i < m->count; i++) {
		__u32 tgid = (__u32)m->at[i].pid, mark;

		if (!bpf_map_lookup_elem(e->watched_fd, &tgid, &mark) && (mark & ~WATCH_ASLEEP))
			return true;
	}
	return false;
}

bool whom__find(struct enforce *e, const struct action *a)
{
	pid_t pid = (pid_t)a->proc.tgid;

	return a->scope == ACTION_GROUP ? members__group(e->members, pid, a->proc.start_ns)
					: members__tree(e->members, pid, a->proc.start_ns);
}

bool whom__spare(struct enforce *e, struct action *a)
{
	struct members *m = e->members;
	size_t kept = 0;

	for (size_t i = 0; i < m->count; i++) {
		if (!whom__is_protected(e, m->at[i].pid))
			m->at[kept++] = m->at[i];
		else if (i == 0)
			return false;
	}
	a->spared = (uint32_t)(m->count - kept);
	m->count = kept;
	return kept != 0;
}
