/* SPDX-License-Identifier: BSD-2-Clause */
/* provider: exchange events in, calls out. Which provider and what its fields mean: provider.def.
 */
#ifndef WT_PROVIDER_PROVIDER_H
#define WT_PROVIDER_PROVIDER_H

#include "base/drops.h"
#include "call.h"

struct provider;

/* emit gets each call at its exchange's END. drops is borrowed. NULL: no memory. */
struct provider *provider__new(call_emit_fn emit, void *ctx, struct drops *drops);
void provider__free(struct provider *p); /* NULL is fine */
/* Events of one exchange in order (exchange.h). Returns true when it is an LLM call's. */
bool provider__feed(struct provider *p, const struct exchange_event *ev);

#endif
