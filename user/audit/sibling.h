/* SPDX-License-Identifier: BSD-2-Clause */
/* sibling: the small model that stands beside a large one at its provider (siblings.def). */
#ifndef WT_AUDIT_SIBLING_H
#define WT_AUDIT_SIBLING_H

#include "audit/leak.h"

/* Its name; "": there is none that is known. */
const char *sibling_of(const char *provider, const char *model);
/*
 * What the call would cost there with as many tokens. False: it has no sibling, or one of both has
 * no price, or it is no cheaper there.
 */
bool sibling__price(struct leak *l, const struct ledger_detail *d, const char **ret_model,
		    int64_t *ret_nano);

#endif
