// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "gpu/tasks.h"

/* A host has some dozens of processes on its GPUs at once; the oldest makes room. */
#define TASKS_MAX 512

struct task {
	struct proc_id proc;
	uint32_t ppid, uid;
	char comm[16], cgroup[256];
};

struct tasks {
	struct task ring[TASKS_MAX];
	size_t next;
};

struct tasks *tasks__new(void)
{
	return calloc(1, sizeof(struct tasks));
}

void tasks__free(struct tasks *t)
{
	free(t);
}

static const struct task *find(const struct tasks *t, uint64_t pid, uint64_t start_ns)
{
	for (size_t i = 0; i < TASKS_MAX; i++)
		if (t->ring[i].proc.tgid == pid && t->ring[i].proc.start_ns == start_ns)
			return &t->ring[i];
	return NULL;
}

void tasks__told(struct tasks *t, const struct gpu_reading *r)
{
	const struct task *known = find(t, r->n[0], r->n[1]);
	struct task *to = known ? &t->ring[known - t->ring] : &t->ring[t->next];

	if (!r->n[0] || r->n[0] > UINT32_MAX)
		return;
	if (!known)
		t->next = (t->next + 1) % TASKS_MAX;
	*to = (struct task){ .proc = { .tgid = (uint32_t)r->n[0], .start_ns = r->n[1] } };
	to->ppid = r->n[2] > UINT32_MAX ? 0 : (uint32_t)r->n[2];
	to->uid = r->n[3] > UINT32_MAX ? 0 : (uint32_t)r->n[3];
	span__copy(r->text[0], to->comm, sizeof(to->comm));
	span__copy(r->text[1], to->cgroup, sizeof(to->cgroup));
}

void tasks__name(const struct tasks *t, struct gpu_process *p)
{
	const struct task *one = find(t, p->proc.tgid, p->proc.start_ns);

	if (!one || !p->proc.start_ns)
		return;
	p->ppid = one->ppid;
	p->uid = one->uid;
	memcpy(p->comm, one->comm, sizeof(p->comm));
	memcpy(p->cgroup, one->cgroup, sizeof(p->cgroup));
}
