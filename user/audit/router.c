// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/router.h"
#include "audit/sibling.h"
#include "base/hash.h"
#include "base/table.h"

/* Features of services at models: more are no policy that somebody could read. */
#define UNITS_MAX 4096
/* So many of a thousand calls of a unit may need more than it is said to. */
#define UNIT_NEED_PERMILLE 950

struct unit {
	struct router_unit told;
	bool priced; /* both models have a price */
	struct audit_prices dear, small;
	int64_t saved_after; /* by calls at the small model, since deployed_ns */
	uint32_t needs[ROUTER_NEED_MAX + 1];
	struct unit *next; /* of the same service, feature and provider */
};

struct router {
	struct router_opts o;
	struct router_total total;
	struct table by_name, by_family; /* family: service, feature, provider */
	struct unit **units;
	size_t count;
	bool no_room;
};

struct router *router__new(const struct router_opts *o)
{
	struct router *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->o = *o;
	r->units = calloc(UNITS_MAX, sizeof(*r->units));
	table__init(&r->by_name, UNITS_MAX);
	table__init(&r->by_family, UNITS_MAX);
	if (!r->units) {
		free(r);
		return NULL;
	}
	return r;
}

void router__free(struct router *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		free(r->units[i]);
	free(r->units);
	table__fini(&r->by_name);
	table__fini(&r->by_family);
	free(r);
}

/* 0 of nothing, some 330 of a million tokens: twenty doublings. */
static int64_t by_length(int64_t tokens)
{
	int64_t doublings = 0;

	for (; tokens > 1 && doublings < 20; tokens /= 2)
		doublings++;
	return doublings * 16;
}

int64_t router_need(const struct ledger_detail *d)
{
	static const int64_t begin[] = { [AUDIT_TRIVIAL] = 0,
					 [AUDIT_MEDIUM] = ROUTER_NEED_MEDIUM,
					 [AUDIT_MULTI_STAGE] = ROUTER_NEED_MULTI_STAGE };
	enum audit_class c = audit_class(d);
	int64_t input = detail__input(d);

	if (c == AUDIT_NO_CLASS || input < 0 || d->output < 0)
		return -1;
	/* What is written weighs eight times what is read. */
	return begin[c] + by_length(input + 8 * d->output);
}

/* Names are one pointer for one text. */
static uint64_t hash_of(const char *const *names, size_t count)
{
	return hash_bytes(HASH_SEED, names, count * sizeof(*names));
}

static struct unit *unit_of(struct router *r, const struct ledger_detail *d, const char *small)
{
	const char *const names[] = { d->service, d->feature, d->provider, d->model, d->requested };
	uint64_t hash = hash_of(names, 5), family = hash_of(names, 3);
	struct unit *u = table__get(&r->by_name, hash);

	if (u)
		return u;
	u = r->count < UNITS_MAX ? calloc(1, sizeof(*u)) : NULL;
	if (!u || table__put(&r->by_name, hash, u)) {
		r->no_room = true;
		free(u);
		return NULL;
	}
	r->units[r->count++] = u;
	u->told = (struct router_unit){ .service = d->service,
					.feature = d->feature,
					.provider = d->provider,
					.requested = d->requested,
					.model = d->model,
					.small = small };
	u->priced = r->o.prices(r->o.ctx, d->provider, d->model, &u->dear) &&
		    r->o.prices(r->o.ctx, d->provider, small, &u->small);
	u->next = table__get(&r->by_family, family);
	if (table__put(&r->by_family, family, u))
		r->no_room = true;
	return u;
}

/* "claude-haiku-4-5" is what "claude-haiku-4-5-20251001" answers for. */
static bool is_small(const char *model, const char *small)
{
	size_t n = strlen(small);

	return !strncmp(model, small, n) && (!model[n] || model[n] == '-' || model[n] == '@');
}

/* A call at a small model: of those that its service had of a dear one, the first that it fits. */
static struct unit *small_of(struct router *r, const struct ledger_detail *d)
{
	const char *const names[] = { d->service, d->feature, d->provider };
	struct unit *u = table__get(&r->by_family, hash_of(names, 3)), *first = NULL;

	for (; u; u = u->next)
		if (is_small(d->model, u->told.small))
			first = u; /* the list begins with the latest */
	return first;
}

static void count(struct router *r, struct unit *u, const struct ledger_detail *d, bool small)
{
	bool after = r->o.deployed_ns && d->end_ns >= r->o.deployed_ns;

	*(after ? &u->told.after : &u->told.before) += 1;
	if (small)
		*(after ? &u->told.after_small : &u->told.before_small) += 1;
	if (small && after && u->priced)
		u->saved_after += sibling_cost(d, &u->dear) - detail__paid(d);
}

/* What a call at the small model instead would save; 0 where it would not. */
static void weigh(struct router *r, struct unit *u, const struct ledger_detail *d, int64_t need)
{
	int64_t paid = detail__paid(d), there = u->priced ? sibling_cost(d, &u->small) : paid;

	u->told.calls++;
	u->told.paid += paid;
	u->told.there += there;
	u->needs[need]++;
	if (need >= r->o.threshold || there >= paid)
		return;
	r->total.each_calls++;
	r->total.each_high_nano += paid - there;
	r->total.each_low_nano += paid - there - paid / SIBLING_ASKED_AGAIN;
}

void router__feed(struct router *r, const struct ledger_detail *d)
{
	int64_t need = router_need(d);
	const char *small;
	struct unit *u;

	if (need < 0 || !detail__paid(d))
		return;
	r->total.calls++;
	r->total.nano_usd += detail__paid(d);
	small = sibling_of(d->provider, d->model);
	u = *small ? unit_of(r, d, small) : r->o.deployed_ns ? small_of(r, d) : NULL;
	if (!u)
		return;
	count(r, u, d, !*small);
	if (*small)
		weigh(r, u, d, need);
}

/* What so many of its calls stay below. */
static int64_t need_of(const struct unit *u)
{
	int64_t below = 0, need = 0;

	while (need < ROUTER_NEED_MAX) {
		below += u->needs[need++];
		if (below * 1000 >= u->told.calls * UNIT_NEED_PERMILLE)
			break;
	}
	return need;
}

/*
 * Of what calls at the small model saved, the part that comes of there being more of them than
 * before: (after share - before share) / after share.
 */
static int64_t realised(const struct unit *u)
{
	const struct router_unit *t = &u->told;
	__int128 share_after, share_before;

	if (!t->after_small || !t->after)
		return 0;
	if (!t->before)
		return u->saved_after;
	share_after = (__int128)t->after_small * t->before;
	share_before = (__int128)t->before_small * t->after;
	if (share_after <= share_before)
		return 0;
	return (int64_t)(u->saved_after * (share_after - share_before) / share_after);
}

static void settle(struct router *r, struct unit *u)
{
	struct router_unit *t = &u->told;

	t->need = need_of(u);
	t->high_nano = t->paid - t->there;
	t->low_nano = t->high_nano - t->paid / SIBLING_ASKED_AGAIN;
	t->routed = t->calls && t->need <= r->o.threshold && u->priced && t->high_nano > 0;
	t->realised_nano = realised(u);
	r->total.realised_nano += t->realised_nano;
	if (!t->routed)
		return;
	r->total.routed_calls += t->calls;
	r->total.low_nano += t->low_nano;
	r->total.high_nano += t->high_nano;
}

static int by_saving(const void *a, const void *b)
{
	const struct router_unit *x = &(*(struct unit *const *)a)->told;
	const struct router_unit *y = &(*(struct unit *const *)b)->told;
	int order;

	if (x->routed != y->routed)
		return x->routed ? -1 : 1;
	if (x->high_nano != y->high_nano)
		return x->high_nano < y->high_nano ? 1 : -1;
	order = strcmp(x->service, y->service);
	order = order ? order : strcmp(x->feature, y->feature);
	return order ? order : strcmp(x->model, y->model);
}

int router__end(struct router *r, struct router_total *ret_total, router_unit_fn fn, void *ctx)
{
	for (size_t i = 0; i < r->count; i++)
		settle(r, r->units[i]);
	if (r->count)
		qsort(r->units, r->count, sizeof(*r->units), by_saving);
	for (size_t i = 0; i < r->count; i++)
		fn(ctx, &r->units[i]->told);
	*ret_total = r->total;
	return r->no_room ? -ENOMEM : 0;
}
