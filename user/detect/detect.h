/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * detect: entries in, findings out. Time comes with the data, so that a month that is replayed
 * gives the same findings as it did live. Bounded memory; no I/O. What is done about a finding is
 * for who gets it: `act` takes struct finding.
 */
#ifndef WT_DETECT_DETECT_H
#define WT_DETECT_DETECT_H

#include "detect/settings.h"
#include "entry.h"
#include "finding.h"
#include "gpu_bill.h"
#include "learnt.h"

struct budget;
struct budgets;
struct detect;
struct drops;

/* What a request that is under way may cost at most. */
struct worst_case {
	int64_t nano, tokens; /* 0: not known */
};

/* What one account of a budget holds. */
struct budget_state {
	const struct budget *budget;
	const char *value, *run;  /* of each, of a budget per run; else empty */
	int64_t spent, reserved;  /* in the budget's unit */
	int64_t projected;	  /* by end_ns; -1: too early to say, or of a run */
	int64_t start_ns, end_ns; /* of its period */
	int64_t calls;
};

typedef void (*budget_state_fn)(void *ctx, const struct budget_state *s);

/* What was spent of a budget in its present period before the stage began. */
struct budget_past {
	size_t budget; /* its number in the list */
	const char *value, *run;
	int64_t spent, nano, calls;
};

struct detect_opts {
	const struct detect_settings *settings; /* NULL: the defaults; copied */
	const struct budgets *budgets;		/* borrowed; NULL: none */
	struct drops *drops;			/* borrowed */
	finding_emit_fn emit;
	/*
	 * A budget is used up, or what is in flight may use it up: told of each process that spends
	 * of it, at each request, with the finding that says so, and its own id. Not told as a
	 * finding. closed false: what was in flight came to less. May be NULL.
	 */
	void (*closed)(void *ctx, const struct finding *f, bool closed);
	void *ctx;
};

struct detect *detect__new(const struct detect_opts *o); /* NULL: no memory */
void detect__free(struct detect *d);			 /* NULL is fine */
/*
 * What came before, for who goes on where another one ended: links of runs, sums, findings;
 * findings first.
 */
void detect__past_run(struct detect *d, const char *run, const char *parent);
void detect__past_spent(struct detect *d, const struct budget_past *p, int64_t now_ns);
void detect__past_finding(struct detect *d, const struct finding *f);
/* Returns 0, or -EBADMSG for what no detector of this version has learnt. */
int detect__past_learnt(struct detect *d, const struct learnt *l);
/* What was learnt of owners who were seen since this was asked last. */
void detect__each_learnt(struct detect *d, learnt_fn fn, void *ctx);
/* The accounts of all budgets. */
void detect__each_budget(const struct detect *d, int64_t now_ns, budget_state_fn fn, void *ctx);
/* Those of which what is reserved has changed since they were told last. */
void detect__each_reserved(struct detect *d, int64_t now_ns, budget_state_fn fn, void *ctx);
/*
 * A request has been sent, and may cost so much: held until its call is told, or for a minute
 * behind detect__ended(). e: its call as far as it is known, and its owner.
 */
void detect__asked(struct detect *d, const struct entry *e, const struct worst_case *w);
/*
 * Before it is sent: the budget whose mode is hold and that it might break; NULL: it may be sent,
 * and what it may cost is held from now on.
 */
const struct budget *detect__broken(struct detect *d, const struct entry *e,
				    const struct worst_case *w);
void detect__ended(struct detect *d, const struct exchange *x, int64_t wall_ns);
/* The next call, in the order in which calls end. */
void detect__entry(struct detect *d, const struct entry *e);
/* What a GPU's time was spent for: of each device in the order of time. */
void detect__gpu(struct detect *d, const struct gpu_entry *e);
/* Time goes on, also without calls: ns since the Unix epoch. */
void detect__tick(struct detect *d, int64_t wall_ns);
/* The data is over: tells what was counted and not told yet. */
void detect__finish(struct detect *d);

#endif
