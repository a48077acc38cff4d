// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/leak.h"
#include "base/hash.h"

static const struct leak_ops *const leak_table[] = {
#define LEAK(name) &leak_##name,
#include "audit/leaks.def"
#undef LEAK
};

const char leak_no_place[] = "";

#define LEAKS (sizeof(leak_table) / sizeof(leak_table[0]))

struct held_place {
	struct remembered remembered;
	struct audit_place place;
};

struct held_prices {
	struct remembered remembered;
	struct audit_prices prices;
	int64_t known;
};

struct held_hour {
	struct remembered remembered;
	struct audit_hour hour;
};

struct leak {
	struct audit *audit;
	const struct leak_ops *ops;
	void *state;
	struct audit_leak told;
	struct memory places; /* struct held_place */
	struct audit_place top[AUDIT_PLACES];
};

struct audit {
	struct audit_opts o;
	struct audit_total total;
	struct leak leak[LEAKS];
	struct memory prices, hours;
	struct audit_hour *told_hours;
	int64_t claimed; /* of the call that is fed */
	bool no_room;
};

int64_t tokens_nano(int64_t tokens, int64_t price)
{
	return (int64_t)((__int128)tokens * price / 1000000);
}

int64_t permille(int64_t part, int64_t whole)
{
	return whole > 0 ? (int64_t)((__int128)part * 1000 / whole) : 0;
}

/* ---- what leaks say ------------------------------------------------------------------------- */

void leak__no_room(struct leak *l)
{
	l->audit->no_room = true;
}

void leak__figure(struct leak *l, const char *name, enum audit_unit unit, int64_t value)
{
	if (l->told.figure_count < AUDIT_FIGURES)
		l->told.figures[l->told.figure_count++] =
			(struct audit_figure){ name, unit, value };
}

int64_t leak__spent(const struct leak *l)
{
	return l->audit->total.nano_usd;
}

/* Names are the same pointer where they are the same text. */
static uint64_t names_key(const char *a, const char *b, const char *c)
{
	const char *of[] = { a, b, c };
	uint64_t key = hash_bytes(HASH_SEED, of, sizeof(of));

	return key | !key;
}

static struct audit_hour *hour_of(struct audit *a, int64_t end_ns)
{
	int64_t hour = end_ns / HOUR_NS;
	struct held_hour *h = memory__put(&a->hours, (uint64_t)hour + 1, 0);

	if (!h)
		return NULL;
	h->hour.hour = hour;
	return &h->hour;
}

static void add(struct leak *l, const struct leak_call *c, const char *other, int64_t nano,
		int64_t low, int64_t high)
{
	struct audit_hour *hour = hour_of(l->audit, c->end_ns);
	struct held_place *p;

	l->told.calls++;
	l->told.nano_usd += nano;
	l->told.low_nano += low;
	l->told.high_nano += high;
	if (hour)
		hour->leaked_nano += nano;
	if (other == leak_no_place)
		return;
	p = memory__put(&l->places, names_key(c->service, c->model, other), 0);
	if (!p) {
		l->audit->no_room = true;
		return;
	}
	p->place.service = c->service;
	p->place.model = c->model;
	p->place.other = other;
	p->place.calls++;
	p->place.nano_usd += nano;
}

struct leak_call leak__call(const struct leak *l, const struct ledger_detail *d)
{
	int64_t paid = detail__paid(d), left = paid - l->audit->claimed;

	return (struct leak_call){ .end_ns = d->end_ns,
				   .service = d->service,
				   .model = d->model,
				   .nano_usd = paid,
				   .unclaimed = left > 0 ? left : 0 };
}

void leak__add(struct leak *l, const struct ledger_detail *d, int64_t nano, int64_t low,
	       int64_t high, const char *other)
{
	struct leak_call c = leak__call(l, d);
	int64_t more = nano < c.unclaimed ? nano : c.unclaimed;

	add(l, &c, other, nano, low, high);
	if (more > 0) {
		l->audit->claimed += more;
		l->audit->total.together_nano += more;
	}
}

void leak__add_late(struct leak *l, const struct leak_call *c, int64_t nano, int64_t low,
		    int64_t high)
{
	add(l, c, NULL, nano, low, high);
	l->audit->total.together_nano += nano < c->unclaimed ? nano : c->unclaimed;
}

/* Into a list of the dearest ones, the dearest first. */
static void put_top(struct leak *l, const struct audit_place *p)
{
	size_t at = l->told.place_count;

	while (at > 0 && l->top[at - 1].nano_usd < p->nano_usd)
		at--;
	if (at == AUDIT_PLACES)
		return;
	if (l->told.place_count < AUDIT_PLACES)
		l->told.place_count++;
	memmove(&l->top[at + 1], &l->top[at], (l->told.place_count - 1 - at) * sizeof(l->top[0]));
	l->top[at] = *p;
}

void leak__add_apart(struct leak *l, int64_t count, int64_t nano, int64_t low, int64_t high)
{
	l->told.calls += count;
	l->told.nano_usd += nano;
	l->told.low_nano += low;
	l->told.high_nano += high;
}

void leak__place(struct leak *l, const struct audit_place *p)
{
	put_top(l, p);
}

static void on_place(void *ctx, void *value)
{
	const struct held_place *p = value;

	put_top(ctx, &p->place);
}

bool leak__prices(struct leak *l, const char *provider, const char *model,
		  struct audit_prices *ret_prices)
{
	struct audit *a = l->audit;
	struct held_prices *p = memory__put(&a->prices, names_key(provider, model, NULL), 0);

	if (!p) {
		a->no_room = true;
		return false;
	}
	if (!p->known)
		p->known = a->o.prices(a->o.ctx, provider, model, &p->prices) ? 1 : -1;
	*ret_prices = p->prices;
	return p->known > 0;
}

/* ---- the audit itself ----------------------------------------------------------------------- */

static int leak__init(struct leak *l, struct audit *a, const struct leak_ops *ops)
{
	l->audit = a;
	l->ops = ops;
	l->told = (struct audit_leak){
		.name = ops->name,
		.title = ops->title,
		.fix = ops->fix,
		.assumes = ops->assumes,
		.between = ops->between,
		.counts = ops->counts ? ops->counts : "calls",
	};
	memory__init(&l->places, sizeof(struct held_place), INT64_MAX, on_place, l);
	l->state = calloc(1, ops->state_size ? ops->state_size : 1);
	if (!l->state)
		return -ENOMEM;
	return ops->init ? ops->init(l->state) : 0;
}

static void leak__fini(struct leak *l)
{
	if (l->state && l->ops->fini)
		l->ops->fini(l->state);
	free(l->state);
	memory__fini(&l->places);
}

struct audit *audit__new(const struct audit_opts *o)
{
	struct audit *a = calloc(1, sizeof(*a));
	int err = a ? 0 : -ENOMEM;

	if (!a)
		return NULL;
	a->o = *o;
	memory__init(&a->prices, sizeof(struct held_prices), INT64_MAX, NULL, NULL);
	memory__init(&a->hours, sizeof(struct held_hour), INT64_MAX, NULL, NULL);
	for (size_t i = 0; i < LEAKS && !err; i++)
		err = leak__init(&a->leak[i], a, leak_table[i]);
	if (err) {
		audit__free(a);
		return NULL;
	}
	return a;
}

void audit__free(struct audit *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < LEAKS; i++)
		leak__fini(&a->leak[i]);
	memory__fini(&a->prices);
	memory__fini(&a->hours);
	free(a->told_hours);
	free(a);
}

void audit__feed(struct audit *a, const struct ledger_detail *d)
{
	enum audit_class class = audit_class(d);
	struct audit_hour *hour = hour_of(a, d->end_ns);
	int64_t paid = detail__paid(d);
	struct audit_total *t = &a->total;

	if (!t->calls || d->end_ns < t->first_ns)
		t->first_ns = d->end_ns;
	if (!t->calls || d->end_ns > t->last_ns)
		t->last_ns = d->end_ns;
	t->calls++;
	t->unpriced += d->nano_usd < 0 && !d->subscription;
	t->subscription += d->subscription;
	t->unlike += !d->request && d->step <= 1;
	t->nano_usd += paid;
	t->class_calls[class]++;
	t->class_nano[class] += paid;
	if (hour)
		hour->nano_usd += paid;
	a->claimed = 0;
	for (size_t i = 0; i < LEAKS; i++)
		if (leak_table[i]->on_call)
			leak_table[i]->on_call(a->leak[i].state, &a->leak[i], d);
}

void audit__feed_gpu(struct audit *a, const struct ledger_gpu *g)
{
	for (size_t i = 0; i < LEAKS; i++)
		if (leak_table[i]->on_gpu)
			leak_table[i]->on_gpu(a->leak[i].state, &a->leak[i], g);
}

static int by_hour(const void *a, const void *b)
{
	const struct audit_hour *x = a, *y = b;

	return x->hour < y->hour ? -1 : x->hour > y->hour;
}

static void on_hour(void *ctx, void *value)
{
	struct audit *a = ctx;
	const struct held_hour *h = value;

	a->told_hours[a->total.hour_count++] = h->hour;
}

static void tell_hours(struct audit *a)
{
	a->told_hours = calloc(a->hours.count ? a->hours.count : 1, sizeof(*a->told_hours));
	if (!a->told_hours) {
		a->no_room = true;
		return;
	}
	a->hours.gone = on_hour;
	a->hours.gone_ctx = a;
	memory__forget(&a->hours);
	qsort(a->told_hours, a->total.hour_count, sizeof(*a->told_hours), by_hour);
	a->total.hours = a->told_hours;
}

static int dearest(const void *a, const void *b)
{
	const struct leak *const *x = a, *const *y = b;

	return (*x)->told.nano_usd > (*y)->told.nano_usd   ? -1
	       : (*x)->told.nano_usd < (*y)->told.nano_usd ? 1
							   : 0;
}

int audit__end(struct audit *a, struct audit_total *ret_total, audit_leak_fn fn, void *ctx)
{
	struct leak *order[LEAKS];

	for (size_t i = 0; i < LEAKS; i++) {
		struct leak *l = order[i] = &a->leak[i];

		if (l->ops->on_end)
			l->ops->on_end(l->state, l);
		memory__forget(&l->places);
		l->told.places = l->top;
	}
	tell_hours(a);
	qsort(order, LEAKS, sizeof(order[0]), dearest);
	*ret_total = a->total;
	for (size_t i = 0; i < LEAKS; i++)
		if (order[i]->told.nano_usd > 0)
			fn(ctx, &order[i]->told);
	return a->no_room ? -ENOMEM : 0;
}
