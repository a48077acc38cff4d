// SPDX-License-Identifier: BSD-2-Clause
/*
 * A price list that does not give what is charged: what a provider or a gateway says that a call
 * cost, against what a list makes of its usage. Calls of a day are added up by provider and model,
 * and are one finding.
 */
#include <stdio.h>

#include "base/hash.h"
#include "detect/detector.h"
#include "detect/period.h"

/* Models of which a day is added up; a host uses some ten. */
#define MODELS_MAX 1024
/* Figures of several classes are rounded each: so many nano-dollars are no difference. */
#define ROUNDING USAGE_CLASSES

struct model_day {
	struct fair_item item;
	int64_t day_ns;	  /* when it began */
	int64_t since_ns; /* its first call that differs */
	int64_t compared; /* calls of which there are both figures */
	/* Of those that differ: how many, both sums, what they are apart, what counts as spent */
	int64_t calls, told, computed, apart, spent;
};

struct cost {
	struct detect *d;
	struct fair models;
};

/* Both figures of one call. */
struct both {
	int64_t told, computed;
};

static int init(void *state, struct detect *d)
{
	struct cost *c = state;

	c->d = d;
	fair__init(&c->models, MODELS_MAX, sizeof(struct model_day), NULL, NULL);
	return 0;
}

static void fini(void *state)
{
	fair__fini(&((struct cost *)state)->models);
}

/* False where there is one figure alone, or a list's is no measure: of an estimate, or a part. */
static bool both_of(const struct seen *s, struct both *ret_both)
{
	const struct charge *ch = s->e->charge;
	bool reported = ch->basis == CHARGE_REPORTED;

	if (!ch->compared || ch->unpriced || ch->subscription ||
	    (!reported && ch->basis != CHARGE_COMPUTED) ||
	    s->e->call->usage_source != USAGE_REPORTED)
		return false;
	ret_both->told = reported ? ch->total : ch->compared_nano;
	ret_both->computed = reported ? ch->compared_nano : ch->total;
	return ret_both->told >= 0 && ret_both->computed >= 0;
}

static int64_t apart_of(const struct both *b)
{
	return b->told > b->computed ? b->told - b->computed : b->computed - b->told;
}

static int64_t larger_of(const struct both *b)
{
	return b->told > b->computed ? b->told : b->computed;
}

static int64_t percent_of(int64_t part, int64_t whole)
{
	return whole ? (int64_t)((__int128)part * 100 / whole) : 0;
}

static bool differs(const struct both *b, int64_t percent)
{
	int64_t apart = apart_of(b);

	return apart > ROUNDING && (__int128)apart * 100 > (__int128)larger_of(b) * percent;
}

/* The model that a price is looked up for. */
static const char *model_of(const struct call *c)
{
	return c->served_model[0] ? c->served_model : c->requested_model;
}

/* Who tells it is told apart: a provider knows, a gateway has a list of its own. */
static uint64_t group_of(const struct seen *s)
{
	const struct call *c = s->e->call;
	const bool by_provider = c->cost_told;
	uint64_t h = hash_bytes(HASH_SEED, c->provider, strlen(c->provider) + 1);

	h = hash_bytes(h, model_of(c), strlen(model_of(c)) + 1);
	return hash_bytes(h, &by_provider, sizeof(by_provider));
}

static void add(int64_t *sum, int64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = INT64_MAX;
}

/* Its state of that day; NULL: no memory, or of a day that is over. */
static struct model_day *day_of(struct cost *c, const struct seen *s, uint64_t group)
{
	struct model_day *m = fair__get(&c->models, group);
	int64_t start, end;

	period_at(PERIOD_DAY, s->end_ns, &start, &end);
	if (!m)
		m = fair__make(&c->models, group, s->tenant);
	if (!m || m->day_ns > start)
		return NULL;
	if (m->day_ns < start)
		*m = (struct model_day){ .item = m->item, .day_ns = start };
	return m;
}

static void tell(struct cost *c, const struct seen *s, const struct model_day *m, uint64_t group)
{
	const struct both sums = { m->told, m->computed };
	struct finding f = finding_of(FINDING_COST_DIFFERS, FINDING_NOTICE, s, m->since_ns);

	f.run[0] = '\0';
	snprintf(f.what, sizeof(f.what), "%.20s %.50s, priced as %.40s", s->e->call->provider,
		 model_of(s->e->call), s->e->charge->price_id);
	f.calls = m->calls;
	f.nano_usd = m->spent;
	finding__figure(&f, s->e->call->cost_told ? "provider_tells" : "gateway_tells", m->told,
			FIGURE_NANO_USD);
	finding__figure(&f, "list_gives", m->computed, FIGURE_NANO_USD);
	finding__figure(&f, "apart", m->apart, FIGURE_NANO_USD);
	finding__figure(&f, "percent_apart", percent_of(m->apart, larger_of(&sums)),
			FIGURE_PERCENT);
	finding__figure(&f, "limit", detect__setting(c->d, SET_APART), FIGURE_PERCENT);
	finding__figure(&f, "calls_compared", m->compared, FIGURE_COUNT);
	detect__tell(c->d, s, &f, hash_bytes(group, &m->day_ns, sizeof(m->day_ns)));
}

static void on_entry(void *state, const struct seen *s)
{
	int64_t percent = detect__setting(((struct cost *)state)->d, SET_APART);
	struct cost *c = state;
	uint64_t group = group_of(s);
	struct model_day *m;
	struct both b;

	if (!percent || !both_of(s, &b))
		return;
	m = day_of(c, s, group);
	if (!m)
		return;
	m->compared++;
	if (!differs(&b, percent))
		return;
	if (!m->calls++)
		m->since_ns = s->start_ns;
	add(&m->told, b.told);
	add(&m->computed, b.computed);
	add(&m->apart, apart_of(&b));
	add(&m->spent, s->nano);
	if (m->apart >= detect__setting(c->d, SET_APART_USD))
		tell(c, s, m, group);
}

const struct detector_ops detector_cost = {
	.name = "cost",
	.state_size = sizeof(struct cost),
	.init = init,
	.fini = fini,
	.on_entry = on_entry,
};
