/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipeline_hold: what processes that were stopped before a write are about to send. It is read like
 * what has passed, by stages of its own, and becomes no call: a request that is whole is asked
 * whether it may be sent, and holds its worst case from then on, as it does when it has passed.
 *
 *   SSL_write(headers)   proposed off=0   len=180   goes on: no request is whole
 *   SSL_write(body)      proposed off=180 len=1024  a budget that holds may be broken by it: denied
 *
 * The same bytes are proposed again when a write is tried again, and come once more when they have
 * passed: what is new is told by the connection and the offset.
 */
#ifndef WT_PIPELINE_HOLD_H
#define WT_PIPELINE_HOLD_H

#include "pipeline.h"

struct attribute;

/* Connections on which something was proposed; what comes beyond goes on unjudged. */
#define PIPELINE_HOLD_CONNS_MAX 16384

struct pipeline_hold;

/* o, a and d are borrowed; o has `judged`. NULL: no memory. */
struct pipeline_hold *pipeline_hold__new(const struct pipeline_opts *o, struct attribute *a,
					 struct detect *d);
void pipeline_hold__free(struct pipeline_hold *h); /* NULL is fine */
/* True: it was proposed, and is no other stage's. */
bool pipeline_hold__feed(struct pipeline_hold *h, const struct wire *w);

#endif
