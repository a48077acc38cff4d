// SPDX-License-Identifier: BSD-2-Clause
/* In place of enforce.c and what it needs, when built with ENFORCE=0: nothing is ever done. */
#include <errno.h>

#include "base/clock.h"
#include "capture/enforce.h"

int enforce__init(struct enforce *e, const struct enforce_opts *o, const struct wiretally_bpf *bpf)
{
	e->o = o;
	e->control = -1;
	(void)bpf;
	return 0;
}

void enforce__fini(struct enforce *e)
{
	(void)e;
}

void enforce__order(struct enforce *e, const struct action *order)
{
	struct action a = *order;

	a.processes = a.connections = a.spared = 0;
	a.result = ACTION_UNSUPPORTED;
	a.at_ns = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
	e->done(e->ctx, &a);
}

void enforce__orders(struct enforce *e)
{
	(void)e;
}

void enforce__held_back(struct enforce *e, pid_t pid, uint64_t start_ns, uint64_t cookie)
{
	(void)e, (void)pid, (void)start_ns, (void)cookie;
}

void enforce__tick(struct enforce *e, uint64_t now_ns)
{
	(void)e, (void)now_ns;
}

bool halts__wants(struct enforce *e, pid_t pid)
{
	(void)e, (void)pid;
	return false;
}

int halts__add(struct enforce *e, pid_t pid, uint64_t start_ns)
{
	(void)e, (void)pid, (void)start_ns;
	return 0;
}

void halts__gone(struct enforce *e, pid_t pid)
{
	(void)e, (void)pid;
}

void halts__stopped(struct enforce *e, const struct wire *w)
{
	(void)e, (void)w;
}

void halts__judged(struct enforce *e, const struct judged *j)
{
	(void)e, (void)j;
}

int halts__run(struct enforce *e)
{
	(void)e;
	return -1;
}

void halts__end(struct enforce *e)
{
	(void)e;
}

int release__undo(void)
{
	return -EOPNOTSUPP;
}
