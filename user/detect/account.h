/* SPDX-License-Identifier: BSD-2-Clause */
/* account: what was spent of a budget by one of those who have it, in its present period. */
#ifndef WT_DETECT_ACCOUNT_H
#define WT_DETECT_ACCOUNT_H

#include "detect/budget.h"
#include "detect/detector.h"

/* Of all budgets together. One that made room begins anew, and is counted (DROP_BUDGETS_FULL). */
#define ACCOUNTS_MAX 8192
/* Requests in flight whose worst case is held. */
#define RESERVED_MAX 8192
/* Budgets that one request is held for. */
#define RESERVED_PARTS 16
/* A request that ended and became no call by then is none; one whose end nobody tells is over. */
#define RESERVED_ENDED_NS (60 * SECOND_NS)
#define RESERVED_OPEN_NS  (3600 * SECOND_NS)
/* Processes that spend of one, the latest ones: they are told of when it is closed. */
#define ACCOUNT_PROCS 16
/* Runs whose parents are known. */
#define ACCOUNT_RUNS 8192
/* A run's account that is left alone for so long is over. */
#define ACCOUNT_RUN_NS (6 * HOUR_NS)

/* Who started a run. */
struct run_parent {
	struct fair_item item;
	char parent[17];
};

struct account_proc {
	struct proc_id id;
	uint64_t tenant;
};

struct account {
	struct fair_item item;
	const struct budget *b;
	char value[OWNER_TEXT_MAX]; /* of each; empty: all have one together */
	char run[17];		    /* of a budget per run: the one at the top */
	uint8_t trust;		    /* enum owner_trust, of the least of what it goes by */
	uint64_t tenant;
	int64_t start_ns, end_ns, last_ns;
	int64_t spent, reserved; /* in the budget's unit */
	int64_t unsent;		 /* of reserved: a hold let it go, and nobody saw it leave yet */
	int64_t reserved_told;	 /* to who asks for changes of it */
	int64_t nano, calls;
	uint32_t told; /* steps, a bit each */
	bool told_in_flight, told_projection;
	bool closed;	    /* with what is in flight it may be used up */
	uint64_t closed_by; /* whose request used it up, of an account that goes by a claim */
	struct account_proc procs[ACCOUNT_PROCS];
	size_t proc_count;  /* that came; the latest is procs[(proc_count - 1) % ACCOUNT_PROCS] */
	struct finding who; /* whose request or call was last: as finding_of() fills it */
};

/* What a request in flight may cost at most, of each budget that it is in. */
struct reserved {
	struct fair_item item;
	int64_t asked_ns, ended_ns; /* ended_ns: 0: it goes on */
	struct {
		uint64_t account;
		int64_t n;
	} part[RESERVED_PARTS];
	size_t count;
	bool sent; /* it was seen to leave */
};

struct accounts {
	struct detect *d;
	const struct budgets *list; /* borrowed */
	struct fair accounts, reserved, runs;
	int64_t minute; /* in which periods were last looked at */
};

/* The account of a budget; made where there is none. value, run: empty where it has none. NULL: no
 * memory. */
struct account *accounts__of(struct accounts *a, size_t budget, struct span value, const char *run,
			     uint64_t tenant, int64_t now_ns);
/* The account of a budget that the call is in; NULL: it is in none. */
struct account *accounts__find(struct accounts *a, size_t budget, const struct seen *s);
/* What a request may come to at most, in the budget's unit; 0: it is not known. */
int64_t budget_worst(const struct budget *b, const struct worst_case *w);
/* What a request's reservation goes by. */
uint64_t reserved_key(const struct exchange *x);
/* The run was started by that one. */
void accounts__link(struct accounts *a, const char *run, const char *parent, uint64_t tenant);
/* The run at the top of its tree. ret: 17 bytes. */
void accounts__top(struct accounts *a, const char *run, char *ret);
/* What a period that ended leaves: nothing but what is in flight. */
void account__turn(struct account *c, int64_t now_ns);
/* What it comes to at this pace when the period ends; -1: it is too early to say. */
int64_t account__projected(const struct account *c, int64_t now_ns);

/* detect.h's, of the detector's state. */
void budgets_past_run(struct accounts *a, const char *run, const char *parent);
void budgets_past_spent(struct accounts *a, const struct budget_past *p, int64_t now_ns);
/* What is held for the request, made where nothing is; NULL: it is in no budget, or no memory. */
struct reserved *budgets_reserve(struct accounts *a, const struct seen *s,
				 const struct worst_case *w);
/* The budget that holds, and that this request might break; NULL: none, and it is reserved. */
const struct budget *budgets_broken(struct accounts *a, const struct seen *s,
				    const struct worst_case *w);
/* changed: those of which what is reserved is not what was told last. */
void budgets_each(struct accounts *a, bool changed, int64_t now_ns, budget_state_fn fn, void *ctx);

#endif
