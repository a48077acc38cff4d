// SPDX-License-Identifier: BSD-2-Clause
/* Budgets that hold: of a request that is not sent yet, whether one might be broken by it. */
#include "base/hash.h"
#include "detect/account.h"

int64_t budget_worst(const struct budget *b, const struct worst_case *w)
{
	return b->unit == BUDGET_USD ? w->nano : b->unit == BUDGET_CALLS ? 1 : w->tokens;
}

uint64_t reserved_key(const struct exchange *x)
{
	uint64_t of_x[] = { x->conn, x->seq };

	return hash_bytes(HASH_SEED, of_x, sizeof(of_x));
}

/* With it all together may be more than the limit; as much as it is within it. */
static bool breaks(const struct account *c, int64_t n)
{
	int64_t sum;

	return __builtin_add_overflow(c->spent, c->reserved, &sum) ||
	       __builtin_add_overflow(sum, n, &sum) || sum > c->b->limit;
}

const struct budget *budgets_broken(struct accounts *a, const struct seen *s,
				    const struct worst_case *w)
{
	/* It was allowed, and its worst case is held: a write that is tried again. */
	if (fair__get(&a->reserved, reserved_key(s->e->call->x)))
		return NULL;
	for (size_t i = 0; i < a->list->count; i++) {
		const struct budget *b = &a->list->at[i];
		int64_t n = b->hold ? budget_worst(b, w) : 0;
		struct account *c = n > 0 ? accounts__find(a, i, s) : NULL;

		if (c && breaks(c, n))
			return b;
	}
	budgets_reserve(a, s, w);
	return NULL;
}
