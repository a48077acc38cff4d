// SPDX-License-Identifier: BSD-2-Clause
/* What was learnt of owners, over a restart. Their runs begin anew. */
#include <errno.h>

#include "detect/runaway.h"

/* Of the row's form, which another version may change. */
#define FORM 1

/* FORM, runs, max_steps, day, days; the highest minute of each day. */
static void write_owner(const struct owner_state *o, struct numbers *n)
{
	numbers__put(n, FORM);
	numbers__put(n, o->runs);
	numbers__put(n, o->max_steps);
	numbers__put(n, o->day);
	numbers__put(n, o->days);
	for (int i = 0; i < RUNAWAY_DAYS; i++)
		numbers__put(n, o->peak[i]);
}

static bool read_owner(const struct learnt *l, struct owner_state *o)
{
	bool bad = false;
	size_t at = 0;

	numbers__take(l, &at, FORM, FORM, &bad);
	o->runs = (uint32_t)numbers__take(l, &at, 0, UINT32_MAX, &bad);
	o->max_steps = (uint32_t)numbers__take(l, &at, 0, UINT32_MAX, &bad);
	o->day = numbers__take(l, &at, 0, INT64_MAX / DAY_NS, &bad);
	o->days = (uint32_t)numbers__take(l, &at, 0, UINT32_MAX, &bad);
	for (int i = 0; i < RUNAWAY_DAYS; i++)
		o->peak[i] = (uint32_t)numbers__take(l, &at, 0, UINT32_MAX, &bad);
	return !bad && at == l->count;
}

void runaway_learnt(void *state, learnt_fn fn, void *ctx)
{
	struct runaway *r = state;
	struct owner_state *o;
	size_t at = 0;

	while ((o = fair__next(&r->owners, &at))) {
		struct numbers n = { .count = 0 };

		if (!o->changed)
			continue;
		o->changed = false;
		write_owner(o, &n);
		fn(ctx, &(struct learnt){ .detector = "runaway",
					  .owner = o->item.key,
					  .tenant = o->tenant,
					  .at_ns = o->day * DAY_NS,
					  .n = n.at,
					  .count = n.count });
	}
}

int runaway_past(void *state, const struct learnt *l)
{
	struct owner_state *o, got = { .tenant = l->tenant };
	struct runaway *r = state;

	if (!read_owner(l, &got))
		return -EBADMSG;
	o = fair__get(&r->owners, l->owner) ? NULL : fair__make(&r->owners, l->owner, l->tenant);
	if (!o)
		return 0; /* it is known already, or there is no memory: it is learnt anew */
	got.item = o->item;
	*o = got;
	return 0;
}
