/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * later: calls of which it shows later whether they leak: by what comes behind them within a time,
 * or does not.
 */
#ifndef WT_AUDIT_LATER_H
#define WT_AUDIT_LATER_H

#include "audit/leak.h"

/* Who goes on with a call does so within it. */
#define LATER_NS HOUR_NS

struct later_call {
	struct remembered remembered;
	struct leak_call call;
	int64_t settled; /* it leaks nothing, or was told */
};

struct later {
	struct memory calls; /* by the first half of their id */
	struct leak *leak;
	int64_t low_percent; /* of what such a call cost, that it leaks at least */
};

/* Where nothing comes behind a call, it is told as a leak of all that it cost. */
void later__init(struct later *l, int64_t low_percent);
/* The same, but then it is none. */
void later__init_quiet(struct later *l);
void later__fini(struct later *l);
void later__put(struct later *l, struct leak *leak, const struct ledger_detail *d);
/* A call that is waited for, by the first half of its id; NULL: it is not. */
struct later_call *later__get(const struct later *l, uint64_t id, int64_t now_ns);
/* Nothing comes any more. */
void later__end(struct later *l, struct leak *leak);

#endif
