// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>

#include "price/catalogue.h"

/*
 * Google has one price for a prompt of any kind, and one for an answer, but where its list has
 * sound apart; so the list is whole in these tiers. Of others, sound without a price is of no known
 * price: Mistral sells it by the minute.
 */
static bool has_sound_in_text(const struct price_row *r)
{
	return (span__eq(r->provider, SPAN("google")) || span__eq(r->provider, SPAN("vertex"))) &&
	       (span__eq(r->tier, SPAN("default")) || span__eq(r->tier, SPAN("batch")));
}

/*
 * The class by whose price another is sold that has none of its own. Where a list has none for
 * cached input, the provider has no discount, and it is input like any other; so are pictures in a
 * prompt. Pictures that are made are nowhere sold as text.
 */
static enum usage_class sold_as(const struct price_row *r, enum usage_class c)
{
	switch (c) {
	case USAGE_CACHE_READ:
	case USAGE_CACHE_WRITE_5M:
	case USAGE_IMAGE_IN:
		return USAGE_INPUT;
	case USAGE_AUDIO_IN:
		return has_sound_in_text(r) ? USAGE_INPUT : c;
	case USAGE_AUDIO_OUT:
		return has_sound_in_text(r) ? USAGE_OUTPUT : c;
	default:
		return c;
	}
}

static bool price_of(const struct price_row *r, enum usage_class c, int64_t *ret_price)
{
	if (!(r->known & (1u << c)))
		c = sold_as(r, c);
	if (!(r->known & (1u << c)))
		return false;
	*ret_price = r->price[c];
	return true;
}

/* False for calls whose answer has no tokens: there is no figure of it to wait for. */
static bool has_output(const struct call *c)
{
	return strcmp(c->operation, "embeddings") && strcmp(c->operation, "rerank") &&
	       !c->likely_billed;
}

/*
 * Whether all is known that the call is sold by. A call without its output's figure is not priced:
 * half a price would pass for a whole.
 */
static bool is_measured(const struct call *c, const struct usage *use)
{
	for (int i = 0; i < USAGE_CLASSES; i++)
		if (usage_kind(i) == USAGE_KIND_COUNT && usage__knows(use, i))
			return true;
	if (usage__knows(use, USAGE_SEARCHES) && !strcmp(c->operation, "rerank"))
		return true;
	return usage__knows(use, USAGE_INPUT) &&
	       (usage__knows(use, USAGE_OUTPUT) || !has_output(c));
}

/* "openai/gpt-4o" */
static void name_price(struct charge *ch, const struct price_match *m, const struct call *c)
{
	struct span provider = m->row->provider;

	if (span__eq(provider, SPAN("*")))
		provider = span_str(c->provider);
	snprintf(ch->price_id, sizeof(ch->price_id), "%.*s/%.*s", (int)provider.n,
		 (const char *)provider.p, (int)m->row->model.n, (const char *)m->row->model.p);
	ch->contract = m->list->contract;
	ch->list_version = ch->contract ? "own" : m->list->version;
}

static int multiply(const struct price_match *m, int64_t units, int64_t price, int64_t *ret_nano)
{
	return m->base ? price_discounted(units, price, m->row->discount, ret_nano)
		       : price_multiply(units, price, ret_nano);
}

/* Of what was read from a cache, a part that the list sells apart. Returns 0 or -ERANGE. */
static int take_cached(const struct price_match *m, const struct price_row *row,
		       enum price_slot slot, int64_t part, int64_t *rest, int64_t *sum)
{
	int64_t nano;

	if (!part || part > *rest || !(row->known & (1u << slot)))
		return 0;
	*rest -= part;
	return multiply(m, part, row->price[slot], &nano) || __builtin_add_overflow(*sum, nano, sum)
		       ? -ERANGE
		       : 0;
}

/* What was read from a cache, all in one sum. Returns 0 or -ERANGE. */
static int charge_cached(const struct price_match *m, const struct price_row *row,
			 const struct usage *use, int64_t price, int64_t *ret_nano)
{
	int64_t rest = use->n[USAGE_CACHE_READ], sum = 0, nano;

	if (take_cached(m, row, PRICE_CACHED_AUDIO, use->cached_audio, &rest, &sum) ||
	    take_cached(m, row, PRICE_CACHED_IMAGE, use->cached_image, &rest, &sum) ||
	    multiply(m, rest, price, &nano) || __builtin_add_overflow(sum, nano, ret_nano))
		return -ERANGE;
	return 0;
}

/*
 * Units x price, class by class. False where a class has no price: there is no figure. But for a
 * fee beside it, such as that of a search, there is the figure of the rest, and what it lacks is
 * told.
 */
/*
 * What a row sells by is what it has prices of. What Mistral hears is told in tokens and in
 * seconds, and it sells the seconds.
 */
static bool is_sold_otherwise(const struct price_row *r, const struct usage *use, int c)
{
	bool by_count = false;

	for (int i = 0; i < USAGE_CLASSES; i++)
		by_count |= usage_kind(i) == USAGE_KIND_COUNT && usage__knows(use, i) &&
			    r->known & (1u << i);
	return usage_is_tokens(c)
		       ? by_count && !(r->known & (1u << USAGE_INPUT))
		       : usage_kind(c) == USAGE_KIND_COUNT && usage__knows(use, USAGE_INPUT) &&
				 r->known & (1u << USAGE_INPUT);
}

static bool compute(const struct price_match *m, const struct usage *told, struct charge *ch)
{
	const struct price_row *row = m->base ? m->base : m->row;
	struct usage use = *told;
	bool priced = false;

	if (row->discount >= 0)
		return false; /* a discount on nothing that is known */
	if (row->known & (1u << USAGE_REQUESTS))
		usage__set(&use, USAGE_REQUESTS, 1);
	for (int i = 0; i < USAGE_CLASSES; i++) {
		int64_t price;
		int err;

		if (!usage__knows(&use, i))
			continue;
		if (!price_of(row, i, &price)) {
			if (is_sold_otherwise(row, &use, i))
				continue;
			if (use.n[i] && usage_kind(i) != USAGE_KIND_FEE)
				return false;
			if (use.n[i])
				ch->unpriced |= 1u << i;
			continue;
		}
		err = i == USAGE_CACHE_READ ? charge_cached(m, row, &use, price, &ch->nano_usd[i])
					    : multiply(m, use.n[i], price, &ch->nano_usd[i]);
		if (err || __builtin_add_overflow(ch->total, ch->nano_usd[i], &ch->total))
			return false;
		priced = true;
	}
	return priced || !ch->unpriced;
}

/*
 * What stands beside the call's own figures, each by its own model's price. False where one has no
 * price: there is no figure.
 */
static bool compute_beside(const struct price_list *l, const struct call *c, int64_t when_ns,
			   struct charge *ch)
{
	for (size_t i = 0; i < c->beside_count; i++) {
		const struct call_beside *b = &c->beside[i];
		struct charge part = { .basis = CHARGE_UNKNOWN };
		struct price_match m;
		struct call own = *c;

		own.use = b->use;
		own.beside_count = 0;
		if (b->model[0]) {
			span__copy(span_str(b->model), own.served_model, sizeof(own.served_model));
			own.requested_model[0] = own.fallback_model[0] = '\0';
		}
		m = price_list__match(l, &own, when_ns);
		if (!m.row || !is_measured(&own, &own.use) || !compute(&m, &own.use, &part) ||
		    __builtin_add_overflow(ch->beside, part.total, &ch->beside) ||
		    __builtin_add_overflow(ch->total, part.total, &ch->total))
			return false;
		if (!ch->price_id[0])
			name_price(ch, &m, &own);
		ch->beside_nano[i] = part.total;
	}
	return true;
}

static bool is_part(const struct call_beside *b)
{
	return !strcmp(b->type, CALL_PART);
}

/* What no part of the figures is told to be of another model. */
static struct usage without_parts(const struct call *c, const struct usage *use)
{
	struct usage rest = *use;

	for (size_t i = 0; i < c->beside_count; i++)
		for (int k = 0; k < USAGE_CLASSES && is_part(&c->beside[i]); k++)
			if (usage__knows(&rest, k) && usage__knows(&c->beside[i].use, k))
				rest.n[k] -= c->beside[i].use.n[k];
	return rest;
}

/* Nothing of it is left to be sold: all of it is parts. */
static bool is_all_parts(const struct call *c, const struct usage *rest)
{
	bool parts = false;

	for (size_t i = 0; i < c->beside_count; i++)
		parts |= is_part(&c->beside[i]);
	for (int k = 0; k < USAGE_CLASSES; k++)
		parts &= !usage__knows(rest, k) || !rest->n[k];
	return parts;
}

/* The call's own figures, where it has a price. */
static bool compute_own(const struct call *c, const struct price_match *m, const struct usage *use,
			struct charge *ch)
{
	struct usage rest = without_parts(c, use);

	for (int k = 0; k < USAGE_CLASSES; k++)
		if (usage__knows(&rest, k) && rest.n[k] < 0)
			return false; /* parts that are more than their whole are none */
	return is_measured(c, use) && (is_all_parts(c, &rest) || (m->row && compute(m, &rest, ch)));
}

/* More than a hundredth apart, and more than rounding makes. */
static bool differs(int64_t a, int64_t b)
{
	const int64_t rounding = USAGE_CLASSES;
	int64_t apart = a > b ? a - b : b - a, larger = a > b ? a : b;

	return apart > rounding && apart > larger / 100;
}

void price_list__charge(const struct price_list *l, const struct call *c, int64_t when_ns,
			struct charge *ret_charge)
{
	struct charge ch = { .basis = CHARGE_UNKNOWN, .list_version = l->version };
	const struct usage *use = c->billed.known ? &c->billed : &c->use;
	struct price_match m = price_list__match(l, c, when_ns);
	bool computed;

	if (m.row)
		name_price(&ch, &m, c);
	*ret_charge = ch;
	if (c->free || (c->result == CALL_REFUSED && !c->likely_billed) ||
	    c->result == CALL_ERROR) {
		ret_charge->basis = CHARGE_NOT_BILLED;
		return;
	}
	computed = compute_own(c, &m, use, &ch) && compute_beside(l, c, when_ns, &ch);
	ch.basis = c->usage_source == USAGE_ESTIMATED ? CHARGE_ESTIMATED : CHARGE_COMPUTED;
	/* What the provider says is the price, whatever any list has; not against a contract. */
	if (c->cost_told && !ch.contract) {
		ret_charge->basis = CHARGE_REPORTED;
		ret_charge->unsplit = ret_charge->total = c->told_cost_nano;
		ret_charge->compared = computed;
		ret_charge->compared_nano = ch.total;
	} else if (computed) {
		ch.compared = c->cost_told || c->cost_claimed;
		ch.compared_nano = c->cost_told ? c->told_cost_nano : c->claimed_cost_nano;
		*ret_charge = ch;
	}
	/* An estimate is no measure of what was told. */
	ret_charge->differs = ret_charge->compared && !ch.unpriced &&
			      c->usage_source == USAGE_REPORTED &&
			      differs(ret_charge->total, ret_charge->compared_nano);
}
