/* SPDX-License-Identifier: BSD-2-Clause */
/* held: a copy of a call that waits, with what of its exchange a row tells. */
#ifndef WT_HOP_HELD_H
#define WT_HOP_HELD_H

#include "call.h"

struct held;

struct held *held__new(const struct call *c); /* NULL: no memory */
void held__free(struct held *h);	      /* NULL is fine */
/* Without headers and bodies; its exchange lives as long as the copy. */
const struct call *held__call(const struct held *h);

#endif
