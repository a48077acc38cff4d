/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * beside: what is billed with a call and is in none of its figures, as a column's JSON:
 *
 *   [{"type":"advisor_message","model":"claude-opus-4-8","input":2518,"output":22,"nano_usd":13140000}]
 *
 * nano_usd: absent where the row had no price when it was written.
 */
#ifndef WT_LEDGER_BESIDE_H
#define WT_LEDGER_BESIDE_H

#include "ledger/row.h"

/* NULL: nothing is. */
void bind_beside(struct binder *b, const struct entry *e);
/* Puts the text's parts into the call. Returns 0; -EBADMSG where it is no such text. */
int beside_read(const char *text, struct call *call);

#endif
