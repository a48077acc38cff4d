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
	table__init(&p->by_id, PROCS_MAX + 1); /* one more, until room is made */
	table__init(&p->by_pid, PROCS_MAX + 1);
	share__init(&p->share, PROCS_MAX);
}

/* It and those before it. */
static void program_free(struct program *r)
{
	while (r) {
		struct program *before = r->before;

		note__unref(r->environment);
		free(r);
		r = before;
	}
}

static void proc_free(struct proc *one)
{
	program_free(one->program);
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
	share__fini(&p->share);
}

struct proc *procs__get(const struct procs *p, struct proc_id id)
{
	return table__get(&p->by_id, key_of(id));
}

void procs__use(struct proc *one)
{
	share__use(&one->shared);
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
	share__take(&p->share, &one->shared);
	proc_free(one);
}

static void forget_gone(struct procs *p, uint64_t before)
{
	struct proc *found[64], *one;
	size_t n, at;

	do {
		n = at = 0;
		while (n < 64 && (one = table__next(&p->by_id, &at)))
			if (!one->children && (one->kin || (one->gone_ns && one->gone_ns < before)))
				found[n++] = one;
		for (size_t i = 0; i < n; i++)
			forget_one(p, found[i]);
	} while (n == 64);
}

void procs__forget(struct procs *p, uint64_t before)
{
	struct proc *one;
	size_t at = 0;

	forget_gone(p, before);
	while ((one = table__next(&p->by_id, &at)))
		for (struct program *r = one->program; r; r = r->before)
			if (r->since_ns < before) {
				program_free(r->before);
				r->before = NULL;
			}
}

/* NULL: no memory, or no room for whoever has most himself. */
static struct proc *add(struct procs *p, struct proc_id id, uint64_t tenant, struct proc *parent)
{
	struct share_owner owner = { .tenant = tenant, .process = ~tenant };
	struct proc *one = calloc(1, sizeof(*one)), *full;

	if (!one)
		return NULL;
	one->id = id;
	one->key = key_of(id);
	if (share__add(&p->share, owner, &one->shared, one, 1)) {
		free(one);
		return NULL;
	}
	if (table__put(&p->by_id, one->key, one)) {
		share__take(&p->share, &one->shared);
		free(one);
		return NULL;
	}
	table__put(&p->by_pid, id.tgid, one);
	if (parent && parent != one) {
		one->parent = parent->key;
		parent->children++;
	}
	while ((full = share__over(&p->share))) {
		bool itself = full == one;

		forget_one(p, full);
		if (itself)
			return NULL;
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

static struct program *program_new(const struct proc_told *t)
{
	struct program *r = calloc(1, sizeof(*r) + t->exe.n + t->command_line.n + t->cgroup.n +
					      t->script.n + 4);
	char *at;

	if (!r)
		return NULL;
	at = r->texts;
	r->exe = append(&at, t->exe);
	r->command_line = append(&at, t->command_line);
	r->cgroup = append(&at, t->cgroup);
	r->script = append(&at, t->script);
	r->tenant = t->tenant;
	r->uid = t->uid;
	span__copy(t->comm, r->comm, sizeof(r->comm));
	return r;
}

const struct program *proc__program(const struct proc *one, uint64_t at_ns)
{
	const struct program *r = one->program;

	while (r && r->before && r->since_ns > at_ns)
		r = r->before;
	return r;
}

/* From now on it is the latest; the one before it is kept, unless it never made a call. */
static void program_add(struct proc *one, struct program *r, uint64_t ts)
{
	struct program *last = one->program;
	size_t n = 1;

	r->read_ns = ts;
	one->program = r;
	if (!last)
		return;
	if (one->kin) {
		program_free(last);
		return;
	}
	r->since_ns = one->exec_ns > last->read_ns ? one->exec_ns : ts;
	r->before = last;
	while (n++ < PROC_PROGRAMS_MAX && r)
		r = r->before;
	if (r) {
		program_free(r->before);
		r->before = NULL;
	}
}

void procs__exec(struct procs *p, struct proc_id id, uint64_t ts)
{
	struct proc *one = procs__get(p, id);

	if (!one)
		return;
	one->exec_ns = ts;
	for (struct program *r = one->program; r && r->before && r->read_ns >= ts; r = r->before)
		if (r->before->read_ns < ts)
			r->since_ns = ts;
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
	struct program *program;

	if (!one)
		one = add(p, told->id, told->tenant, parent_of(p, told));
	/* What makes calls was looked at for its own sake; that it started others adds nothing. */
	if (!one || (told->kin && one->program))
		return one;
	/* Its environment is told behind it. */
	program = program_new(told);
	if (!program)
		return NULL;
	program_add(one, program, ts);
	one->gone_ns = 0;
	one->kin = told->kin;
	/* Whose parent is gone has init for one: who started it is known better from the fork. */
	parent = procs__parent(p, one);
	one->ppid = parent ? parent->id.tgid : told->ppid;
	return one;
}

void procs__fork(struct procs *p, struct proc_id parent_id, struct proc_id child_id)
{
	struct proc *parent = procs__get(p, parent_id), *one;
	const struct program *of = parent ? parent->program : NULL;
	struct program *program;

	if (!of || procs__get(p, child_id))
		return;
	program = program_new(
		&(struct proc_told){ .uid = of->uid,
				     .comm = span_of(of->comm, strnlen(of->comm, sizeof(of->comm))),
				     .exe = span_str(of->exe),
				     .command_line = span_str(of->command_line),
				     .cgroup = span_str(of->cgroup),
				     .script = span_str(of->script) });
	one = program ? add(p, child_id, of->tenant, parent) : NULL;
	if (!one) {
		program_free(program);
		return;
	}
	program->environment = note__ref(of->environment);
	program_add(one, program, 0);
	one->ppid = parent_id.tgid;
}
