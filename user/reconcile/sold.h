/* SPDX-License-Identifier: BSD-2-Clause */
/* sold: what a line sells, by its description, its quantity and the unit of that. */
#ifndef WT_RECONCILE_SOLD_H
#define WT_RECONCILE_SOLD_H

#include "reconcile/shape.h"

/*
 * Sets the line's model, batch, tokens of one class, and kind, BILL_FEE where no tokens are spoken
 * of. A quantity whose unit is not known is left out: tokens are not guessed.
 */
void sold_take(const char *wording, const char *quantity, const char *unit, struct bill_line *line);

/*
 * Names the model that is sold by a service of its own, where it has none yet: "Claude Sonnet 4.5
 * (Amazon Bedrock Edition)", also within a map's JSON.
 */
void sold_edition(struct span text, struct bill_line *line);

#endif
