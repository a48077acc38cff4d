// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/ahead.h"

/* One record, and which one comes behind it. */
struct kept {
	struct kept *next;
	struct wire *w;
};

void aheads__init(struct aheads *all)
{
	*all = (struct aheads){ .oldest = NULL };
	share__init(&all->share, AHEADS_BYTES_MAX);
}

void aheads__fini(struct aheads *all)
{
	while (all->oldest)
		aheads__take(all, all->oldest);
	share__fini(&all->share);
}

struct ahead *aheads__add(struct aheads *all, void *conn, const struct wire *w)
{
	struct ahead *a = calloc(1, sizeof(*a));

	if (!a || share__add(&all->share, share_owner_of(w->cgroup, w->tgid, w->start_ns),
			     &a->shared, a, sizeof(*a))) {
		free(a);
		return NULL;
	}
	a->conn = conn;
	a->since = w->ts;
	a->off = w->off;
	a->last = &a->first;
	a->older = all->newest;
	*(all->newest ? &all->newest->newer : &all->oldest) = a;
	all->newest = a;
	return a;
}

void aheads__take(struct aheads *all, struct ahead *a)
{
	struct wire *w;

	while ((w = ahead__next(a)))
		free(w);
	*(a->older ? &a->older->newer : &all->oldest) = a->newer;
	*(a->newer ? &a->newer->older : &all->newest) = a->older;
	share__take(&all->share, &a->shared);
	free(a);
}

struct ahead *aheads__over(const struct aheads *all, uint64_t ts)
{
	const struct ahead *oldest = all->oldest;

	if (!oldest)
		return NULL;
	if (ts > oldest->since && ts - oldest->since > AHEAD_NS)
		return all->oldest;
	return share__over(&all->share);
}

int ahead__add(struct aheads *all, struct ahead *a, const struct wire *w)
{
	/* Bytes that could not be read are not there, but for their number. */
	size_t size = sizeof(*w) + (w->flags & WIRE_FAULT ? 0 : w->len);
	struct kept *kept = malloc(sizeof(*kept));
	struct wire *copy = malloc(size);

	if (!kept || !copy) {
		free(kept);
		free(copy);
		return -ENOMEM;
	}
	memcpy(copy, w, size);
	*kept = (struct kept){ .w = copy };
	*a->last = kept;
	a->last = &kept->next;
	share__weigh(&all->share, &a->shared, a->shared.weight + sizeof(*kept) + size);
	return 0;
}

struct wire *ahead__next(struct ahead *a)
{
	struct kept *kept = a->first;
	struct wire *w;

	if (!kept)
		return NULL;
	w = kept->w;
	a->first = kept->next;
	if (!a->first)
		a->last = &a->first;
	free(kept);
	return w;
}
