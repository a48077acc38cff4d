// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "provider/billed.h"

struct work {
	struct shared shared;
	uint64_t hash;
};

void billed__init(struct billed *b)
{
	table__init(&b->ids, BILLED_MAX + 1); /* one more, until room is made */
	share__init(&b->share, BILLED_MAX);
}

void billed__fini(struct billed *b)
{
	struct work *w;
	size_t at = 0;

	while ((w = table__next(&b->ids, &at)))
		free(w);
	table__fini(&b->ids);
	share__fini(&b->share);
}

static void forget(struct billed *b, struct work *w)
{
	table__take(&b->ids, w->hash);
	share__take(&b->share, &w->shared);
	free(w);
}

bool billed__add(struct billed *b, const struct exchange *x, struct span id)
{
	uint64_t hash = hash_bytes(HASH_SEED, id.p, id.n);
	struct work *w = table__get(&b->ids, hash);

	if (w) {
		share__use(&w->shared);
		return false;
	}
	w = calloc(1, sizeof(*w));
	if (!w)
		return true;
	w->hash = hash;
	if (share__add(&b->share, share_owner_of(x->cgroup, x->proc.tgid, x->proc.start_ns),
		       &w->shared, w, 1)) {
		free(w);
		return true;
	}
	if (table__put(&b->ids, hash, w)) {
		forget(b, w);
		return true;
	}
	while ((w = share__over(&b->share)))
		forget(b, w);
	return true;
}
