/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sse: server-sent events (WHATWG HTML 9.2.6) as a stream.
 *
 *   event: message_start\n
 *   data: {"type":"message_start"}\n
 *   \n                               -> name "message_start", data {"type":"message_start"}
 */
#ifndef WT_PROTO_SSE_H
#define WT_PROTO_SSE_H

#include "base/drops.h"
#include "span.h"

typedef void (*sse_emit_fn)(void *ctx, struct span name, struct span data);

struct sse;

struct sse *sse__new(sse_emit_fn emit, void *ctx, struct drops *drops); /* NULL: no memory */
void sse__free(struct sse *s);						/* NULL is fine */
void sse__feed(struct sse *s, struct span bytes);
/* Bytes are missing here: the event they were part of is dropped. */
void sse__gap(struct sse *s);
/* The body is complete: an event without its final blank line counts, as recorded streams end so.
 */
void sse__end(struct sse *s);

#endif
