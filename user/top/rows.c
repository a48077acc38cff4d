// SPDX-License-Identifier: BSD-2-Clause
#include <sodium/crypto_shorthash.h>
#include <stdlib.h>
#include <string.h>

#include "span.h"
#include "top/rows.h"

_Static_assert(TOP_SEED_BYTES == crypto_shorthash_KEYBYTES, "SipHash-2-4's key");

uint64_t top_hash(const uint8_t seed[TOP_SEED_BYTES], const char *name)
{
	uint64_t hash;

	crypto_shorthash((uint8_t *)&hash, (const uint8_t *)name, strlen(name), seed);
	return hash;
}

void top_rows__init(struct top_rows *r, const uint8_t seed[TOP_SEED_BYTES])
{
	*r = (struct top_rows){ .seed = seed };
	/* a run's sub-agents are names of its row, too */
	table__init(&r->by_hash, 2 * TOP_ROWS_MAX);
}

void top_rows__fini(struct top_rows *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->row[i]);
	free(r->row);
	table__fini(&r->by_hash);
	top_rows__init(r, r->seed);
}

static struct top_row *add(struct top_rows *r, uint64_t hash, const char *name)
{
	struct top_row *row = calloc(1, sizeof(*row));

	if (r->count == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 64;
		struct top_row **more = realloc(r->row, cap * sizeof(struct top_row *));

		if (!more) {
			free(row);
			return NULL;
		}
		r->row = more;
		r->cap = cap;
	}
	if (!row || table__put(&r->by_hash, hash, row)) {
		free(row);
		return NULL;
	}
	row->hash = hash;
	span__copy(span_str(name), row->name, sizeof(row->name));
	r->row[r->count++] = row;
	return row;
}

struct top_row *top_rows__find(const struct top_rows *r, uint64_t hash)
{
	return table__get(&r->by_hash, hash);
}

struct top_row *top_rows__get(struct top_rows *r, const char *name)
{
	uint64_t hash = top_hash(r->seed, name);
	struct top_row *row = top_rows__find(r, hash);
	bool last = r->count == TOP_ROWS_MAX - 1;

	if (row)
		return row;
	if (r->count == TOP_ROWS_MAX)
		return r->row[TOP_ROWS_MAX - 1];
	row = add(r, hash, last ? "(others)" : name);
	if (row)
		row->others = last;
	return row;
}

void top_rows__alias(struct top_rows *r, const char *name, struct top_row *row)
{
	uint64_t hash = top_hash(r->seed, name);

	if (!top_rows__find(r, hash))
		table__put(&r->by_hash, hash, row);
}

void top_row__spend(struct top_row *r, int64_t step, int64_t nano)
{
	if (step > r->at_step) {
		int64_t from = r->at_step > step - TOP_STEPS ? r->at_step : step - TOP_STEPS;

		while (++from <= step)
			r->step[from % TOP_STEPS] = 0;
		r->at_step = step;
	}
	if (step > r->at_step - TOP_STEPS && step >= 0)
		r->step[step % TOP_STEPS] += nano;
}

int64_t top_row__spent(const struct top_row *r, int64_t step)
{
	if (step < 0 || step > r->at_step || step <= r->at_step - TOP_STEPS)
		return 0;
	return r->step[step % TOP_STEPS];
}
