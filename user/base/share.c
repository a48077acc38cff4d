// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "base/share.h"

/* A process, or a tenant with its processes. */
struct share_group {
	uint64_t key;
	size_t weight;
	size_t place;		    /* in the heap that it is in */
	struct share_group *tenant; /* of a process */
	struct share_heap processes;
	struct shared *oldest, *newest;
};

void share__init(struct share *s, size_t limit)
{
	*s = (struct share){ .limit = limit };
	table__init(&s->groups, SIZE_MAX);
}

void share__fini(struct share *s)
{
	struct share_group *g;
	size_t at = 0;

	while ((g = table__next(&s->groups, &at))) {
		free(g->processes.at);
		free(g);
	}
	free(s->tenants.at);
	table__fini(&s->groups);
	share__init(s, s->limit);
}

static void heap_set(struct share_heap *h, size_t at, struct share_group *g)
{
	h->at[at] = g;
	g->place = at;
}

/* Its weight has changed: to where it belongs. */
static void heap_move(struct share_heap *h, struct share_group *g)
{
	size_t at = g->place, next;

	for (; at && h->at[(at - 1) / 2]->weight < g->weight; at = (at - 1) / 2)
		heap_set(h, at, h->at[(at - 1) / 2]);
	for (; (next = 2 * at + 1) < h->n; at = next) {
		if (next + 1 < h->n && h->at[next + 1]->weight > h->at[next]->weight)
			next++;
		if (h->at[next]->weight <= g->weight)
			break;
		heap_set(h, at, h->at[next]);
	}
	heap_set(h, at, g);
}

static int heap_add(struct share_heap *h, struct share_group *g)
{
	size_t cap = h->cap ? 2 * h->cap : 4;
	struct share_group **more;

	if (h->n == h->cap) {
		more = realloc(h->at, cap * sizeof(*more));
		if (!more)
			return -ENOMEM;
		h->at = more;
		h->cap = cap;
	}
	heap_set(h, h->n++, g);
	return 0;
}

static void heap_take(struct share_heap *h, struct share_group *g)
{
	struct share_group *last = h->at[--h->n];

	if (last == g)
		return;
	heap_set(h, g->place, last);
	heap_move(h, last);
}

static struct share_heap *heap_of(struct share *s, struct share_group *g)
{
	return g->tenant ? &g->tenant->processes : &s->tenants;
}

static void group_drop(struct share *s, struct share_group *g)
{
	heap_take(heap_of(s, g), g);
	table__take(&s->groups, g->key);
	free(g->processes.at);
	free(g);
}

/* The group of that key; made where there is none. tenant: NULL: it is one. */
static struct share_group *group_of(struct share *s, uint64_t key, struct share_group *tenant)
{
	struct share_group *g = table__get(&s->groups, key);

	/* One of the other kind, with the same hash, can't stand for it. */
	if (g)
		return g->tenant == tenant ? g : NULL;
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->key = key;
	g->tenant = tenant;
	if (heap_add(heap_of(s, g), g))
		goto no_memory;
	if (table__put(&s->groups, key, g)) {
		heap_take(heap_of(s, g), g);
		goto no_memory;
	}
	return g;
no_memory:
	free(g);
	return NULL;
}

static void weigh(struct share *s, struct shared *it, size_t weight)
{
	struct share_group *process = it->process, *tenant = process->tenant;

	s->weight += weight - it->weight;
	process->weight += weight - it->weight;
	tenant->weight += weight - it->weight;
	it->weight = weight;
	heap_move(&tenant->processes, process);
	heap_move(&s->tenants, tenant);
}

static void unlink_from(struct share_group *g, struct shared *it)
{
	*(it->older ? &it->older->newer : &g->oldest) = it->newer;
	*(it->newer ? &it->newer->older : &g->newest) = it->older;
}

static void link_newest(struct share_group *g, struct shared *it)
{
	it->older = g->newest;
	it->newer = NULL;
	*(g->newest ? &g->newest->newer : &g->oldest) = it;
	g->newest = it;
}

int share__add(struct share *s, struct share_owner o, struct shared *it, void *thing, size_t weight)
{
	struct share_group *tenant = group_of(s, o.tenant, NULL);
	struct share_group *process = tenant ? group_of(s, o.process, tenant) : NULL;

	if (!process) {
		if (tenant && !tenant->processes.n)
			group_drop(s, tenant);
		return -ENOMEM;
	}
	*it = (struct shared){ .thing = thing, .process = process };
	link_newest(process, it);
	weigh(s, it, weight);
	return 0;
}

void share__use(struct shared *it)
{
	if (!it->process || !it->newer)
		return;
	unlink_from(it->process, it);
	link_newest(it->process, it);
}

void share__weigh(struct share *s, struct shared *it, size_t weight)
{
	if (it->process && it->weight != weight)
		weigh(s, it, weight);
}

void share__take(struct share *s, struct shared *it)
{
	struct share_group *process = it->process, *tenant;

	if (!process)
		return;
	tenant = process->tenant;
	weigh(s, it, 0);
	unlink_from(process, it);
	if (!process->oldest)
		group_drop(s, process);
	if (!tenant->processes.n)
		group_drop(s, tenant);
	*it = (struct shared){ NULL };
}

void *share__over(const struct share *s)
{
	return s->weight > s->limit ? s->tenants.at[0]->processes.at[0]->oldest->thing : NULL;
}

void *share__oldest(const struct share *s, struct share_owner o)
{
	const struct share_group *g = table__get(&s->groups, o.process);

	return g && g->oldest ? g->oldest->thing : NULL;
}

size_t share__of(const struct share *s, struct share_owner o)
{
	const struct share_group *g = table__get(&s->groups, o.process);

	return g ? g->weight : 0;
}
