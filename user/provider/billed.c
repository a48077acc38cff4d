// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "provider/billed.h"

struct work {
	struct shared shared;
	uint64_t hash;
	bool told;
	bool has_begun; /* that was seen */
	struct billed_work begun;
};

static uint64_t hash_of(struct span id)
{
	return hash_bytes(HASH_SEED, id.p, id.n);
}

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

/* NULL: no memory. */
static struct work *find_or_add(struct billed *b, const struct exchange *x, struct span id)
{
	uint64_t hash = hash_of(id);
	struct work *w = table__get(&b->ids, hash), *full;

	if (w) {
		share__use(&w->shared);
		return w;
	}
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->hash = hash;
	if (share__add(&b->share, share_owner_of(x->cgroup, x->proc.tgid, x->proc.start_ns),
		       &w->shared, w, 1)) {
		free(w);
		return NULL;
	}
	if (table__put(&b->ids, hash, w)) {
		forget(b, w);
		return NULL;
	}
	while ((full = share__over(&b->share))) {
		w = full == w ? NULL : w;
		forget(b, full);
	}
	return w;
}

bool billed__add(struct billed *b, const struct exchange *x, struct span id)
{
	struct work *w = find_or_add(b, x, id);
	bool told = w && w->told;

	if (w)
		w->told = true;
	return !told;
}

void billed__begin(struct billed *b, const struct exchange *x, struct span id,
		   const struct billed_work *work)
{
	struct work *w = find_or_add(b, x, id);

	if (!w)
		return;
	w->has_begun = true;
	w->begun = work ? *work : (struct billed_work){ .ms = 0 };
}

const struct billed_work *billed__begun(const struct billed *b, struct span id)
{
	const struct work *w = table__get(&b->ids, hash_of(id));

	return w && w->has_begun ? &w->begun : NULL;
}
