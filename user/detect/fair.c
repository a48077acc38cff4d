// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "detect/fair.h"

struct tenant {
	uint64_t id;
	size_t count;
	struct fair_item *newest, *oldest;
};

void fair__init(struct fair *f, size_t limit, size_t size, void (*leave)(void *ctx, void *item),
		void *ctx)
{
	*f = (struct fair){ .size = size, .leave = leave, .ctx = ctx };
	table__init(&f->items, limit);
	table__init(&f->tenants, limit);
}

static void unlink_item(struct tenant *t, struct fair_item *i)
{
	*(i->newer ? &i->newer->older : &t->newest) = i->older;
	*(i->older ? &i->older->newer : &t->oldest) = i->newer;
	i->newer = i->older = NULL;
	t->count--;
}

static void link_newest(struct tenant *t, struct fair_item *i)
{
	i->older = t->newest;
	*(t->newest ? &t->newest->newer : &t->oldest) = i;
	t->newest = i;
	t->count++;
}

void fair__drop(struct fair *f, void *item)
{
	struct fair_item *i = item;
	struct tenant *t = table__get(&f->tenants, i->tenant);

	if (f->leave)
		f->leave(f->ctx, item);
	table__take(&f->items, i->key);
	unlink_item(t, i);
	if (!t->count)
		free(table__take(&f->tenants, t->id));
	free(item);
}

void fair__fini(struct fair *f)
{
	size_t at = 0;
	void *item;

	while ((item = table__next(&f->items, &at))) {
		if (f->leave)
			f->leave(f->ctx, item);
		free(item);
	}
	at = 0;
	while ((item = table__next(&f->tenants, &at)))
		free(item);
	table__fini(&f->items);
	table__fini(&f->tenants);
}

void *fair__get(struct fair *f, uint64_t key)
{
	struct fair_item *i = table__get(&f->items, key);
	struct tenant *t = i ? table__get(&f->tenants, i->tenant) : NULL;

	if (t && t->newest != i) {
		unlink_item(t, i);
		link_newest(t, i);
	}
	return i;
}

/* Who has more than his share gives first: a flood need not look for who has the most. */
static struct tenant *who_gives(const struct fair *f, struct tenant *asks)
{
	struct tenant *most = asks, *t;
	size_t at = 0;

	if (asks && asks->count * (f->tenants.count + 1) > f->items.limit)
		return asks;
	while ((t = table__next(&f->tenants, &at)))
		if (!most || t->count > most->count)
			most = t;
	return most;
}

static struct tenant *tenant_of(struct fair *f, uint64_t id)
{
	struct tenant *t = table__get(&f->tenants, id);

	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	if (t)
		t->id = id;
	if (t && table__put(&f->tenants, id, t)) {
		free(t);
		return NULL;
	}
	return t;
}

void *fair__make(struct fair *f, uint64_t key, uint64_t tenant)
{
	struct fair_item *i;
	struct tenant *t;

	if (f->items.count >= f->items.limit)
		fair__drop(f, who_gives(f, table__get(&f->tenants, tenant))->oldest);
	i = calloc(1, f->size);
	t = i ? tenant_of(f, tenant) : NULL;
	if (!t || table__put(&f->items, key, i)) {
		if (t && !t->count)
			free(table__take(&f->tenants, tenant));
		free(i);
		return NULL;
	}
	i->key = key;
	i->tenant = tenant;
	link_newest(t, i);
	return i;
}
