// SPDX-License-Identifier: BSD-2-Clause
/* Lines and slots become cells, whose gaps are explained and told. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "reconcile/inside.h"

static const struct {
	const char *name, *title, *help;
} parts[PARTS] = {
#define PART(sym, name, title, help) [PART_##sym] = { #name, title, help },
#include "reconcile/parts.def"
#undef PART
};

const char *reconcile_part_name(enum reconcile_part p)
{
	return parts[p].name;
}

const char *reconcile_part_title(enum reconcile_part p)
{
	return parts[p].title;
}

const char *reconcile_part_help(enum reconcile_part p)
{
	return parts[p].help;
}

/* The cell of that day and of what its side goes by; NULL: no memory. */
static struct cell *cell_at(struct reconcile *r, const struct side *s, int64_t day,
			    const uint32_t dim[DIMS])
{
	struct cell c = { .day = r->summary.coarse ? INT64_MIN : day,
			  .provider = s->provider,
			  .side = s,
			  .requests = -1 };
	uint64_t of[] = { (uint64_t)c.day, c.provider, 0, 0, 0 }, hash;
	struct cell *at;

	for (int i = 0; i < DIMS; i++)
		of[2 + i] = c.dim[i] = s->by[i] ? dim[i] : 0;
	for (hash = hash_bytes(HASH_SEED, of, sizeof(of));; hash++) {
		at = table__get(&r->cell_by_hash, hash);
		if (!at)
			break;
		if (at->day == c.day && at->provider == c.provider &&
		    !memcmp(at->dim, c.dim, sizeof(c.dim)))
			return at;
	}
	if (r->cell_count == r->cell_cap) {
		size_t cap = r->cell_cap ? r->cell_cap * 2 : 64;
		struct cell **grown = realloc(r->cells, cap * sizeof(struct cell *));

		if (!grown)
			return NULL;
		r->cells = grown;
		r->cell_cap = cap;
	}
	at = malloc(sizeof(*at));
	if (!at || table__put(&r->cell_by_hash, hash, at)) {
		free(at);
		return NULL;
	}
	*at = c;
	r->cells[r->cell_count++] = at;
	return at;
}

/* Tokens that are told beside the money and in a file of their own are told twice. */
static bool counts(const struct side *s, const struct billed *b)
{
	return !s->has_money || !s->counted || !b->has_money;
}

/* Each line by its own model: cells may be of several. */
static void add_tokens(const struct reconcile *r, struct cell *c, const struct billed *b)
{
	int64_t value;

	/* Money for tokens that nobody counts: what of it is tokens, what price, can't be told. */
	c->apart |= b->has_money && !b->known;
	for (int i = 0; i < USAGE_CLASSES; i++)
		if (usage_is_tokens(i))
			reconcile_add(&c->tokens, b->units[i]);
	c->known |= b->known;
	if (reconcile__value(r, b->provider, b->dim[DIM_MODEL], false, b->day, b->units, &value))
		reconcile_add(&c->value, value);
	else
		c->apart = true;
}

static int add_line(struct reconcile *r, const struct billed *b)
{
	const struct side *s = reconcile__side(r, b->provider);
	struct cell *c = cell_at(r, s, b->day, b->dim);
	int64_t nano = b->has_money ? b->nano : 0;

	if (!c)
		return -ENOMEM;
	if (!s->has_money) {
		if (!reconcile__value(r, b->provider, b->dim[DIM_MODEL], b->batch, b->day, b->units,
				      &nano)) {
			r->summary.unvalued++;
			nano = 0;
		}
		r->summary.valued = true;
	}
	reconcile_add(&c->tolerance, b->tolerance);
	if (b->kind != BILL_USAGE) {
		reconcile_add(&c->kinds[b->kind], nano);
		return 0;
	}
	c->has_usage |= b->has_money || !s->has_money;
	reconcile_add(b->batch ? &c->batch : &c->usage, nano);
	if (b->batch || !counts(s, b))
		return 0;
	if (b->requests >= 0)
		c->requests = (c->requests < 0 ? 0 : c->requests) + b->requests;
	add_tokens(r, c, b);
	return 0;
}

static bool in_bill(const struct reconcile *r, int64_t day)
{
	return day >= day_of(r->from_s) && day <= day_of(r->until_s - 1);
}

/* The bill's lines are there: a class of tokens that it does not tell is one that it has none of.
 */
static void add_units(const struct reconcile *r, struct cell *c, const struct slot *slot)
{
	int64_t told[USAGE_CLASSES], fees[USAGE_CLASSES], value;

	for (int i = 0; i < USAGE_CLASSES; i++) {
		bool alone = usage_kind(i) == USAGE_KIND_FEE && !(c->known & (1u << i));

		told[i] = alone ? 0 : slot->units[i];
		fees[i] = alone ? slot->units[i] : 0;
		if (usage_is_tokens(i))
			reconcile_add(&c->here_tokens, slot->units[i]);
	}
	if (reconcile__value(r, slot->provider, slot->dim[DIM_MODEL], false, c->day, told, &value))
		reconcile_add(&c->here_value, value);
	else
		c->apart = true;
	if (reconcile__value(r, slot->provider, slot->dim[DIM_MODEL], false, c->day, fees, &value))
		reconcile_add(&c->fees, value);
}

static int add_slot(struct reconcile *r, const struct slot *slot)
{
	const struct side *s = reconcile__side(r, slot->provider);
	int64_t theirs = day_of((s->by_start ? slot->start_s : slot->end_s) + s->shift_s);
	int64_t utc = day_of(slot->end_s);
	struct cell *c;

	if (in_bill(r, utc)) {
		c = cell_at(r, s, utc, slot->dim);
		if (!c)
			return -ENOMEM;
		reconcile_add(&c->utc_nano, slot->nano);
	}
	if (!in_bill(r, theirs))
		return 0;
	c = cell_at(r, s, theirs, slot->dim);
	if (!c)
		return -ENOMEM;
	reconcile_add(&c->nano, slot->nano);
	reconcile_add(&c->calls, slot->calls);
	if (slot->batch) {
		reconcile_add(&c->batch_nano, slot->nano);
		return 0;
	}
	reconcile_add(&c->unpriced, slot->unpriced);
	reconcile_add(&c->estimated, slot->estimated);
	add_units(r, c, slot);
	return 0;
}

static void tell(const struct reconcile *r, const struct cell *c, reconcile_cell_fn fn, void *ctx)
{
	struct reconcile_cell told = { .day = c->day,
				       .provider = r->names.at[c->provider],
				       .model = r->names.at[c->dim[DIM_MODEL]],
				       .project = r->names.at[c->dim[DIM_PROJECT]],
				       .key = r->names.at[c->dim[DIM_KEY]],
				       .billed = c->usage + c->batch,
				       .ledger = c->utc_nano,
				       .calls = c->calls,
				       .requests = c->requests };

	for (int k = BILL_FEE; k < BILL_KINDS; k++)
		told.billed += c->kinds[k];
	told.gap = told.billed - told.ledger;
	memcpy(told.part, c->part, sizeof(told.part));
	fn(ctx, &told);
}

int reconcile__explain(struct reconcile *r, reconcile_cell_fn fn, void *ctx,
		       struct reconcile_summary *ret_summary)
{
	int ret = r->from_s < r->until_s ? reconcile__match(r) : -ENODATA;

	if (ret)
		return ret;
	reconcile__days(r);
	for (size_t i = 0; !ret && i < r->line_count; i++)
		ret = add_line(r, &r->lines[i]);
	for (size_t i = 0; !ret && i < r->slot_count; i++)
		ret = add_slot(r, &r->slots[i]);
	if (ret)
		return ret;
	for (size_t i = 0; i < r->cell_count; i++)
		reconcile__parts(r, r->cells[i]);
	ret = reconcile__ratios(r);
	if (ret)
		return ret;
	for (size_t i = 0; i < r->cell_count; i++)
		tell(r, r->cells[i], fn, ctx);
	r->summary.from_s = r->from_s;
	r->summary.until_s = r->until_s;
	*ret_summary = r->summary;
	return 0;
}
