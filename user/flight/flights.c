// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "base/table.h"
#include "flight/flights.h"

struct flights {
	struct table by_exchange; /* of the elements of at */
	struct flight at[FLIGHTS_MAX];
	size_t count;
	bool changed;
};

struct flights *flights__new(void)
{
	struct flights *f = calloc(1, sizeof(*f));

	if (f)
		table__init(&f->by_exchange, FLIGHTS_MAX);
	return f;
}

void flights__free(struct flights *f)
{
	if (f)
		table__fini(&f->by_exchange);
	free(f);
}

void flights__asked(struct flights *f, const struct entry *e)
{
	static const uint8_t fields[FLIGHT_FIELDS] = {
#define FLIGHT(symbol, name) [FLIGHT_##symbol] = OWNER_##symbol,
#include "flight.def"
#undef FLIGHT
	};
	const struct exchange *x = e->call->x;
	struct flight *flight = &f->at[f->count];

	if (f->count == FLIGHTS_MAX || table__get(&f->by_exchange, x->id) ||
	    table__put(&f->by_exchange, x->id, flight))
		return;
	*flight = (struct flight){ .exchange = x->id,
				   .start_ns = e->wall_end_ns,
				   .pid = x->proc.tgid };
	span__copy(span_str(e->call->requested_model), flight->model, sizeof(flight->model));
	for (int i = 0; i < FLIGHT_FIELDS; i++)
		span__copy(span_str(e->owner->value[fields[i]].text), flight->text[i],
			   OWNER_TEXT_MAX);
	f->count++;
	f->changed = true;
}

/* The last takes its place: its key is there already, so that there is room for it. */
void flights__ended(struct flights *f, uint64_t exchange)
{
	struct flight *flight = table__take(&f->by_exchange, exchange), *last;

	if (!flight)
		return;
	last = &f->at[--f->count];
	if (flight != last) {
		*flight = *last;
		table__put(&f->by_exchange, flight->exchange, flight);
	}
	f->changed = true;
}

const struct flight *flights__all(struct flights *f, size_t *ret_count, bool *ret_changed)
{
	*ret_count = f->count;
	*ret_changed = f->changed;
	f->changed = false;
	return f->at;
}
