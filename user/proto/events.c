// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "proto/events_ops.h"

static const struct events_ops *const events_table[] = { &events_sse, &events_eventstream,
							 &events_ndjson, &events_grpc };

#define EVENTS_COUNT (sizeof(events_table) / sizeof(events_table[0]))

struct events {
	const struct events_ops *ops; /* NULL: no stream of events, or not known yet */
	void *state;
	struct events_to to;
	struct drops *drops;
	bool decided;
	uint8_t first_n; /* bytes that are held until it is decided */
	uint8_t first[EVENTS_SHOW_MAX];
};

static bool is_type(const char *types, struct span type)
{
	struct span rest = span_str(types);

	while (rest.n)
		if (span__eq_nocase(span__cut(&rest, ' '), type))
			return true;
	return false;
}

static void decide(struct events *e, const struct events_ops *ops)
{
	e->decided = true;
	if (!ops)
		return;
	e->state = calloc(1, ops->state_size);
	if (e->state)
		e->ops = ops;
	else
		drops__add(e->drops, DROP_NO_MEMORY, 1);
}

struct events *events__new(struct span type, const struct events_to *to, struct drops *drops)
{
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->to = *to;
	e->drops = drops;
	for (size_t i = 0; i < EVENTS_COUNT && !e->decided; i++)
		if (is_type(events_table[i]->types, type))
			decide(e, events_table[i]);
	return e;
}

void events__free(struct events *e)
{
	if (!e)
		return;
	if (e->ops)
		e->ops->fini(e->state);
	free(e->state);
	free(e);
}

/* Whose bytes these are that came first, and what is known of them then. */
static void guess(struct events *e)
{
	const struct events_ops *ops = NULL;
	struct span first = span_of(e->first, e->first_n);

	for (size_t i = 0; i < EVENTS_COUNT && !ops; i++)
		if (events_table[i]->shows && events_table[i]->shows(first))
			ops = events_table[i];
	decide(e, ops);
	e->first_n = 0;
	if (first.n)
		events__feed(e, first);
}

void events__feed(struct events *e, struct span bytes)
{
	while (!e->decided && bytes.n) {
		/* Nearly all bodies are JSON: not one byte of them is held. */
		if (!e->first_n && (*bytes.p == '{' || *bytes.p == '[')) {
			e->decided = true;
			break;
		}
		e->first[e->first_n++] = *bytes.p;
		bytes = span_of(bytes.p + 1, bytes.n - 1);
		if (e->first_n == EVENTS_SHOW_MAX)
			guess(e);
	}
	if (!bytes.n)
		return;
	if (e->ops)
		e->ops->feed(e->state, &e->to, e->drops, bytes);
	else
		e->to.bytes(e->to.ctx, bytes);
}

bool events__found(const struct events *e)
{
	return e->ops != NULL;
}

size_t events__held(const struct events *e)
{
	return e->ops ? e->ops->held(e->state) : 0;
}

void events__gap(struct events *e)
{
	if (!e->decided)
		guess(e);
	if (e->ops)
		e->ops->gap(e->state);
}

void events__end(struct events *e)
{
	if (!e->decided)
		guess(e);
	if (e->ops)
		e->ops->end(e->state, &e->to, e->drops);
}
