/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resent: calls in, out how much of each prompt was sent before, and how long ago: what a
 * provider's prompt cache could have read. A prompt is known by its beginning: up to each of its
 * last messages, to places in a long one, and of its tools and system prompt alone.
 */
#ifndef WT_RUN_RESENT_H
#define WT_RUN_RESENT_H

#include "entry.h"

/*
 * Beginnings that are held, of all processes; the oldest of a bucket makes room. Who floods it
 * costs others a figure of what they could save, and nothing else.
 */
#define RESENT_BUCKETS 16384
#define RESENT_WAYS    4
/* Shorter ones no provider caches: 1,024 tokens are some 4,000 bytes, DeepSeek's 64 are not worth
 * it. */
#define RESENT_BYTES_MIN 1024

struct resent;

struct resent *resent__new(void);    /* NULL: no memory */
void resent__free(struct resent *r); /* NULL is fine */
/* Fills l->prefix, l->prefix_tokens and l->prefix_age_ns, and holds the call's own beginnings. */
void resent__add(struct resent *r, const struct entry *e, struct run_link *l);

#endif
