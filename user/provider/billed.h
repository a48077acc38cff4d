/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * billed: ids of work that has been told as a call, so that who asks for its result again is not
 * charged again. The oldest are forgotten: a result is asked for within the hour, as a rule.
 */
#ifndef WT_PROVIDER_BILLED_H
#define WT_PROVIDER_BILLED_H

#include <stdbool.h>
#include <stdint.h>

#include "span.h"

#define BILLED_MAX 4096

/* All zero: none. Of an id only its hash is held: 64 bits, no two in 4096 are the same. */
struct billed {
	uint64_t hash[BILLED_MAX];
	uint32_t next;
};

/* Returns false when the id is in it already, else puts it in. */
bool billed__add(struct billed *b, struct span id);

#endif
