// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "detect/fair.h"

void fair__init(struct fair *f, size_t limit, size_t size, void (*leave)(void *ctx, void *item),
		void *ctx)
{
	*f = (struct fair){ .size = size, .leave = leave, .ctx = ctx };
	table__init(&f->items, limit + 1);
	share__init(&f->share, limit);
}

void fair__drop(struct fair *f, void *item)
{
	struct fair_item *i = item;

	if (f->leave)
		f->leave(f->ctx, item);
	table__take(&f->items, i->key);
	share__take(&f->share, &i->shared);
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
	table__fini(&f->items);
	share__fini(&f->share);
}

void *fair__get(struct fair *f, uint64_t key)
{
	struct fair_item *i = table__get(&f->items, key);

	if (i)
		share__use(&i->shared);
	return i;
}

void *fair__make(struct fair *f, uint64_t key, uint64_t tenant)
{
	struct share_owner whose = { .tenant = tenant, .process = ~tenant };
	struct fair_item *i = calloc(1, f->size);
	void *full;

	if (!i)
		return NULL;
	i->key = key;
	if (table__put(&f->items, key, i))
		goto no_memory;
	if (share__add(&f->share, whose, &i->shared, i, 1)) {
		table__take(&f->items, key);
		goto no_memory;
	}
	while ((full = share__over(&f->share)) && full != i)
		fair__drop(f, full);
	return i;
no_memory:
	free(i);
	return NULL;
}
