// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "detect/telling.h"

struct open {
	struct fair_item item;
	struct finding f;
	int64_t told_ns;
	bool untold; /* it was found since it was told */
};

struct quota {
	struct fair_item item;
	int64_t minute;
	uint32_t told;
};

static void tell(struct telling *t, struct open *o, int64_t now)
{
	o->told_ns = now;
	o->untold = false;
	t->emit(t->ctx, &o->f);
	o->f.again = true;
}

static void leave(void *ctx, void *item)
{
	struct open *o = item;

	if (o->untold)
		tell(ctx, o, o->f.last_ns);
}

void telling__init(struct telling *t, finding_emit_fn emit, void *ctx)
{
	*t = (struct telling){ .emit = emit, .ctx = ctx };
	fair__init(&t->open, TELLING_OPEN, sizeof(struct open), leave, t);
	fair__init(&t->quotas, TELLING_OPEN, sizeof(struct quota), NULL, NULL);
}

void telling__finish(struct telling *t)
{
	size_t at = 0;
	struct open *o;

	while ((o = fair__next(&t->open, &at)))
		if (o->untold)
			tell(t, o, o->f.last_ns);
}

void telling__fini(struct telling *t)
{
	t->open.leave = NULL;
	fair__fini(&t->open);
	fair__fini(&t->quotas);
}

/*
 * What a budget's step was told for is so until its period ends, however seldom it is found; a
 * run's has no end.
 */
static bool is_over(const struct finding *f, int64_t now)
{
	if (f->budget[0])
		return f->until_ns && now >= f->until_ns;
	return now - f->last_ns > TELLING_QUIET_NS;
}

static uint64_t key_of(uint8_t kind, uint64_t what)
{
	uint64_t key = hash_bytes(HASH_SEED, &kind, sizeof(kind));

	return hash_bytes(key, &what, sizeof(what));
}

/* The same finding has the same id wherever it is found: live, and again in a replay. */
static void name(struct finding *f, uint64_t key)
{
	uint64_t high = hash_bytes(key, &f->since_ns, sizeof(f->since_ns));
	uint64_t low = hash_bytes(high ^ HASH_SEED, &key, sizeof(key));

	snprintf(f->key, sizeof(f->key), "%016llx", (unsigned long long)key);
	snprintf(f->id, sizeof(f->id), "%016llx%016llx", (unsigned long long)high,
		 (unsigned long long)low);
}

void telling_name(struct finding *f, uint64_t what)
{
	name(f, key_of(f->kind, what));
}

static bool has_quota(struct telling *t, uint64_t tenant, int64_t now)
{
	struct quota *q = fair__get(&t->quotas, tenant);

	if (!q)
		q = fair__make(&t->quotas, tenant, tenant);
	if (!q)
		return false;
	if (q->minute != now / TELLING_AGAIN_NS)
		q->told = 0;
	q->minute = now / TELLING_AGAIN_NS;
	return q->told++ < TELLING_NEW;
}

/* What goes on: the newest figures stand, from when it was found first. */
static void merge(struct telling *t, struct open *o, const struct finding *f, int64_t now)
{
	bool worse = f->severity > o->f.severity;
	struct finding before = o->f;

	o->f = *f;
	memcpy(o->f.id, before.id, sizeof(before.id));
	memcpy(o->f.key, before.key, sizeof(before.key));
	o->f.since_ns = before.since_ns;
	o->f.found_ns = before.found_ns;
	o->f.count = before.count + 1;
	o->f.last_ns = now;
	o->f.again = true;
	if (!worse)
		o->f.severity = before.severity;
	o->untold = true;
	if (worse)
		tell(t, o, now);
}

void telling__add(struct telling *t, struct finding *f, uint64_t what, uint64_t tenant, int64_t now)
{
	uint64_t key = key_of(f->kind, what);
	struct open *o = fair__get(&t->open, key);

	f->found_ns = f->last_ns = now;
	f->count = 1;
	if (o && is_over(&o->f, now)) {
		fair__drop(&t->open, o);
		o = NULL;
	}
	if (!o && !has_quota(t, tenant, now)) {
		/* One for all of this kind of this tenant's: it has none of their names. */
		key = key_of(f->kind, tenant ^ HASH_SEED);
		f->run[0] = '\0';
		o = fair__get(&t->open, key);
	}
	if (o) {
		merge(t, o, f, now);
		return;
	}
	name(f, key);
	o = fair__make(&t->open, key, tenant);
	if (!o) { /* no memory: told, if not merged */
		t->emit(t->ctx, f);
		return;
	}
	o->f = *f;
	tell(t, o, now);
}

void telling__tick(struct telling *t, int64_t now)
{
	size_t at = 0;
	struct open *o;

	while ((o = fair__next(&t->open, &at)))
		if (o->untold && now - o->told_ns >= TELLING_AGAIN_NS)
			tell(t, o, now);
}

void telling__past(struct telling *t, const struct finding *f)
{
	uint64_t key = strtoull(f->key, NULL, 16);
	struct open *o = fair__get(&t->open, key) ? NULL : fair__make(&t->open, key, key);

	if (!o)
		return;
	o->f = *f;
	o->f.again = true;
	o->f.figure_count = 0; /* their names are borrowed */
	o->told_ns = f->last_ns;
}

bool telling__has(struct telling *t, enum finding_kind kind, uint64_t what)
{
	return fair__get(&t->open, key_of((uint8_t)kind, what)) != NULL;
}
