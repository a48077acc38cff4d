/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * events: a body that is a stream of events, cut into them as it comes. Which framing it has, its
 * Content-Type tells: server-sent events, AWS event streams, lines of JSON (events.c's table).
 */
#ifndef WT_PROTO_EVENTS_H
#define WT_PROTO_EVENTS_H

#include "base/drops.h"
#include "span.h"

/* name: the event's, empty where it has none. Both are borrowed until the call returns. */
typedef void (*events_emit_fn)(void *ctx, struct span name, struct span data);

struct events;

/*
 * For a body of this Content-Type (without parameters). Returns 0 and NULL when its type has no
 * events; -ENOMEM.
 */
int events__new(struct span type, events_emit_fn emit, void *ctx, struct drops *drops,
		struct events **ret_events);
/*
 * The same by the first bytes of a body whose type tells nothing, or what is not so: AWS's proxies
 * and mocks send event streams as application/json.
 */
int events__guess(struct span first, events_emit_fn emit, void *ctx, struct drops *drops,
		  struct events **ret_events);
void events__free(struct events *e); /* NULL is fine */
void events__feed(struct events *e, struct span bytes);
/* Bytes are missing here: the event they were part of is dropped. */
void events__gap(struct events *e);
/* The body is complete. */
void events__end(struct events *e);

#endif
