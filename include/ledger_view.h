/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger_view: the ledger's read side, for whoever shows or ships what it holds. Readers never
 * block the writer (SQLite's WAL), and need no more than to read the file.
 */
#ifndef WT_LEDGER_VIEW_H
#define WT_LEDGER_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "action.h"
#include "call.h"
#include "finding.h"
#include "learnt.h"
#include "outbox.h"

struct ledger_view;

/* What a report goes by at once, and what it can be narrowed to. */
#define LEDGER_KEYS   10
#define LEDGER_WHERES 8

/* What of a report is not as it was asked for, since calls are kept for a time only. */
struct ledger_known {
	int64_t since_ns,
		until_ns;      /* what it is of: single calls are known from calls_from_ns on */
	int64_t calls_from_ns; /* 0: of all that there ever were */
	bool at_least; /* a condition's value may have more: in some hour it was among the others */
	int64_t read;  /* calls that were read one by one, as nothing is summed by that */
};

struct ledger_query {
	const char *by[LEDGER_KEYS]; /* names of dimensions; none: the total alone */
	size_t by_count;
	struct {
		const char *dimension, *value;
	} where[LEDGER_WHERES]; /* all of them hold */
	size_t where_count;
	int64_t since_ns, until_ns;	/* calls that ended in [since_ns, until_ns) */
	struct ledger_known *ret_known; /* NULL: nobody asks */
};

/* One line of a report: what calls with the same values of its dimensions spent. */
struct ledger_sum {
	const char *key[LEDGER_KEYS]; /* borrowed until the callback returns; "" for no value */
	bool total;		      /* of all lines: it has no keys */
	/*
	 * A key is of no value: those that too many are to be told apart in a report of old calls,
	 * LEDGER_OTHER, or those that are not known by the dimensions any more, LEDGER_FORGOTTEN.
	 */
	bool other;
	int64_t calls, unpriced, not_billed, aborted, incomplete, estimated;
	int64_t from_sizes;  /* calls whose tokens are estimated from nothing but their sizes */
	int64_t implausible; /* calls whose figures can't be true, and have a price */
	int64_t input, cache_read, cache_write, output; /* tokens */
	int64_t nano_usd;
	int64_t estimated_nano;	   /* the part of it that was estimated */
	int64_t implausible_nano;  /* the part of it that comes of figures that can't be true */
	int64_t subscription_nano; /* what calls would cost that a subscription pays; not in
				      nano_usd */
	/* Of GPUs of this host: calls that they worked for, those of them without a price, time,
	 * cost: it is in no other sum. */
	int64_t gpu_calls, gpu_unpriced, gpu_ns, gpu_nano;
	/* Bytes of bodies: all; those with an estimated price, the sizes' alone of all; with an
	 * implausible one; with none, and those of them that told no usage. */
	int64_t unsized; /* calls of which they are not known */
	int64_t bytes, estimated_bytes, from_sizes_bytes, implausible_bytes, unpriced_bytes,
		untold_bytes;
};

#define LEDGER_OTHER	 "(other)"
#define LEDGER_FORGOTTEN "(no longer known)"

typedef void (*ledger_sum_fn)(void *ctx, const struct ledger_sum *s);

/* Opens for reading. Returns 0, or -errno with one sentence in err. */
int ledger_view__open(const char *path, struct ledger_view **ret_view, char *err, size_t err_cap);
void ledger_view__close(struct ledger_view *v); /* NULL is fine */
/* True for what a report may go by; ledger_view_dimensions() lists them, blank-separated. */
bool ledger_view_dimension(const char *name);
const char *ledger_view_dimensions(void);
/*
 * Sums calls by the query's dimensions, the dearest first, hours and days in their order, and last
 * the total: of one moment, and the total is the lines' sum. Sums that the ledger has are used
 * where they answer, else calls are read. Returns 0, -EINVAL for a dimension that there is not, or
 * -errno.
 */
int ledger_view__report(struct ledger_view *v, const struct ledger_query *q, ledger_sum_fn fn,
			void *ctx);

/*
 * Calls of half an hour that have provider, model, project, key and tier in common. Texts are
 * borrowed until the callback returns. Neither what a subscription pays nor what was refused is in
 * it.
 */
struct ledger_slot {
	int64_t end_s, start_s; /* beginnings of the half hours in which they ended and began */
	const char *provider, *model, *project, *key;
	bool batch;
	int64_t calls, unpriced; /* unpriced: billed, at a price that nobody knows */
	int64_t nano_usd, estimated_nano;
	int64_t units[USAGE_CLASSES];
};

/* Returns 0, or -errno to end it. */
typedef int (*ledger_slot_fn)(void *ctx, const struct ledger_slot *s);

/* Slots of calls that ended in [since_ns, until_ns). Returns 0, -errno, or what fn returned. */
int ledger_view__slots(struct ledger_view *v, int64_t since_ns, int64_t until_ns, ledger_slot_fn fn,
		       void *ctx);

/* An agent's run, with those of its sub-agents. Texts are borrowed until the callback returns. */
struct ledger_run {
	const char *id, *service;
	int64_t pid;	      /* of its first call */
	int64_t calls, runs;  /* runs: the sub-agents', all levels */
	int64_t steps, depth; /* of the longest of them; levels below the first */
	int64_t fan_out;      /* most sub-agents that a step starts, or steps beside one another */
	int64_t unpriced, failed;  /* calls; failed: refused, aborted, error, unknown */
	int64_t input, cache_read; /* tokens; input: all of them, cached ones included */
	int64_t repeated; /* of input: what the step before had sent, if it is in that time */
	int64_t output, nano_usd;
	int64_t subscription_nano; /* see struct ledger_sum */
	int64_t start_ns, end_ns;  /* since the Unix epoch: wall time, the sub-agents' included */
	/* Of its own last call: */
	const char *result, *finish; /* finish: why the answer ended, in the provider's words */
	int64_t tool_calls;	     /* that it asks for, and nobody brought the result of */
};

typedef void (*ledger_run_fn)(void *ctx, const struct ledger_run *r);

/* Runs that have a call that ended in [since_ns, until_ns), the dearest first. Returns 0 or -errno.
 */
int ledger_view__runs(struct ledger_view *v, int64_t since_ns, int64_t until_ns, ledger_run_fn fn,
		      void *ctx);

/* One call of a run. Texts are borrowed until the callback returns. */
struct ledger_step {
	const char *id, *run, *parent_run, *follows, *link, *model, *service, *result, *finish;
	int64_t step, depth, pid;
	int64_t input, cache_read, output; /* tokens, as above; -1: not known */
	int64_t nano_usd;		   /* -1: not known */
	int64_t tool_calls;		   /* that the answer asks for */
	bool estimated;			   /* the tokens are */
	int64_t start_ns, end_ns;
};

typedef void (*ledger_step_fn)(void *ctx, const struct ledger_step *s);

/*
 * The calls of the run whose id begins with that, and of all below it, by their start. Returns how
 * many, -ENOENT, -ENOTUNIQ when several runs begin so, or -errno.
 */
int ledger_view__run(struct ledger_view *v, const char *id, ledger_step_fn fn, void *ctx);

/* A model whose calls have figures and no price; texts are borrowed until the callback returns. */
struct ledger_unpriced {
	const char *provider, *model;
	int64_t calls, input, output; /* input: with what came from caches */
};

typedef void (*ledger_unpriced_fn)(void *ctx, const struct ledger_unpriced *u);

/* Models without a price of calls that ended since then, the most used first. 0 or -errno. */
int ledger_view__unpriced(struct ledger_view *v, int64_t since_ns, ledger_unpriced_fn fn,
			  void *ctx);

/* One value of a call's owner: which field, its text, how far it is trusted, who gave it. */
typedef void (*ledger_origin_fn)(void *ctx, const char *field, const char *text, const char *trust,
				 const char *origin);

/*
 * Tells whose a call is, and by what. id: the call's, or its beginning. Returns 0, -ENOENT: there
 * is no such call; -EEXIST: more than one begin so; or -EIO.
 */
int ledger_view__explain(struct ledger_view *v, const char *id, ledger_origin_fn fn, void *ctx);

/* As many dimensions (ledger_view_dimensions()) a follower gets of each call. */
#define LEDGER_CALL_KEYS 12

/* A call as it was written. Texts are borrowed until the callback returns. */
struct ledger_call {
	const char *key[LEDGER_CALL_KEYS]; /* the follower's dimensions; "" for no value */
	const char *id, *result;
	int64_t start_ns, end_ns;	   /* since the Unix epoch */
	int64_t input, cache_read, output; /* tokens; input: all of it, cached too; -1: not known */
	int64_t nano_usd;		   /* -1: it has no price */
	int64_t subscription_nano;	   /* see struct ledger_sum */
	int64_t gpu_ns,
		gpu_nano; /* of this host's GPUs, in no sum with nano_usd; -1: none, no price */
	bool estimated, implausible, from_sizes, not_billed, incomplete;
	bool passed_through; /* charged, and counted, at another leg: to be passed over */
};

typedef void (*ledger_call_fn)(void *ctx, const struct ledger_call *c);

/*
 * Calls of a ledger that is being written: first those that ended since then, by their end, then
 * those that are written from now on, in the order of writing, whenever they ended.
 */
struct ledger_follow;

/*
 * by: dimensions, borrowed. Until its first calls are all told, other questions to the view are
 * answered as of the moment of this. Returns 0, -EINVAL for a dimension that there is not, -EPROTO
 * for a ledger of a version that has no order of writing, or -errno.
 */
int ledger_follow__new(struct ledger_view *v, const char *const *by, size_t by_count,
		       int64_t since_ns, struct ledger_follow **ret_follow);
void ledger_follow__free(struct ledger_follow *f); /* NULL is fine */
/* Tells at most so many calls. Returns how many: fewer than that are all there are now. Or -errno.
 */
int ledger_follow__next(struct ledger_follow *f, int limit, ledger_call_fn fn, void *ctx);

/* A call that is under way. Texts are borrowed until the callback returns. */
struct ledger_flight {
	const char *key[LEDGER_CALL_KEYS]; /* "" too for what is not known before its end */
	int64_t start_ns;		   /* since the Unix epoch */
	int64_t pid;
};

typedef void (*ledger_flight_fn)(void *ctx, const struct ledger_flight *f);

/* Calls under way as of the meter's last tick, by dimensions as above. Returns 0 or -errno. */
int ledger_view__in_flight(struct ledger_view *v, const char *const *by, size_t by_count,
			   ledger_flight_fn fn, void *ctx);

/* What was spent since then, by the minutes' sums: a whole month is quick. */
struct ledger_spent {
	int64_t calls, unpriced, nano_usd;
	int64_t first_ns; /* of the ledger's first minute; 0: there is none */
};

/* Returns 0 or -errno. */
int ledger_view__spent(struct ledger_view *v, int64_t since_ns, struct ledger_spent *ret_spent);

/*
 * Findings that were found last in [since_ns, until_ns), in that order. Texts that the ledger has
 * and this wiretally has no name for are left out. Returns 0 or -errno.
 */
int ledger_view__findings(struct ledger_view *v, int64_t since_ns, int64_t until_ns,
			  finding_emit_fn fn, void *ctx);
/* What was done and undone within [since_ns, until_ns), in that order; as ledger_view__findings().
 */
int ledger_view__actions(struct ledger_view *v, int64_t since_ns, int64_t until_ns,
			 void (*fn)(void *ctx, const struct action *a), void *ctx);

/* What detectors have learnt, who was seen last at the end. Returns 0 or -errno. */
int ledger_view__learnt(struct ledger_view *v, learnt_fn fn, void *ctx);

/*
 * Of no budget, but of all processes that were stopped before a write of theirs since the meter was
 * started: how often, how many were ended, and how long it took, in ns.
 */
#define LEDGER_HOLDS	      ""
#define LEDGER_HOLDS_COUNT    "holds"
#define LEDGER_HOLDS_DENIED   "denied"
#define LEDGER_HOLDS_MEAN     "mean"
#define LEDGER_HOLDS_LONGEST  "longest"
#define LEDGER_HOLDS_UNJUDGED "unjudged"

typedef void (*ledger_reserved_fn)(void *ctx, const char *budget, const char *value, int64_t n);

/* What requests in flight held of budgets when the meter last said so. Returns 0 or -errno. */
int ledger_view__reserved(struct ledger_view *v, ledger_reserved_fn fn, void *ctx);

struct ledger_status {
	bool known;	    /* a meter has written here */
	int64_t pid;	    /* of the meter that wrote last */
	int64_t started_ns; /* since the Unix epoch */
	int64_t last_ns;    /* of its last tick */
	int64_t calls;	    /* rows in all */
	int64_t first_end_ns, last_end_ns;
};

typedef void (*ledger_drop_fn)(void *ctx, const char *name, const char *help, int64_t n);

/* What the meter said of itself at its last tick, and each drop that is not zero. */
int ledger_view__status(struct ledger_view *v, struct ledger_status *ret_status, ledger_drop_fn fn,
			void *ctx);

/* The same, but for its calls and their ends, which take a look at each: for who asks each second.
 */
int ledger_view__pulse(struct ledger_view *v, struct ledger_status *ret_status, ledger_drop_fn fn,
		       void *ctx);

/* row is borrowed until the callback returns. False: no more of them. */
typedef bool (*ledger_outbox_fn)(void *ctx, const struct outbox_row *row);

/*
 * Rows behind that one whose kinds are wanted (a bit each), in their order, so many at most.
 * Returns 0 or -errno.
 */
int ledger_view__outbox(struct ledger_view *v, int64_t after, uint32_t wants, uint32_t rows_max,
			ledger_outbox_fn fn, void *ctx);

struct ledger_sink {
	const char *name; /* borrowed until the callback returns, as the error is */
	int64_t waiting;  /* rows that it was not sent yet, or may have to be sent again */
	int64_t dropped;  /* rows that it will never be sent: too many waited */
	int64_t delivered, refused, last_ns, down_ns; /* see struct sink_state */
	const char *error;
};

typedef void (*ledger_sink_fn)(void *ctx, const struct ledger_sink *s);

/* The sinks of the meter that wrote last, by their names. Returns 0 or -errno. */
int ledger_view__sinks(struct ledger_view *v, ledger_sink_fn fn, void *ctx);

/* exe and domain may be empty. */
typedef void (*ledger_from_sizes_fn)(void *ctx, const char *exe, const char *domain, int64_t calls);

/*
 * The programs of which nothing but sizes was seen in calls that ended since then, by the hosts
 * that they asked, the most calls first. Returns 0 or -errno.
 */
int ledger_view__from_sizes(struct ledger_view *v, int64_t since_ns, ledger_from_sizes_fn fn,
			    void *ctx);

#endif
