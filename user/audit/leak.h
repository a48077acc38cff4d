/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of the audit: what a leak is, and what it is given. */
#ifndef WT_AUDIT_LEAK_H
#define WT_AUDIT_LEAK_H

#include <string.h>

#include "audit/audit.h"
#include "audit/memory.h"

#define SECOND_NS 1000000000ll
#define MINUTE_NS (60 * SECOND_NS)
#define HOUR_NS	  (60 * MINUTE_NS)
#define DAY_NS	  (24 * HOUR_NS)

struct leak; /* what is known of one leak so far */

struct leak_ops {
	const char *name;    /* "repeats": of JSON, and of who asks for one */
	const char *title;   /* one line of a table */
	const char *fix;     /* the one change that ends it */
	const char *assumes; /* what the figure and its range are made of */
	const char *between; /* a place's model and its other one: "to"; NULL: it has none */
	const char *counts;  /* NULL: calls */
	size_t state_size;
	int (*init)(void *state); /* 0 or -ENOMEM; NULL: there is nothing to do */
	void (*fini)(void *state);
	/* What it is fed with; the other is NULL. */
	void (*on_call)(void *state, struct leak *l, const struct ledger_detail *d);
	void (*on_gpu)(void *state, struct leak *l, const struct ledger_gpu *g);
	void (*on_end)(void *state, struct leak *l); /* NULL: nothing is left to say */
};

#define LEAK(name) extern const struct leak_ops leak_##name;
#include "audit/leaks.def"
#undef LEAK

/* What a call's leak is known by, when it shows later that it is one. */
struct leak_call {
	int64_t end_ns;
	const char *service, *model;
	int64_t nano_usd;
	int64_t unclaimed; /* of it what no leak has so far */
};

/* What was spent: 0 without a price, by subscription, or where it can't be true. */
static inline int64_t detail__paid(const struct ledger_detail *d)
{
	return d->nano_usd > 0 && !d->subscription && !d->implausible ? d->nano_usd : 0;
}

/* All input tokens; -1: none are known. */
static inline int64_t detail__input(const struct ledger_detail *d)
{
	if (d->input < 0 && d->cache_read < 0)
		return -1;
	return (d->input > 0 ? d->input : 0) + (d->cache_read > 0 ? d->cache_read : 0) +
	       (d->cache_write > 0 ? d->cache_write : 0);
}

/* In place of another model: the call is of a place that is told by leak__place(). */
extern const char leak_no_place[];
/* The call that is fed leaks so much, between low and high. other: see struct audit_place. */
void leak__add(struct leak *l, const struct ledger_detail *d, int64_t nano, int64_t low,
	       int64_t high, const char *other);
/* The same of an earlier call, of which it shows now. */
void leak__add_late(struct leak *l, const struct leak_call *c, int64_t nano, int64_t low,
		    int64_t high);
/* So much of what is no call's money: it is in no sum of calls, and of no hour. */
void leak__add_apart(struct leak *l, int64_t count, int64_t nano, int64_t low, int64_t high);
/* What is to be known of the call that is fed, for leak__add_late(). */
struct leak_call leak__call(const struct leak *l, const struct ledger_detail *d);
/* A place of its own: a prefix. Of more than are told the dearest ones are kept. */
void leak__place(struct leak *l, const struct audit_place *p);
void leak__figure(struct leak *l, const char *name, enum audit_unit unit, int64_t value);
/* Something had no room, and the figure may be too low. */
void leak__no_room(struct leak *l);
/* Of all calls so far. */
int64_t leak__spent(const struct leak *l);
/* False: the price is not known. What was asked before is held. */
bool leak__prices(struct leak *l, const char *provider, const char *model,
		  struct audit_prices *ret_prices);
/* What so many tokens cost, at nano-dollars per million. */
int64_t tokens_nano(int64_t tokens, int64_t price);
/* The share of a whole, in thousandths; 0 of nothing. */
int64_t permille(int64_t part, int64_t whole);

#endif
