// SPDX-License-Identifier: BSD-2-Clause
/* What of a bill and of the ledger can be held against one another: names, models, days. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "reconcile/inside.h"
#include "reconcile/wording.h"

static bool is_usage(const struct billed *b)
{
	return b->kind == BILL_USAGE;
}

/* Every file of the provider tells the dimension: a line that lacks it has no place beside others.
 */
static bool bill_tells(const struct reconcile *r, uint32_t provider, int dim)
{
	enum { LINES = 1, TELLS = 2 };
	uint8_t *files = calloc(r->file + 1, 1);
	bool any = false, all = files != NULL;

	for (size_t i = 0; files && i < r->line_count; i++) {
		const struct billed *b = &r->lines[i];

		if (b->provider == provider && is_usage(b))
			files[b->file] |= LINES | (b->dim[dim] ? TELLS : 0);
	}
	for (uint32_t file = 0; files && file <= r->file; file++) {
		any |= files[file] != 0;
		all &= files[file] != LINES;
	}
	free(files);
	return any && all;
}

/* A name that both have: that of a project, a key. Models have names for people, too. */
static bool name_in_common(const struct reconcile *r, uint32_t provider, int dim)
{
	uint8_t *seen = calloc(r->names.count, 1);
	bool common = false;

	for (size_t i = 0; seen && i < r->line_count; i++)
		if (r->lines[i].provider == provider)
			seen[r->lines[i].dim[dim]] = 1;
	for (size_t i = 0; seen && i < r->slot_count; i++)
		if (r->slots[i].provider == provider && r->slots[i].dim[dim])
			common |= seen[r->slots[i].dim[dim]];
	free(seen);
	return common;
}

static void match_dims(struct reconcile *r, struct side *s)
{
	struct reconcile_summary *sum = &r->summary;
	bool keys = bill_tells(r, s->provider, DIM_KEY);
	bool projects = bill_tells(r, s->provider, DIM_PROJECT);

	s->by[DIM_MODEL] = bill_tells(r, s->provider, DIM_MODEL);
	s->by[DIM_PROJECT] = projects && name_in_common(r, s->provider, DIM_PROJECT);
	s->by[DIM_KEY] = keys && name_in_common(r, s->provider, DIM_KEY);
	sum->by_model |= s->by[DIM_MODEL];
	sum->by_project |= s->by[DIM_PROJECT];
	sum->by_key |= s->by[DIM_KEY];
	sum->keys_unmatched |= keys && !s->by[DIM_KEY];
	sum->projects_unmatched |= projects && !s->by[DIM_PROJECT];
}

/* A model of a provider on one side. */
struct named {
	uint32_t model;
	bool loose;
	bool both;  /* the other side has the very name */
	bool named; /* of the ledger's: a bill has another name for it */
	char key[BILL_TEXT];
};

struct models {
	struct named *at;
	size_t count, cap;
};

/* More models than a provider has: of further ones each is itself. */
#define MODELS_MAX 4096

static int note_model(struct reconcile *r, struct models *m, uint32_t model, bool loose)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->at[i].model == model)
			return 0;
	if (m->count == MODELS_MAX)
		return 0;
	if (m->count == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 16;
		struct named *grown = realloc(m->at, cap * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		m->at = grown;
		m->cap = cap;
	}
	m->at[m->count] = (struct named){ .model = model, .loose = loose };
	wording_model_key(r->names.at[model], m->at[m->count].key, BILL_TEXT);
	m->count++;
	return 0;
}

static void note_both(struct models *a, struct models *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			if (a->at[i].model == b->at[k].model)
				a->at[i].both = b->at[k].both = true;
}

/* The ledger's model that a bill's name is like; a name that both have stands for itself. */
static struct named *alike(const struct models *ledger, const struct named *of)
{
	for (size_t i = 0; of->key[0] && !of->both && i < ledger->count; i++)
		if ((of->loose || !ledger->at[i].both) && !strcmp(ledger->at[i].key, of->key))
			return &ledger->at[i];
	return NULL;
}

static void rename_line(struct reconcile *r, uint32_t provider, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < r->line_count; i++)
		if (r->lines[i].provider == provider && r->lines[i].dim[DIM_MODEL] == from)
			r->lines[i].dim[DIM_MODEL] = to;
}

static void rename_slot(struct reconcile *r, uint32_t provider, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < r->slot_count; i++)
		if (r->slots[i].provider == provider && r->slots[i].dim[DIM_MODEL] == from)
			r->slots[i].dim[DIM_MODEL] = to;
}

/*
 * "claude 3 5 haiku" of a SKU, "anthropic.claude-3-5-haiku-20241022-v1:0" of a call: the ledger's
 * name is taken for both. A bill's alias, "gpt-4o", stands for the dated names that answered.
 */
static void rename_models(struct reconcile *r, uint32_t provider, struct models *bill,
			  struct models *ledger)
{
	for (size_t i = 0; i < bill->count; i++) {
		struct named *of = alike(ledger, &bill->at[i]);

		if (!of)
			continue;
		rename_line(r, provider, bill->at[i].model, of->model);
		of->named = true;
	}
	for (size_t i = 0; i < ledger->count; i++)
		for (size_t k = 0; k < ledger->count; k++) {
			const struct named *a = &ledger->at[i], *b = &ledger->at[k];

			if (a->both || a->named || !b->named || !a->key[0] ||
			    strcmp(a->key, b->key))
				continue;
			rename_slot(r, provider, a->model, b->model);
			break;
		}
}

static int match_models(struct reconcile *r, uint32_t provider)
{
	struct models bill = { NULL, 0, 0 }, ledger = { NULL, 0, 0 };
	int ret = 0;

	for (size_t i = 0; !ret && i < r->line_count; i++)
		if (r->lines[i].provider == provider && r->lines[i].dim[DIM_MODEL])
			ret = note_model(r, &bill, r->lines[i].dim[DIM_MODEL], r->lines[i].loose);
	for (size_t i = 0; !ret && i < r->slot_count; i++)
		if (r->slots[i].provider == provider)
			ret = note_model(r, &ledger, r->slots[i].dim[DIM_MODEL], false);
	if (!ret) {
		note_both(&bill, &ledger);
		rename_models(r, provider, &bill, &ledger);
	}
	free(bill.at);
	free(ledger.at);
	return ret;
}

int reconcile__match(struct reconcile *r)
{
	for (size_t i = 0; i < r->side_count; i++) {
		int ret;

		match_dims(r, &r->sides[i]);
		ret = r->sides[i].by[DIM_MODEL] ? match_models(r, r->sides[i].provider) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- Whose days --------------------------------------------------------------------------------
 */

/* A bill of more days is no bill. */
#define DAYS_MAX 4000
#define HALF_S	 1800
#define ZONE_LOW (-12 * 3600)
#define ZONE_TOP (14 * 3600)

struct days {
	int64_t first, count;
	int64_t *bill, *ledger;
};

static bool in_days(const struct days *d, int64_t day)
{
	return day >= d->first && day < d->first + d->count;
}

/* What bill and ledger are apart, all days, if calls are counted so. */
static int64_t apart(const struct reconcile *r, const struct side *s, struct days *d)
{
	int64_t sum = 0;

	memset(d->ledger, 0, (size_t)d->count * sizeof(*d->ledger));
	for (size_t i = 0; i < r->slot_count; i++) {
		const struct slot *slot = &r->slots[i];
		int64_t day = day_of((s->by_start ? slot->start_s : slot->end_s) + s->shift_s);

		if (slot->provider == s->provider && in_days(d, day))
			reconcile_add(&d->ledger[day - d->first], slot->nano);
	}
	for (int64_t i = 0; i < d->count; i++)
		reconcile_add(&sum, llabs(d->bill[i] - d->ledger[i]));
	return sum;
}

static void sum_bill(const struct reconcile *r, const struct side *s, struct days *d)
{
	for (size_t i = 0; i < r->line_count; i++) {
		const struct billed *b = &r->lines[i];
		int64_t nano = b->nano;

		if (b->provider != s->provider || !in_days(d, b->day) ||
		    (b->kind != BILL_USAGE && b->kind != BILL_FEE))
			continue;
		if (s->has_money && !b->has_money)
			continue;
		if (!s->has_money && !reconcile__value(r, b->provider, b->dim[DIM_MODEL], b->batch,
						       b->day, b->units, &nano))
			continue;
		reconcile_add(&d->bill[b->day - d->first], nano);
	}
}

/*
 * Another zone, or the day of a call's start, has to explain a tenth of what is apart: days that
 * are apart for other reasons prove nothing. Of zones as good as each other UTC's nearest is taken.
 */
static void find_days(struct reconcile *r, struct side *s, struct days *d)
{
	struct side best = *s, try = *s;
	int64_t least, base;

	sum_bill(r, s, d);
	least = base = apart(r, s, d);
	for (int start = 0; start < 2; start++)
		for (int step = 0; step <= ZONE_TOP / HALF_S; step++)
			for (int sign = 1; sign >= -1; sign -= 2) {
				int64_t is;

				try.by_start = start;
				try.shift_s = sign * step * HALF_S;
				if ((step && !s->zoneless) || try.shift_s < ZONE_LOW)
					continue;
				is = apart(r, &try, d);
				if (is < least && is <= base - base / 10) {
					least = is;
					best = try;
				}
			}
	*s = best;
}

void reconcile__days(struct reconcile *r)
{
	struct days d = { .first = day_of(r->from_s),
			  .count = day_of(r->until_s - 1) - day_of(r->from_s) + 1 };

	if (d.count < 2 || d.count > DAYS_MAX || r->summary.coarse)
		return;
	d.bill = calloc((size_t)d.count, sizeof(*d.bill));
	d.ledger = calloc((size_t)d.count, sizeof(*d.ledger));
	for (size_t i = 0; d.bill && d.ledger && i < r->side_count; i++) {
		struct side *s = &r->sides[i];

		memset(d.bill, 0, (size_t)d.count * sizeof(*d.bill));
		find_days(r, s, &d);
		r->summary.by_start |= s->by_start;
		r->summary.shifted |= s->shift_s != 0;
		if (s->shift_s)
			r->summary.zone_minutes = s->shift_s / 60;
	}
	free(d.bill);
	free(d.ledger);
}
