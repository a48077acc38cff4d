/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * billed: ids of work that has been told as a call, so that who asks for its result again is not
 * charged again. They are forgotten some time: a result is asked for within the hour, as a rule.
 */
#ifndef WT_PROVIDER_BILLED_H
#define WT_PROVIDER_BILLED_H

#include "base/share.h"
#include "exchange.h"

/* Ids at once; of whoever has most the oldest makes room (share.h). */
#define BILLED_MAX 4096

/* What the request that began a work says of it, and its answers don't. */
struct billed_work {
	int64_t ms;
	char size[16], quality[16];
};

/* Of an id only its hash is held: 64 bits, no two in 4096 are the same. */
struct billed {
	struct table ids;
	struct share share;
};

void billed__init(struct billed *b);
void billed__fini(struct billed *b);
/* Returns false when the id is in it already, else puts it in, as one of x's process. */
bool billed__add(struct billed *b, const struct exchange *x, struct span id);
/*
 * The work of that id has begun, and is no call yet. work: what is told of it there alone; NULL:
 * nothing. Without memory it will not be known.
 */
void billed__begin(struct billed *b, const struct exchange *x, struct span id,
		   const struct billed_work *work);
/* What it was begun with; NULL: that was not seen. Borrowed until the next call. */
const struct billed_work *billed__begun(const struct billed *b, struct span id);

#endif
