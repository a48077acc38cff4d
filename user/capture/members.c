// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/members.h"
#include "capture/procfs.h"

/* Every process there is, with its parent. */
struct everybody {
	struct one {
		pid_t pid, parent;
	} * at;
	size_t count, room;
};

static void note(void *ctx, pid_t pid)
{
	struct everybody *e = ctx;

	if (e->count == e->room) {
		size_t room = e->room ? 2 * e->room : 1024;
		struct one *at = realloc(e->at, room * sizeof(*at));

		if (!at)
			return;
		e->at = at;
		e->room = room;
	}
	e->at[e->count++] = (struct one){ pid, procfs_parent(pid) };
}

static void add(struct members *m, pid_t pid)
{
	uint64_t start_ns;

	/* Of a fork bomb's thousands nothing is read that there is no room for. */
	if (m->count == MEMBERS_MAX) {
		m->more = true;
		return;
	}
	start_ns = procfs_start_ns(pid);
	if (start_ns)
		m->at[m->count++] = (struct member){ pid, start_ns };
}

static bool begin(struct members *m, pid_t pid, uint64_t start_ns)
{
	if (procfs_start_ns(pid) != start_ns)
		return false;
	m->more = false;
	m->count = 0;
	m->at[m->count++] = (struct member){ pid, start_ns };
	return true;
}

bool members__tree(struct members *m, pid_t pid, uint64_t start_ns)
{
	struct everybody e = { NULL, 0, 0 };

	if (!begin(m, pid, start_ns))
		return false;
	procfs_each(note, &e);
	for (size_t parent = 0; parent < m->count; parent++)
		for (size_t i = 0; i < e.count; i++)
			if (e.at[i].parent == m->at[parent].pid)
				add(m, e.at[i].pid);
	free(e.at);
	return true;
}

struct group {
	struct members *m;
	struct wire_proc *proc; /* of who is looked at: too large for a stack frame in a loop */
	char path[sizeof(((struct wire_proc *)NULL)->cgroup)];
};

static void add_of_group(void *ctx, pid_t pid)
{
	struct group *g = ctx;

	if (pid != g->m->at[0].pid && procfs_read(pid, g->proc) &&
	    !strncmp(g->proc->cgroup, g->path, sizeof(g->path)))
		add(g->m, pid);
}

bool members__group(struct members *m, pid_t pid, uint64_t start_ns)
{
	struct group g = { .m = m, .proc = malloc(sizeof(*g.proc)) };
	bool found = g.proc && procfs_read(pid, g.proc) && g.proc->cgroup[0] &&
		     strcmp(g.proc->cgroup, "/") && begin(m, pid, start_ns);

	if (found) {
		memcpy(g.path, g.proc->cgroup, sizeof(g.path));
		procfs_each(add_of_group, &g);
	}
	free(g.proc);
	return found;
}

int member__open(const struct member *m)
{
	int fd = (int)syscall(SYS_pidfd_open, m->pid, 0u);

	if (fd < 0)
		return -errno;
	/* The pidfd is of who had the pid just now: it is the same when its start is. */
	if (procfs_start_ns(m->pid) != m->start_ns) {
		close(fd);
		return -ESRCH;
	}
	return fd;
}

bool member__signal(const struct member *m, int signal)
{
	int fd = member__open(m), err;

	if (fd < 0)
		return false;
	err = (int)syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0u);
	close(fd);
	return !err;
}
