// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is unusual for an owner: more spent in an hour than in the same hour of any day before, a
 * model, a key, a host that it never had. It may be as it should be: these are notices.
 */
#include <errno.h>

#include "base/hash.h"
#include "detect/detector.h"

/* Owners that are learnt of. */
#define OWNERS_MAX 4096
/* Days of which the hours are kept: each weekday twice. */
#define DAYS 14
/* Spend is compared once so many days are known, a Monday among them. */
#define DAYS_KNOWN 8
/* What is new is told once an owner is known for so long. */
#define KNOWN_NS (3 * DAY_NS)
/* Models, keys, hosts of one owner; of more, those that were seen least lately are new again. */
#define VALUES_MAX 16

struct value {
	uint64_t hash;
	int64_t last_ns;
};

enum { MODELS, KEYS, HOSTS, SETS };

struct owner_state {
	struct fair_item item;
	uint64_t tenant;
	bool changed;		 /* since it was written down */
	int64_t first_ns, hour;	 /* hour: number of the newest */
	int64_t nano[DAYS * 24]; /* by hour % (DAYS * 24) */
	int64_t calls;		 /* of the newest hour */
	struct value values[SETS][VALUES_MAX];
};

struct anomaly {
	struct detect *d;
	struct fair owners;
};

static int init(void *state, struct detect *d)
{
	struct anomaly *a = state;

	a->d = d;
	fair__init(&a->owners, OWNERS_MAX, sizeof(struct owner_state), NULL, NULL);
	return 0;
}

static void fini(void *state)
{
	fair__fini(&((struct anomaly *)state)->owners);
}

/* True when the owner had it before; it has it now. */
static bool had(struct value *set, struct span text, int64_t now_ns)
{
	uint64_t hash = hash_text(text.p, text.n);
	size_t at = 0;

	for (size_t i = 0; i < VALUES_MAX; i++) {
		if (set[i].hash == hash) {
			set[i].last_ns = now_ns;
			return true;
		}
		if (set[i].last_ns < set[at].last_ns)
			at = i;
	}
	set[at] = (struct value){ hash, now_ns };
	return false;
}

static void check_new(struct anomaly *a, const struct seen *s, struct owner_state *o)
{
	static const uint8_t kinds[SETS] = { FINDING_ANOMALY_NEW_MODEL, FINDING_ANOMALY_NEW_KEY,
					     FINDING_ANOMALY_NEW_HOST };
	static const uint8_t switches[SETS] = { SET_NEW_MODEL, SET_NEW_KEY, SET_NEW_HOST };
	const struct call *c = s->e->call;
	const struct span now[SETS] = { span_str(c->requested_model),
					span_str(s->e->owner->value[OWNER_KEY].text),
					c->x->request.host };
	bool known = s->end_ns - o->first_ns > KNOWN_NS;

	for (int i = 0; i < SETS; i++) {
		struct finding f;

		if (!now[i].n || had(o->values[i], now[i], s->end_ns) || !known ||
		    !detect__setting(a->d, switches[i]))
			continue;
		f = finding_of(kinds[i], FINDING_NOTICE, s, s->start_ns);
		span__copy(now[i], f.what, sizeof(f.what));
		f.calls = 1;
		f.nano_usd = s->nano;
		detect__tell(a->d, s, &f, hash_bytes(s->owner, now[i].p, now[i].n));
	}
}

/* To the present hour; those between it and the last one had nothing. */
static void move(struct owner_state *o, int64_t hour)
{
	if (!o->hour)
		o->hour = hour;
	for (int64_t i = o->hour + 1; i <= hour && i <= o->hour + DAYS * 24; i++)
		o->nano[i % (DAYS * 24)] = 0;
	if (hour > o->hour) {
		o->hour = hour;
		o->calls = 0;
	}
}

/* The most in this hour, or one beside it, of a day before. */
static int64_t highest(const struct owner_state *o)
{
	int64_t most = 0;

	for (int64_t day = 1; day < DAYS; day++)
		for (int64_t by = -1; by <= 1; by++) {
			int64_t hour = o->hour - day * 24 + by;

			if (hour >= 0 && o->nano[hour % (DAYS * 24)] > most)
				most = o->nano[hour % (DAYS * 24)];
		}
	return most;
}

static void check_spend(struct anomaly *a, const struct seen *s, struct owner_state *o)
{
	int64_t percent = detect__setting(a->d, SET_HOUR),
		least = detect__setting(a->d, SET_HOUR_USD), now, before, limit;
	struct finding f;

	move(o, s->end_ns / HOUR_NS);
	o->calls++;
	now = o->nano[o->hour % (DAYS * 24)] += s->nano;
	if (!percent || now < least || s->end_ns - o->first_ns < DAYS_KNOWN * DAY_NS)
		return;
	before = highest(o);
	limit = before > INT64_MAX / percent ? INT64_MAX : before * percent / 100;
	if (now <= limit)
		return;
	f = finding_of(FINDING_ANOMALY_SPEND, FINDING_NOTICE, s, o->hour * HOUR_NS);
	f.run[0] = '\0';
	finding__figure(&f, "usd_this_hour", now, FIGURE_NANO_USD);
	finding__figure(&f, "most_before", before, FIGURE_NANO_USD);
	finding__figure(&f, "limit", limit, FIGURE_NANO_USD);
	f.nano_usd = now;
	f.calls = o->calls;
	detect__tell(a->d, s, &f, s->owner);
}

static void on_entry(void *state, const struct seen *s)
{
	struct anomaly *a = state;
	struct owner_state *o = fair__get(&a->owners, s->owner);

	if (!o) {
		o = fair__make(&a->owners, s->owner, s->tenant);
		if (!o)
			return; /* no memory: nothing is learnt of it */
		o->tenant = s->tenant;
		o->first_ns = s->end_ns;
	}
	o->changed = true;
	check_new(a, s, o);
	check_spend(a, s, o);
}

/* ---- over a restart -------------------------------------------------------------------------- */

/* Of the row's form, which another version may change. */
#define FORM 1

/* FORM, first_ns, hour, calls; hours that cost something, a pair each; of each set its values. */
static void write_owner(const struct owner_state *o, struct numbers *n)
{
	size_t hours = 0;

	for (size_t i = 0; i < DAYS * 24; i++)
		hours += o->nano[i] != 0;
	numbers__put(n, FORM);
	numbers__put(n, o->first_ns);
	numbers__put(n, o->hour);
	numbers__put(n, o->calls);
	numbers__put(n, (int64_t)hours);
	for (int64_t i = 0; i < DAYS * 24; i++)
		if (o->nano[i]) {
			numbers__put(n, i);
			numbers__put(n, o->nano[i]);
		}
	for (int set = 0; set < SETS; set++)
		for (size_t i = 0; i < VALUES_MAX; i++) {
			numbers__put(n, (int64_t)o->values[set][i].hash);
			numbers__put(n, o->values[set][i].last_ns);
		}
}

_Static_assert(5 + 2 * DAYS * 24 + 2 * SETS * VALUES_MAX <= LEARNT_MAX, "an owner's row fits");

static void learnt(void *state, learnt_fn fn, void *ctx)
{
	struct anomaly *a = state;
	struct owner_state *o;
	size_t at = 0;

	while ((o = fair__next(&a->owners, &at))) {
		struct numbers n = { .count = 0 };

		if (!o->changed)
			continue;
		o->changed = false;
		write_owner(o, &n);
		fn(ctx, &(struct learnt){ .detector = "anomaly",
					  .owner = o->item.key,
					  .tenant = o->tenant,
					  .at_ns = o->hour * HOUR_NS,
					  .n = n.at,
					  .count = n.count });
	}
}

/* Returns false for a row that is none. */
static bool read_owner(const struct learnt *l, struct owner_state *o)
{
	bool bad = false;
	size_t at = 0;

	numbers__take(l, &at, FORM, FORM, &bad);
	o->first_ns = numbers__take(l, &at, 0, INT64_MAX, &bad);
	o->hour = numbers__take(l, &at, 0, INT64_MAX / HOUR_NS, &bad);
	o->calls = numbers__take(l, &at, 0, INT64_MAX, &bad);
	for (int64_t left = numbers__take(l, &at, 0, DAYS * 24, &bad); left > 0; left--) {
		int64_t hour = numbers__take(l, &at, 0, DAYS * 24 - 1, &bad);

		o->nano[hour] = numbers__take(l, &at, 0, INT64_MAX, &bad);
	}
	for (int set = 0; set < SETS; set++)
		for (size_t i = 0; i < VALUES_MAX; i++) {
			o->values[set][i].hash =
				(uint64_t)numbers__take(l, &at, INT64_MIN, INT64_MAX, &bad);
			o->values[set][i].last_ns = numbers__take(l, &at, 0, INT64_MAX, &bad);
		}
	return !bad && at == l->count;
}

static int past(void *state, const struct learnt *l)
{
	struct anomaly *a = state;
	struct owner_state *o, got = { .tenant = l->tenant };

	if (!read_owner(l, &got))
		return -EBADMSG;
	o = fair__get(&a->owners, l->owner) ? NULL : fair__make(&a->owners, l->owner, l->tenant);
	if (!o)
		return 0; /* it is known already, or there is no memory: it is learnt anew */
	got.item = o->item;
	*o = got;
	return 0;
}

const struct detector_ops detector_anomaly = {
	.name = "anomaly",
	.state_size = sizeof(struct anomaly),
	.init = init,
	.fini = fini,
	.on_entry = on_entry,
	.learnt = learnt,
	.past = past,
};
