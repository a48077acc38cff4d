// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is unusual for an owner: more spent in an hour than in the same hour of any day before, a
 * model, a key, a host that it never had. It may be as it should be: these are notices.
 */
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
		o->first_ns = s->end_ns;
	}
	check_new(a, s, o);
	check_spend(a, s, o);
}

const struct detector_ops detector_anomaly = {
	.name = "anomaly",
	.state_size = sizeof(struct anomaly),
	.init = init,
	.fini = fini,
	.on_entry = on_entry,
};
