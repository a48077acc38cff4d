// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "proto/events_ops.h"

static const struct events_ops *const events_table[] = { &events_sse, &events_eventstream,
							 &events_ndjson };

#define EVENTS_COUNT (sizeof(events_table) / sizeof(events_table[0]))

struct events {
	const struct events_ops *ops;
	struct events_out out;
	uint64_t state[]; /* aligned for any */
};

static bool is_type(const char *types, struct span type)
{
	struct span rest = span_str(types);

	while (rest.n)
		if (span__eq_nocase(span__cut(&rest, ' '), type))
			return true;
	return false;
}

static int begin(const struct events_ops *ops, events_emit_fn emit, void *ctx, struct drops *drops,
		 struct events **ret_events)
{
	struct events *e = calloc(1, sizeof(*e) + ops->state_size);

	if (!e)
		return -ENOMEM;
	e->ops = ops;
	e->out = (struct events_out){ .emit = emit, .ctx = ctx, .drops = drops };
	*ret_events = e;
	return 0;
}

int events__new(struct span type, events_emit_fn emit, void *ctx, struct drops *drops,
		struct events **ret_events)
{
	*ret_events = NULL;
	for (size_t i = 0; i < EVENTS_COUNT; i++)
		if (is_type(events_table[i]->types, type))
			return begin(events_table[i], emit, ctx, drops, ret_events);
	return 0;
}

int events__guess(struct span first, events_emit_fn emit, void *ctx, struct drops *drops,
		  struct events **ret_events)
{
	*ret_events = NULL;
	for (size_t i = 0; i < EVENTS_COUNT; i++)
		if (events_table[i]->shows && events_table[i]->shows(first))
			return begin(events_table[i], emit, ctx, drops, ret_events);
	return 0;
}

void events__free(struct events *e)
{
	if (!e)
		return;
	e->ops->fini(e->state);
	free(e);
}

void events__feed(struct events *e, struct span bytes)
{
	e->ops->feed(e->state, &e->out, bytes);
}

void events__gap(struct events *e)
{
	e->ops->gap(e->state);
}

void events__end(struct events *e)
{
	e->ops->end(e->state, &e->out);
}
