/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * events: a response's body as it comes, cut into events if it is a stream of them: server-sent
 * events, AWS event streams, lines of JSON, messages of gRPC. Its Content-Type tells, or what it
 * begins with.
 */
#ifndef WT_PROTO_EVENTS_H
#define WT_PROTO_EVENTS_H

#include "base/drops.h"
#include "span.h"

/* What of it fits is joined there: nearly all events are short. */
#define EVENTS_JOINT_MAX 4096

/* Where a body goes. What is passed is borrowed until the call returns. */
struct events_to {
	/* name: the event's, empty where it has none */
	void (*event)(void *ctx, struct span name, struct span data);
	/* The next piece of a body that is no stream of events. */
	void (*bytes)(void *ctx, struct span bytes);
	void *ctx;
	/*
	 * EVENTS_JOINT_MAX bytes, anybody's while a piece is fed: an event that comes in two pieces
	 * is joined there, and no memory is asked for. NULL: there are none.
	 */
	uint8_t *joint;
};

struct events;

/* type: the Content-Type, without parameters. drops is borrowed. NULL: no memory. */
struct events *events__new(struct span type, const struct events_to *to, struct drops *drops);
void events__free(struct events *e); /* NULL is fine */
void events__feed(struct events *e, struct span bytes);
/* True when the body is a stream of events, as far as it is known yet. */
bool events__found(const struct events *e);
/* Bytes that are held until an event is whole. */
size_t events__held(const struct events *e);
/* Bytes are missing here: the event they were part of is dropped. */
void events__gap(struct events *e);
/* The body is complete. */
void events__end(struct events *e);

#endif
