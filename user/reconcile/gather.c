// SPDX-License-Identifier: BSD-2-Clause
/* Lines and slots as they come, summed by what they have in common. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "reconcile/inside.h"

/* Names of models, projects and keys of a bill and a ledger. */
#define NAMES_MAX 1000000

int names__init(struct names *n)
{
	*n = (struct names){ .count = 0 };
	table__init(&n->by_hash, NAMES_MAX);
	return names__number(n, "") == 0 ? 0 : -ENOMEM;
}

void names__fini(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->at[i]);
	free(n->at);
	table__fini(&n->by_hash);
}

static int add_name(struct names *n, const char *text, uint64_t hash)
{
	int ret;

	if (n->count == n->cap) {
		size_t cap = n->cap ? n->cap * 2 : 64;
		char **grown = realloc(n->at, cap * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		n->at = grown;
		n->cap = cap;
	}
	n->at[n->count] = strdup(text);
	if (!n->at[n->count])
		return -ENOMEM;
	/* A pointer that is a number: one more than that, since NULL is none. */
	ret = table__put(&n->by_hash, hash, (void *)(uintptr_t)(n->count + 1));
	if (ret) {
		free(n->at[n->count]);
		return ret;
	}
	n->count++;
	return 0;
}

int64_t names__number(struct names *n, const char *text)
{
	uint64_t hash = hash_bytes(HASH_SEED, text, strlen(text));

	for (;; hash++) { /* of two that meet the second is beside the first */
		uintptr_t at = (uintptr_t)table__get(&n->by_hash, hash);
		int ret;

		if (at && !strcmp(n->at[at - 1], text))
			return (int64_t)at - 1;
		if (at)
			continue;
		ret = add_name(n, text, hash);
		return ret ? ret : (int64_t)n->count - 1;
	}
}

int reconcile__new(const struct reconcile_opts *o, struct reconcile **ret_r)
{
	struct reconcile *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->o = *o;
	r->from_s = INT64_MAX;
	r->until_s = INT64_MIN;
	table__init(&r->line_by_hash, RECONCILE_LINES_MAX);
	table__init(&r->cell_by_hash, RECONCILE_LINES_MAX);
	if (names__init(&r->names)) {
		reconcile__free(r);
		return -ENOMEM;
	}
	*ret_r = r;
	return 0;
}

void reconcile__free(struct reconcile *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->cell_count; i++)
		free(r->cells[i]);
	free(r->cells);
	free(r->lines);
	free(r->slots);
	table__fini(&r->line_by_hash);
	table__fini(&r->cell_by_hash);
	names__fini(&r->names);
	free(r);
}

void reconcile__file(struct reconcile *r)
{
	r->file++;
}

struct side *reconcile__side(struct reconcile *r, uint32_t provider)
{
	for (size_t i = 0; i < r->side_count; i++)
		if (r->sides[i].provider == provider)
			return &r->sides[i];
	return NULL;
}

/* What the ledger calls it, where somebody said so. */
static const char *by_ledger(const struct reconcile *r, const char *text)
{
	for (size_t i = 0; i < r->o.same_count; i++)
		if (!strcmp(r->o.same[i].bill, text))
			return r->o.same[i].ledger;
	return text;
}

static int number_all(struct reconcile *r, const char *const text[DIMS + 1], uint32_t *ret_provider,
		      uint32_t ret_dim[DIMS])
{
	int64_t n = names__number(&r->names, text[DIMS]);

	*ret_provider = (uint32_t)n;
	for (int i = 0; n >= 0 && i < DIMS; i++) {
		n = names__number(&r->names, text[i]);
		ret_dim[i] = (uint32_t)n;
	}
	return n < 0 ? (int)n : 0;
}

static bool same_line(const struct billed *a, const struct billed *b)
{
	return a->day == b->day && a->provider == b->provider && a->file == b->file &&
	       a->kind == b->kind && a->batch == b->batch && a->has_money == b->has_money &&
	       !a->known == !b->known && !memcmp(a->dim, b->dim, sizeof(a->dim));
}

static uint64_t hash_line(const struct billed *b)
{
	uint64_t of[] = { (uint64_t)b->day,
			  b->provider,
			  b->file,
			  (uint64_t)b->kind << 3 | (uint64_t)!b->known << 2 |
				  (uint64_t)b->batch << 1 | b->has_money,
			  b->dim[0],
			  b->dim[1],
			  b->dim[2] };

	return hash_bytes(HASH_SEED, of, sizeof(of));
}

static int grow(void **array, size_t count, size_t *cap, size_t size)
{
	size_t wanted = *cap ? *cap * 2 : 64;
	void *grown;

	if (count < *cap)
		return 0;
	if (count >= RECONCILE_LINES_MAX)
		return -E2BIG;
	grown = realloc(*array, wanted * size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*cap = wanted;
	return 0;
}

static int add_line(struct reconcile *r, const struct billed *b)
{
	uint64_t hash = hash_line(b);
	struct billed *at;
	int ret;

	for (;; hash++) {
		uintptr_t n = (uintptr_t)table__get(&r->line_by_hash, hash);

		if (!n)
			break;
		at = &r->lines[n - 1];
		if (!same_line(at, b))
			continue;
		reconcile_add(&at->nano, b->nano);
		reconcile_add(&at->tolerance, b->tolerance);
		if (b->requests >= 0)
			at->requests = at->requests < 0 ? b->requests : at->requests + b->requests;
		for (int i = 0; i < USAGE_CLASSES; i++)
			reconcile_add(&at->units[i], b->units[i]);
		at->known |= b->known;
		return 0;
	}
	ret = grow((void **)&r->lines, r->line_count, &r->line_cap, sizeof(*r->lines));
	if (!ret)
		ret = table__put(&r->line_by_hash, hash, (void *)(uintptr_t)(r->line_count + 1));
	if (!ret)
		r->lines[r->line_count++] = *b;
	return ret;
}

/* A bucket longer than a day and an hour: a day has 25 hours once a year. */
#define DAY_MAX_S (25 * 3600)

int reconcile__bill(struct reconcile *r, const struct bill_line *line)
{
	const char *const text[] = { line->model, by_ledger(r, line->project),
				     by_ledger(r, line->key), line->provider };
	struct billed b = { .day = day_of(line->start_s),
			    .file = r->file,
			    .kind = line->kind,
			    .batch = line->batch,
			    .loose = line->loose,
			    .zoneless = line->zoneless,
			    .has_money = line->has_money,
			    .nano = line->nano,
			    .tolerance = line->tolerance,
			    .requests = line->requests,
			    .known = line->use.known };
	int64_t end = line->end_s ? line->end_s : (b.day + 1) * 86400;
	struct side *side;
	int ret;

	for (int i = 0; i < USAGE_CLASSES; i++)
		b.units[i] = usage__knows(&line->use, i) ? line->use.n[i] : 0;
	ret = number_all(r, text, &b.provider, b.dim);
	if (ret)
		return ret;
	if (!reconcile__side(r, b.provider)) {
		if (r->side_count == SIDES_MAX)
			return -E2BIG;
		r->sides[r->side_count++] = (struct side){ .provider = b.provider };
	}
	side = reconcile__side(r, b.provider);
	if (line->kind == BILL_USAGE || line->kind == BILL_FEE) {
		side->has_money |= line->has_money;
		side->counted |= !line->has_money;
		side->zoneless |= line->zoneless;
		side->fees |= line->kind == BILL_FEE;
		r->summary.coarse |= end - line->start_s > DAY_MAX_S;
		if (line->start_s < r->from_s)
			r->from_s = line->start_s;
		if (end > r->until_s)
			r->until_s = end;
	}
	ret = add_line(r, &b);
	if (!ret && line->credit) {
		b.kind = BILL_CREDIT;
		b.nano = line->credit;
		b.tolerance = 0;
		b.requests = -1;
		b.known = 0;
		memset(b.units, 0, sizeof(b.units));
		ret = add_line(r, &b);
	}
	return ret;
}

/* Zones are up to 14 hours off: days of theirs begin and end so much beside those of UTC. */
#define ZONE_MAX_S (14 * 3600)

int reconcile__span(const struct reconcile *r, int64_t *ret_since_s, int64_t *ret_until_s)
{
	if (r->from_s >= r->until_s)
		return -ENODATA;
	*ret_since_s = day_of(r->from_s) * 86400 - ZONE_MAX_S;
	*ret_until_s = (day_of(r->until_s - 1) + 1) * 86400 + ZONE_MAX_S;
	return 0;
}

int reconcile__slot(struct reconcile *r, const struct ledger_slot *s)
{
	const char *const text[] = { s->model, s->project, s->key, s->provider };
	struct slot slot = { .end_s = s->end_s,
			     .start_s = s->start_s,
			     .batch = s->batch,
			     .calls = s->calls,
			     .unpriced = s->unpriced,
			     .nano = s->nano_usd,
			     .estimated = s->estimated_nano };
	int ret = number_all(r, text, &slot.provider, slot.dim);

	/* What a bill says nothing of can't be held against it. */
	if (ret || !reconcile__side(r, slot.provider))
		return ret;
	memcpy(slot.units, s->units, sizeof(slot.units));
	ret = grow((void **)&r->slots, r->slot_count, &r->slot_cap, sizeof(*r->slots));
	if (!ret)
		r->slots[r->slot_count++] = slot;
	return ret;
}
