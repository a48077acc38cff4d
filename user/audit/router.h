/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * router: which calls of a time could have gone to the small model beside the one they went to, by
 * one number, and what that would have saved; and what it does save, since a day.
 *
 *   calls of a service's feature at a model -> need: what 95 % of them need less of the model than
 *   need < threshold                        -> all of them go to the small model
 *
 * A call's need is told by numbers alone (class.c, lengths), from 0 to 1000. The threshold is to it
 * what RouteLLM's is to its win rate: whoever needs as much or more stays.
 */
#ifndef WT_AUDIT_ROUTER_H
#define WT_AUDIT_ROUTER_H

#include "audit/audit.h"

/* Where a class begins. Up to this all calls are trivial (class.c). */
#define ROUTER_NEED_MEDIUM	334
#define ROUTER_NEED_MULTI_STAGE 667
#define ROUTER_NEED_MAX		1000

struct router_opts {
	bool (*prices)(void *ctx, const char *provider, const char *model,
		       struct audit_prices *ret_prices);
	void *ctx;
	int64_t threshold;   /* of ROUTER_NEED_MAX */
	int64_t deployed_ns; /* since when calls are routed; 0: they are not */
};

/* Calls of a service's feature at one model. Texts are borrowed until the view is closed. */
struct router_unit {
	const char *service, *feature, *provider;
	const char *requested, *model, *small; /* what was asked for, what answered, its sibling */
	int64_t calls;
	int64_t need;		      /* that 95 % of them stay below */
	bool routed;		      /* need is below the threshold */
	int64_t paid, there;	      /* there: what it would cost at the small one */
	int64_t low_nano, high_nano;  /* saving: one in five asked again; none is */
	int64_t before, before_small; /* calls until deployed_ns, those at the small model */
	int64_t after, after_small;   /* since then */
	int64_t realised_nano;	      /* what routing saved since then */
};

struct router_total {
	int64_t calls, nano_usd;		   /* of all chats that were paid */
	int64_t routed_calls, low_nano, high_nano; /* of units that are routed */
	/* Of each call by itself: what a router could save that sees each request. */
	int64_t each_calls, each_low_nano, each_high_nano;
	int64_t realised_nano;
};

struct router;

struct router *router__new(const struct router_opts *o); /* NULL: no memory */
void router__free(struct router *r);			 /* NULL is fine */
/* By their ends. */
void router__feed(struct router *r, const struct ledger_detail *d);

typedef void (*router_unit_fn)(void *ctx, const struct router_unit *u);

/* Tells each unit, the greatest saving first. Returns 0, or -ENOMEM where some had no room. */
int router__end(struct router *r, struct router_total *ret_total, router_unit_fn fn, void *ctx);

/* How much of a model a call needs, 0 to ROUTER_NEED_MAX; -1: that can't be told. */
int64_t router_need(const struct ledger_detail *d);

#endif
