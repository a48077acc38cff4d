// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "attribute/attribute.h"
#include "base/table.h"

/* How long a process that is gone is remembered: its last call may end after it. */
#define FORGET_NS (60 * 1000000000ull)

struct proc {
	uint64_t key;
	uint64_t gone_ns; /* 0: it lives */
	struct owner owner;
};

struct attribute {
	struct attribute_opts o;
	struct table procs;
};

/* A pid with its start time, of which the low bits are always the same: steps of 10 ms. */
static uint64_t proc_key(uint32_t tgid, uint64_t start_ns)
{
	return (uint64_t)tgid << 40 ^ start_ns / 10000000;
}

struct attribute *attribute__new(const struct attribute_opts *o)
{
	struct attribute *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	if (o)
		a->o = *o;
	table__init(&a->procs, ATTRIBUTE_PROC_MAX);
	return a;
}

void attribute__free(struct attribute *a)
{
	struct proc *p;
	size_t at = 0;

	if (!a)
		return;
	while ((p = table__next(&a->procs, &at)))
		free(p);
	table__fini(&a->procs);
	free(a);
}

/* Forgets what is gone since before `before`. */
static void forget(struct attribute *a, uint64_t before)
{
	uint64_t keys[64];
	struct proc *p;
	size_t n, at;

	do {
		n = at = 0;
		while (n < 64 && (p = table__next(&a->procs, &at)))
			if (p->gone_ns && p->gone_ns < before)
				keys[n++] = p->key;
		for (size_t i = 0; i < n; i++)
			free(table__take(&a->procs, keys[i]));
	} while (n == 64);
}

static void text(char *dst, size_t cap, const char *src, size_t max)
{
	span__copy(span_of(src, strnlen(src, max)), dst, cap);
}

static void learn(struct attribute *a, const struct wire *w)
{
	uint64_t key = proc_key(w->tgid, w->start_ns);
	struct proc *p = table__get(&a->procs, key);
	struct wire_proc said;
	char cgroup[sizeof(said.cgroup) + 1];
	struct span args;

	if (w->len < sizeof(said))
		return;
	memcpy(&said, w->data, sizeof(said));
	if (!p) {
		if (a->procs.count == ATTRIBUTE_PROC_MAX)
			forget(a, w->ts); /* whoever is gone makes room */
		p = calloc(1, sizeof(*p));
		if (!p || table__put(&a->procs, key, p)) {
			free(p);
			return;
		}
	}
	*p = (struct proc){ .key = key };
	p->owner.proc = (struct proc_id){ .tgid = w->tgid, .start_ns = w->start_ns };
	p->owner.known = true;
	p->owner.ppid = said.ppid;
	p->owner.uid = said.uid;
	text(p->owner.comm, sizeof(p->owner.comm), said.comm, sizeof(said.comm));
	text(p->owner.exe, sizeof(p->owner.exe), said.exe, sizeof(said.exe));
	text(cgroup, sizeof(cgroup), said.cgroup, sizeof(said.cgroup));
	owner__from_cgroup(&p->owner, cgroup);
	owner__name_service(&p->owner);
	args = span_of(said.args,
		       said.args_len < sizeof(said.args) ? said.args_len : sizeof(said.args));
	owner__name_script(&p->owner, args);
	command_line_of(a->o.command_line, a->o.key, args, p->owner.command_line,
			sizeof(p->owner.command_line));
}

/* A child is as its parent until it is looked at or replaces its image. */
static void inherit(struct attribute *a, const struct wire *w)
{
	struct proc *parent = table__get(&a->procs, proc_key(w->tgid, w->start_ns)), *p;
	struct wire_fork fork;
	uint64_t key;

	if (!parent || w->len < sizeof(fork))
		return;
	memcpy(&fork, w->data, sizeof(fork));
	key = proc_key(fork.child, fork.child_start_ns);
	if (table__get(&a->procs, key))
		return;
	p = calloc(1, sizeof(*p));
	if (!p)
		return;
	*p = *parent;
	p->key = key;
	p->gone_ns = 0;
	p->owner.ppid = w->tgid;
	p->owner.proc = (struct proc_id){ .tgid = fork.child, .start_ns = fork.child_start_ns };
	if (table__put(&a->procs, key, p))
		free(p);
}

void attribute__feed(struct attribute *a, const struct wire *w)
{
	struct proc *p;

	switch (w->kind) {
	case WIRE_PROC:
		learn(a, w);
		break;
	case WIRE_FORK:
		inherit(a, w);
		break;
	case WIRE_EXIT:
		p = table__get(&a->procs, proc_key(w->tgid, w->start_ns));
		if (p)
			p->gone_ns = w->ts;
		break;
	case WIRE_TICK:
		if (w->ts > FORGET_NS)
			forget(a, w->ts - FORGET_NS);
		break;
	}
}

void attribute__resolve(const struct attribute *a, struct proc_id proc, uint64_t cgroup,
			struct owner *ret_owner)
{
	const struct proc *p = table__get(&a->procs, proc_key(proc.tgid, proc.start_ns));

	if (p)
		*ret_owner = p->owner;
	else
		*ret_owner = (struct owner){ .proc = proc };
	ret_owner->cgroup = cgroup;
}
