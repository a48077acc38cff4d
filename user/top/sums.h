/* SPDX-License-Identifier: BSD-2-Clause */
/* sums: what calls come to, kept so that each that is added can be taken away again, exactly. */
#ifndef WT_TOP_SUMS_H
#define WT_TOP_SUMS_H

#include <stdint.h>

#include "ledger_view.h"

enum top_sum {
#define SUM(symbol, name) SUM_##symbol,
#include "top/sums.def"
#undef SUM
	TOP_SUMS
};

struct top_sums {
	int64_t n[TOP_SUMS];
};

/* A call's figures as sums of one. Hostile ones are cut, so that sums of as many calls as are kept
 * do not overflow. */
void top_sums__of(struct top_sums *s, const struct ledger_call *c);
/* times: 1 adds, -1 takes away. */
void top_sums__add(struct top_sums *s, const struct top_sums *more, int times);

#endif
