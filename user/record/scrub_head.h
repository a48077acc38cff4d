/* SPDX-License-Identifier: BSD-2-Clause */
/* scrub_head: a request's or response's head without what people put into it. */
#ifndef WT_RECORD_SCRUB_HEAD_H
#define WT_RECORD_SCRUB_HEAD_H

#include "record/scrub.h"

/*
 * A scrubbed copy of a head in one block for free(), which *ret_head points into. Returns 0 or
 * -ENOMEM.
 */
int scrub_head(const struct head *h, const uint8_t key[FILLER_KEY_BYTES],
	       const struct scrub_rules *rules, struct head *ret_head, void **ret_block);

#endif
