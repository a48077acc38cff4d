/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * budget: what may be spent, by whom, in which time, as the configuration says it:
 *
 *   budgets:
 *     - name: search
 *       limit: 2000 USD           # or 5000000 tokens, 10000 calls
 *       per: month                # hour, day, week, month, run
 *       when: {feature: search}   # all calls, if it is not there
 *       each: user                # an allowance for each of them; of all together, if not there
 *       alert: 50%, 80%           # 70%, if not there; 100% is always told
 *       mode: hold                # of a dedicated worker, by its exe or cgroup: asked beforehand
 */
#ifndef WT_DETECT_BUDGET_H
#define WT_DETECT_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/glob.h"
#include "detect/period.h"
#include "detect/subject.h"

/* Each is tried for each call. */
#define BUDGETS_MAX 128
/* Conditions of one; with `each` as many as a report of the ledger goes by. */
#define BUDGET_WHEN_MAX 3
/* Steps at which one is told of, 100 % among them. */
#define BUDGET_STEPS_MAX 6

enum budget_unit { BUDGET_USD, BUDGET_TOKENS, BUDGET_CALLS };

struct budget {
	char *name;
	uint8_t period; /* enum period */
	uint8_t unit;	/* enum budget_unit */
	bool hold;	/* its callers are asked before they write; never of one per run */
	int64_t limit;	/* nano-dollars, tokens, calls */
	struct {
		int subject;
		char *pattern;
	} when[BUDGET_WHEN_MAX];
	size_t when_count;
	int each;			 /* subject; -1: none */
	uint16_t step[BUDGET_STEPS_MAX]; /* percent, ascending; the last one is 100 */
	size_t step_count;
	uint64_t id; /* of name, limit and the like: another limit is another budget */
};

struct budgets {
	struct budget at[BUDGETS_MAX];
	size_t count;
};

/* As it is written, borrowed; NULL: not given. */
struct budget_def {
	const char *name, *limit, *per, *each, *alert, *mode;
	struct condition when[BUDGET_WHEN_MAX];
	size_t when_count;
};

void budgets__fini(struct budgets *b);
/* Returns NULL, or what is wrong with it; *ret_name is the name it is about, or NULL. */
const char *budgets__add(struct budgets *b, const struct budget_def *d, const char **ret_name);
/* The same of "limit=5 USD,per=run,name=runs,when=service:web*,each=user,alert=50%". */
const char *budgets__add_text(struct budgets *b, const char *text);

/* The pattern that a budget has for that subject; NULL: none. */
const char *budget__pattern(const struct budget *b, const char *subject);
/*
 * Whether a value fits a condition: a pattern in which a star stands for any bytes; of a cgroup
 * without one the path, and all below it.
 */
bool budget_fits(int subject, struct span value, const char *pattern);
/* "2000 USD", "5000000 tokens": as a person reads it. */
void budget_amount(const struct budget *b, int64_t n, char *dst, size_t cap);

#endif
