// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "attribute/proc.h"

/* A pid with its start time, of which the low bits are always the same: steps of 10 ms. */
static uint64_t key_of(struct proc_id id)
{
	return (uint64_t)id.tgid << 40 ^ id.start_ns / 10000000;
}

void procs__init(struct procs *p)
{
	table__init(&p->by_id, PROCS_MAX);
	table__init(&p->by_pid, PROCS_MAX);
}

static void proc_free(struct proc *one)
{
	note__unref(one->environment);
	free(one->texts);
	free(one);
}

void procs__fini(struct procs *p)
{
	struct proc *one;
	size_t at = 0;

	while ((one = table__next(&p->by_id, &at)))
		proc_free(one);
	table__fini(&p->by_id);
	table__fini(&p->by_pid);
}

struct proc *procs__get(const struct procs *p, struct proc_id id)
{
	return table__get(&p->by_id, key_of(id));
}

const struct proc *procs__parent(const struct procs *p, const struct proc *child)
{
	return child->parent ? table__get(&p->by_id, child->parent) : NULL;
}

static void forget_one(struct procs *p, struct proc *one)
{
	struct proc *parent = table__get(&p->by_id, one->parent);

	if (parent && parent->children)
		parent->children--;
	if (table__get(&p->by_pid, one->id.tgid) == one)
		table__take(&p->by_pid, one->id.tgid);
	table__take(&p->by_id, one->key);
	proc_free(one);
}

static void forget(struct procs *p, uint64_t before, bool with_children)
{
	struct proc *found[64], *one;
	size_t n, at;

	do {
		n = at = 0;
		while (n < 64 && (one = table__next(&p->by_id, &at)))
			if ((!one->children || with_children) &&
			    (one->kin ? !one->children : one->gone_ns && one->gone_ns < before))
				found[n++] = one;
		for (size_t i = 0; i < n; i++)
			forget_one(p, found[i]);
	} while (n == 64);
}

void procs__forget(struct procs *p, uint64_t before)
{
	forget(p, before, false);
}

static struct proc *add(struct procs *p, struct proc_id id, struct proc *parent)
{
	struct proc *one = calloc(1, sizeof(*one));

	if (!one)
		return NULL;
	one->id = id;
	one->key = key_of(id);
	if (table__put(&p->by_id, one->key, one)) {
		free(one);
		return NULL;
	}
	table__put(&p->by_pid, id.tgid, one);
	if (parent && parent != one) {
		one->parent = parent->key;
		parent->children++;
	}
	return one;
}

static const char *append(char **at, struct span s)
{
	const char *start = *at;

	if (s.n)
		memcpy(*at, s.p, s.n);
	(*at)[s.n] = '\0';
	*at += s.n + 1;
	return start;
}

static int set_texts(struct proc *one, const struct proc_told *t)
{
	char *texts = malloc(t->exe.n + t->command_line.n + t->cgroup.n + t->script.n + 4),
	     *at = texts;

	if (!texts)
		return -1;
	free(one->texts);
	one->texts = texts;
	one->exe = append(&at, t->exe);
	one->command_line = append(&at, t->command_line);
	one->cgroup = append(&at, t->cgroup);
	one->script = append(&at, t->script);
	return 0;
}

/* The parent by its pid: nobody started before his parent did, so a later owner of the pid is not.
 */
static struct proc *parent_of(struct procs *p, const struct proc_told *t)
{
	struct proc *parent = t->ppid ? table__get(&p->by_pid, t->ppid) : NULL;

	return parent && parent->id.start_ns <= t->id.start_ns ? parent : NULL;
}

struct proc *procs__learn(struct procs *p, const struct proc_told *told, uint64_t ts)
{
	struct proc *one = procs__get(p, told->id);
	const struct proc *parent;

	if (!one && p->by_id.count == PROCS_MAX)
		forget(p, ts, true); /* whoever is gone makes room */
	if (!one)
		one = add(p, told->id, parent_of(p, told));
	/* What makes calls was looked at for its own sake; that it started others adds nothing. */
	if (!one || (told->kin && one->texts))
		return one;
	if (set_texts(one, told))
		return NULL;
	/* Its environment is told behind it; what its parent left it may be gone. */
	note__unref(one->environment);
	one->environment = NULL;
	one->gone_ns = 0;
	one->kin = told->kin;
	one->uid = told->uid;
	/* Whose parent is gone has init for one: who started it is known better from the fork. */
	parent = procs__parent(p, one);
	one->ppid = parent ? parent->id.tgid : told->ppid;
	span__copy(told->comm, one->comm, sizeof(one->comm));
	return one;
}

void procs__fork(struct procs *p, struct proc_id parent_id, struct proc_id child_id)
{
	struct proc *parent = procs__get(p, parent_id), *one;
	struct proc_told as;

	if (!parent || !parent->texts || procs__get(p, child_id))
		return;
	one = add(p, child_id, parent);
	if (!one)
		return;
	as = (struct proc_told){ .exe = span_str(parent->exe),
				 .command_line = span_str(parent->command_line),
				 .cgroup = span_str(parent->cgroup),
				 .script = span_str(parent->script) };
	if (set_texts(one, &as))
		return;
	one->ppid = parent_id.tgid;
	one->uid = parent->uid;
	one->environment = note__ref(parent->environment);
	memcpy(one->comm, parent->comm, sizeof(one->comm));
}
