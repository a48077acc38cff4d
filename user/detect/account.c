// SPDX-License-Identifier: BSD-2-Clause
#include "base/hash.h"
#include "detect/account.h"

/* Deeper trees are a mistake, or made to stall us: their calls are the 64th's. */
#define LEVELS 64

/* A period of which less than a fifth is over says little of the rest. */
#define PROJECTION_PART 5

static uint64_t run_key(const char *run)
{
	return hash_bytes(HASH_SEED, run, strlen(run) + 1);
}

void accounts__link(struct accounts *a, const char *run, const char *parent, uint64_t tenant)
{
	struct run_parent *r;

	if (!*run || !*parent || !strcmp(run, parent) || fair__get(&a->runs, run_key(run)))
		return;
	r = fair__make(&a->runs, run_key(run), tenant);
	if (r)
		span__copy(span_str(parent), r->parent, sizeof(r->parent));
}

void accounts__top(struct accounts *a, const char *run, char *ret)
{
	struct run_parent *r;

	span__copy(span_str(run), ret, 17);
	for (int i = 0; i < LEVELS && (r = fair__get(&a->runs, run_key(ret))); i++)
		memcpy(ret, r->parent, 17);
}

static uint64_t key_of(const struct budget *b, struct span value, const char *run)
{
	uint64_t h = hash_bytes(b->id, value.p, value.n);

	h = hash_bytes(h, "", 1);
	return hash_bytes(h, run, strlen(run));
}

struct account *accounts__of(struct accounts *a, size_t budget, struct span value, const char *run,
			     uint64_t tenant, int64_t now_ns)
{
	const struct budget *b = &a->list->at[budget];
	uint64_t key = key_of(b, value, run);
	struct account *c = fair__get(&a->accounts, key);

	if (!c) {
		/* What all have together is nobody's to be pushed out. */
		c = fair__make(&a->accounts, key, value.n || *run ? tenant : 0);
		if (!c)
			return NULL;
		c->b = b;
		c->tenant = tenant;
		span__copy(value, c->value, sizeof(c->value));
		span__copy(span_str(run), c->run, sizeof(c->run));
		period_at(b->period, now_ns, &c->start_ns, &c->end_ns);
		if (b->period == PERIOD_RUN)
			c->start_ns = now_ns;
	}
	account__turn(c, now_ns);
	c->last_ns = now_ns;
	return c;
}

struct account *accounts__find(struct accounts *a, size_t budget, const struct seen *s)
{
	const struct budget *b = &a->list->at[budget];
	enum owner_trust trust = TRUST_KERNEL, one;
	struct span value = SPAN("");
	struct account *c;
	char run[17] = "";

	for (size_t i = 0; i < b->when_count; i++) {
		int subject = b->when[i].subject;

		if (!budget_fits(subject, subject_value(subject, s->e, &one), b->when[i].pattern))
			return NULL;
		trust = one < trust ? one : trust;
	}
	if (b->each >= 0) {
		value = subject_value(b->each, s->e, &one);
		trust = one < trust ? one : trust;
		if (!value.n)
			return NULL; /* whose it is is not known */
		if (value.n >= OWNER_TEXT_MAX)
			value.n = OWNER_TEXT_MAX - 1;
	}
	if (b->period == PERIOD_RUN) {
		if (!s->run)
			return NULL;
		accounts__top(a, s->e->link->run, run);
	}
	c = accounts__of(a, budget, value, run, s->tenant, s->end_ns);
	if (c)
		c->trust = (uint8_t)trust;
	return c;
}

void account__turn(struct account *c, int64_t now_ns)
{
	if (now_ns < c->end_ns)
		return;
	period_at(c->b->period, now_ns, &c->start_ns, &c->end_ns);
	c->spent = c->nano = c->calls = 0;
	c->told = 0;
	c->told_in_flight = c->told_projection = c->closed = false;
	c->closed_by = 0;
}

int64_t account__projected(const struct account *c, int64_t now_ns)
{
	int64_t length = c->end_ns - c->start_ns, gone = now_ns - c->start_ns;
	__int128 most;

	if (c->b->period == PERIOD_RUN || gone <= 0 || gone < length / PROJECTION_PART)
		return -1;
	most = (__int128)c->spent * length / gone;
	return most > INT64_MAX ? INT64_MAX : (int64_t)most;
}
