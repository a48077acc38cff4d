/* SPDX-License-Identifier: BSD-2-Clause */
/* sibling: the small model that stands beside a large one at its provider (siblings.def). */
#ifndef WT_AUDIT_SIBLING_H
#define WT_AUDIT_SIBLING_H

#include "audit/leak.h"

/* Its name; "": there is none that is known. */
const char *sibling_of(const char *provider, const char *model);
/* One in so many is asked again of the dear model, at worst: both are paid then. */
#define SIBLING_ASKED_AGAIN 5

/* What the call's tokens cost at these prices; what no cache has a price for is input. */
int64_t sibling_cost(const struct ledger_detail *d, const struct audit_prices *p);
/*
 * What the call would cost there with as many tokens. False: it has no sibling, or one of both has
 * no price, or it is no cheaper there.
 */
bool sibling__price(struct leak *l, const struct ledger_detail *d, const char **ret_model,
		    int64_t *ret_nano);

#endif
