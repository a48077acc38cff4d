// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "detect/account.h"
#include "detect/telling.h"

struct detect {
	struct detect_settings settings;
	struct telling telling;
	void *state[DETECTORS];
	const struct budgets *budgets;
	struct drops *drops; /* NULL: nobody counts */
	void (*closed)(void *ctx, const struct finding *f, bool closed);
	void *ctx;
	int64_t now_ns; /* the newest time that came with the data */
};

static const struct budgets no_budgets;

static const struct detector_ops *const detectors[DETECTORS] = {
#define DETECTOR(name) [DETECTOR_##name] = &detector_##name,
#include "detect/detectors.def"
#undef DETECTOR
};

/* The stage emits from within: who gets a finding may not feed it. */
struct detect *detect__new(const struct detect_opts *o)
{
	struct detect *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	if (o->settings)
		d->settings = *o->settings;
	else
		detect_settings__init(&d->settings);
	d->budgets = o->budgets ? o->budgets : &no_budgets;
	d->drops = o->drops;
	d->closed = o->closed;
	d->ctx = o->ctx;
	telling__init(&d->telling, o->emit, o->ctx);
	for (int i = 0; i < DETECTORS; i++) {
		if (d->settings.off[i])
			continue;
		d->state[i] = calloc(1, detectors[i]->state_size);
		if (!d->state[i] || detectors[i]->init(d->state[i], d)) {
			free(d->state[i]);
			d->state[i] = NULL;
			detect__free(d);
			return NULL;
		}
	}
	return d;
}

void detect__free(struct detect *d)
{
	if (!d)
		return;
	for (int i = 0; i < DETECTORS; i++) {
		if (d->state[i])
			detectors[i]->fini(d->state[i]);
		free(d->state[i]);
	}
	telling__fini(&d->telling);
	free(d);
}

int64_t detect__setting(const struct detect *d, enum detect_setting which)
{
	return d->settings.value[which];
}

const struct budgets *detect__budgets(const struct detect *d)
{
	return d->budgets;
}

void detect__dropped(struct detect *d, enum drop which)
{
	if (d->drops)
		drops__add(d->drops, which, 1);
}

static uint64_t hash_str(uint64_t h, const char *s)
{
	return hash_bytes(h, s, strlen(s) + 1);
}

/* By what the kernel says: a container, a unit, else a user. */
static uint64_t tenant_of(const struct owner *o)
{
	uint64_t h = hash_str(HASH_SEED, o->container_id);

	if (!o->container_id[0])
		h = hash_str(h, o->cgroup_path);
	return hash_bytes(h, &o->uid, sizeof(o->uid));
}

/*
 * A service where it runs. Pods come and go, and sessions of a login: what they are of stays.
 */
static uint64_t owner_of(const struct owner *o)
{
	static const uint8_t fields[] = { OWNER_SERVICE, OWNER_NAMESPACE, OWNER_WORKLOAD };
	uint64_t h = HASH_SEED;

	for (size_t i = 0; i < sizeof(fields); i++)
		h = hash_str(h, o->value[fields[i]].text);
	if (!owner__has(o, OWNER_WORKLOAD))
		h = hash_str(h, o->value[OWNER_CONTAINER].text);
	return hash_bytes(h, &o->uid, sizeof(o->uid));
}

static struct seen seen_of(const struct entry *e)
{
	const struct exchange *x = e->call->x;
	uint64_t end = x->t_last_byte > x->t_request ? x->t_last_byte : x->t_request;
	struct seen s = { .e = e,
			  .end_ns = e->wall_end_ns,
			  .start_ns = e->wall_end_ns - (int64_t)(end - x->t_request),
			  .implausible = e->call->usage_source == USAGE_IMPLAUSIBLE,
			  .owner = owner_of(e->owner),
			  .tenant = tenant_of(e->owner) };

	if (!s.implausible && e->charge->basis != CHARGE_UNKNOWN)
		s.nano = e->charge->total;
	if (e->link && e->link->run[0])
		s.run = hash_bytes(s.tenant, e->link->run, sizeof(e->link->run));
	return s;
}

void detect__entry(struct detect *d, const struct entry *e)
{
	struct seen s;

	if (entry__is_passed_through(e))
		return; /* it is seen at the leg that goes on with it */
	s = seen_of(e);
	detect__tick(d, s.end_ns);
	for (int i = 0; i < DETECTORS; i++)
		if (d->state[i] && detectors[i]->on_entry)
			detectors[i]->on_entry(d->state[i], &s);
}

void detect__close(struct detect *d, struct finding *f, uint64_t what, bool closed)
{
	if (!d->closed)
		return;
	telling_name(f, what);
	d->closed(d->ctx, f, closed);
}

bool detect__is_told(struct detect *d, enum finding_kind kind, uint64_t what)
{
	return telling__has(&d->telling, kind, what);
}

void detect__past_run(struct detect *d, const char *run, const char *parent)
{
	if (d->state[DETECTOR_budgets])
		budgets_past_run(d->state[DETECTOR_budgets], run, parent);
}

void detect__past_spent(struct detect *d, const struct budget_past *p, int64_t now_ns)
{
	if (d->state[DETECTOR_budgets])
		budgets_past_spent(d->state[DETECTOR_budgets], p, now_ns);
}

void detect__past_finding(struct detect *d, const struct finding *f)
{
	telling__past(&d->telling, f);
}

int detect__past_learnt(struct detect *d, const struct learnt *l)
{
	for (int i = 0; i < DETECTORS; i++)
		if (d->state[i] && detectors[i]->past && !strcmp(detectors[i]->name, l->detector))
			return detectors[i]->past(d->state[i], l);
	return -EBADMSG;
}

void detect__each_learnt(struct detect *d, learnt_fn fn, void *ctx)
{
	for (int i = 0; i < DETECTORS; i++)
		if (d->state[i] && detectors[i]->learnt)
			detectors[i]->learnt(d->state[i], fn, ctx);
}

void detect__each_budget(const struct detect *d, int64_t now_ns, budget_state_fn fn, void *ctx)
{
	if (d->state[DETECTOR_budgets])
		budgets_each(d->state[DETECTOR_budgets], false, now_ns, fn, ctx);
}

void detect__each_reserved(struct detect *d, int64_t now_ns, budget_state_fn fn, void *ctx)
{
	if (d->state[DETECTOR_budgets])
		budgets_each(d->state[DETECTOR_budgets], true, now_ns, fn, ctx);
}

void detect__asked(struct detect *d, const struct entry *e, const struct worst_case *w)
{
	struct seen s = seen_of(e);

	for (int i = 0; i < DETECTORS; i++)
		if (d->state[i] && detectors[i]->on_asked)
			detectors[i]->on_asked(d->state[i], &s, w);
}

const struct budget *detect__broken(struct detect *d, const struct entry *e,
				    const struct worst_case *w)
{
	struct seen s = seen_of(e);

	return d->state[DETECTOR_budgets] ? budgets_broken(d->state[DETECTOR_budgets], &s, w)
					  : NULL;
}

void detect__ended(struct detect *d, const struct exchange *x, int64_t wall_ns)
{
	for (int i = 0; i < DETECTORS; i++)
		if (d->state[i] && detectors[i]->on_ended)
			detectors[i]->on_ended(d->state[i], x, wall_ns);
}

void detect__gpu(struct detect *d, const struct gpu_entry *e)
{
	for (int i = 0; i < DETECTORS; i++)
		if (d->state[i] && detectors[i]->on_gpu)
			detectors[i]->on_gpu(d->state[i], e);
}

void detect__tick(struct detect *d, int64_t wall_ns)
{
	/* Calls of several connections come a little out of order; a clock may be set back. */
	if (wall_ns / SECOND_NS <= d->now_ns / SECOND_NS)
		return;
	d->now_ns = wall_ns;
	for (int i = 0; i < DETECTORS; i++)
		if (d->state[i] && detectors[i]->on_tick)
			detectors[i]->on_tick(d->state[i], wall_ns);
	telling__tick(&d->telling, wall_ns);
}

void detect__finish(struct detect *d)
{
	telling__finish(&d->telling);
}

struct finding finding_of(enum finding_kind kind, enum finding_severity severity,
			  const struct seen *s, int64_t since_ns)
{
	const struct owner *o = s->e->owner;
	struct finding f = { .kind = (uint8_t)kind,
			     .severity = (uint8_t)severity,
			     .field = "service",
			     .trust = o->value[OWNER_SERVICE].trust,
			     .proc = o->proc,
			     .cgroup = o->cgroup,
			     .since_ns = since_ns };

	span__copy(span_str(o->value[OWNER_SERVICE].text), f.value, sizeof(f.value));
	span__copy(span_str(o->value[OWNER_SERVICE].text), f.service, sizeof(f.service));
	span__copy(span_str(o->cgroup_path), f.cgroup_path, sizeof(f.cgroup_path));
	span__copy(span_str(o->container_id), f.container_id, sizeof(f.container_id));
	if (s->run)
		span__copy(span_str(s->e->link->run), f.run, sizeof(f.run));
	return f;
}

void detect__tell_of(struct detect *d, struct finding *f, uint64_t what, uint64_t tenant,
		     int64_t now_ns)
{
	telling__add(&d->telling, f, what, tenant, d->now_ns > now_ns ? d->now_ns : now_ns);
}

void detect__tell(struct detect *d, const struct seen *s, struct finding *f, uint64_t what)
{
	detect__tell_of(d, f, what, s->tenant, s->end_ns);
}

/* A pace that is taken of less time than this is none. */
#define PACE_NS (10 * SECOND_NS)

int64_t finding_pace(int64_t nano, int64_t took, int64_t left)
{
	__int128 made = (__int128)nano * left / (took < PACE_NS ? PACE_NS : took);

	return made > INT64_MAX ? INT64_MAX : (int64_t)made;
}

void finding__cost(struct finding *f, int64_t calls, int64_t nano, int64_t now_ns)
{
	int64_t took = now_ns - f->since_ns, start;

	f->calls = calls;
	f->nano_usd = nano;
	f->hour_nano = finding_pace(nano, took, HOUR_NS);
	period_at(PERIOD_MONTH, now_ns, &start, &f->until_ns);
	if (__builtin_add_overflow(nano, finding_pace(nano, took, f->until_ns - now_ns),
				   &f->projected_nano))
		f->projected_nano = INT64_MAX;
}
