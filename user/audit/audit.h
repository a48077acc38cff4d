/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * audit: calls in by their ends, leaks out: where money goes that need not, by numbers and keyed
 * hashes alone. Each leak has its dollars, as a figure and a range with the assumption behind it,
 * its evidence, and the one change that ends it. A call may be in several.
 */
#ifndef WT_AUDIT_AUDIT_H
#define WT_AUDIT_AUDIT_H

#include "ledger_detail.h"
#include "ledger_gpu.h"

/* Nano-dollars per million tokens; -1: not known. */
struct audit_prices {
	int64_t input, cache_read, cache_write, output;
};

struct audit_opts {
	/* What a model costs at its provider, without steps and tiers. False: it is not known. */
	bool (*prices)(void *ctx, const char *provider, const char *model,
		       struct audit_prices *ret_prices);
	void *ctx;
};

enum audit_unit { AUDIT_COUNT, AUDIT_NANO_USD, AUDIT_PERMILLE, AUDIT_TOKENS, AUDIT_SECONDS };

/* Evidence: a number with its name. */
struct audit_figure {
	const char *name;
	enum audit_unit unit;
	int64_t value;
};

#define AUDIT_FIGURES 8

/* Where a leak is: one line of its places, or a prefix of a prompt. Texts are borrowed. */
struct audit_place {
	const char *service, *model, *other; /* other: the model instead, the one that is judged */
	uint64_t hash;			     /* of a prefix; 0: it is a service's calls */
	int64_t calls, nano_usd;
	int64_t tokens;	     /* of a prefix */
	int64_t break_even;  /* of a prefix: sends within its lifetime from which caching pays */
	int64_t lifetime_ns; /* of a prefix */
};

/* Places of a leak that are told, the dearest ones. */
#define AUDIT_PLACES 5

struct audit_leak {
	const char *name, *title, *fix, *assumes;
	const char *between; /* a place's model and its other one: "to" */
	const char *counts;  /* what there are so many of: "calls", "hours" */
	int64_t calls;
	int64_t nano_usd;	     /* what it comes to */
	int64_t low_nano, high_nano; /* and between what, by the assumption */
	struct audit_figure figures[AUDIT_FIGURES];
	size_t figure_count;
	const struct audit_place *places;
	size_t place_count;
};

/* Spend and leaks of one hour, for a plot. */
struct audit_hour {
	int64_t hour; /* of the Unix epoch */
	int64_t nano_usd, leaked_nano;
};

enum audit_class { AUDIT_TRIVIAL, AUDIT_MEDIUM, AUDIT_MULTI_STAGE, AUDIT_NO_CLASS, AUDIT_CLASSES };

struct audit_total {
	int64_t calls, unpriced, subscription;
	int64_t unlike; /* calls whose request has no hash: written before there were any */
	int64_t nano_usd;
	int64_t together_nano; /* of all leaks at most: no call leaks more than it cost */
	int64_t first_ns, last_ns;
	int64_t class_calls[AUDIT_CLASSES], class_nano[AUDIT_CLASSES];
	const struct audit_hour *hours; /* by their time */
	size_t hour_count;
};

struct audit;

struct audit *audit__new(const struct audit_opts *o); /* NULL: no memory */
void audit__free(struct audit *a);		      /* NULL is fine */
void audit__feed(struct audit *a, const struct ledger_detail *d);
/* What a GPU did in the same time: money of its own, in no sum of the calls. */
void audit__feed_gpu(struct audit *a, const struct ledger_gpu *g);

typedef void (*audit_leak_fn)(void *ctx, const struct audit_leak *l);

/*
 * All calls were fed. Tells every leak that there is, the dearest first; texts are borrowed until
 * the audit is freed. Returns 0, or -ENOMEM where some of it had no room.
 */
int audit__end(struct audit *a, struct audit_total *ret_total, audit_leak_fn fn, void *ctx);

/* What a call's work is like, by numbers: how long, whether with tools, how far in a conversation.
 */
enum audit_class audit_class(const struct ledger_detail *d);
const char *audit_class_name(enum audit_class c);

#endif
