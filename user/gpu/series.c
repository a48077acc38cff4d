// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/series.h"

#define HOUR_MS 3600000

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

int series__p95(const struct series *s, uint32_t *ret_ms)
{
	uint32_t *sorted;

	if (!s->minutes) {
		*ret_ms = 0;
		return 0;
	}
	sorted = malloc(s->minutes * sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, s->busy_ms, s->minutes * sizeof(*sorted));
	qsort(sorted, s->minutes, sizeof(*sorted), by_size);
	*ret_ms = sorted[(s->minutes * 95 + 99) / 100 - 1];
	free(sorted);
	return 0;
}

uint64_t series__sum(const struct series *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->minutes; i++)
		sum += s->busy_ms[i];
	return sum;
}

static uint64_t needs(const struct pack_item *it)
{
	return it->memory_bytes + it->memory_bytes / 100 * PACK_MEMORY_SPARE;
}

static int by_memory(const void *a, const void *b)
{
	const struct pack_item *x = a, *y = b;

	if (x->memory_bytes != y->memory_bytes)
		return x->memory_bytes > y->memory_bytes ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

struct bin {
	struct series sum;
	uint64_t memory_bytes;
};

static void put(struct bin *b, const struct pack_item *it, int sign)
{
	for (size_t i = 0; i < it->series.minutes && i < b->sum.minutes; i++)
		b->sum.busy_ms[i] += (uint32_t)sign * it->series.busy_ms[i];
}

/* Takes it in when it fits, or when it is the first: where one is alone it is as it is now. */
static int try(struct bin *b, const struct pack_item *it, uint64_t memory_bytes, bool first)
{
	uint32_t p95;
	int err;

	if (b->memory_bytes + needs(it) > memory_bytes && !first)
		return 0;
	put(b, it, 1);
	err = series__p95(&b->sum, &p95);
	if (!err && (first || p95 <= MINUTE_MS / 100 * PACK_BUSY_MOST)) {
		b->memory_bytes += needs(it);
		return 1;
	}
	put(b, it, -1);
	return err;
}

int pack(struct pack_item *items, size_t count, uint64_t memory_bytes)
{
	struct bin *bins = calloc(PACK_BINS_MAX, sizeof(*bins));
	size_t used = 0, minutes = 0;
	int ret = bins ? 0 : -ENOMEM;

	for (size_t i = 0; i < count; i++)
		minutes = items[i].series.minutes > minutes ? items[i].series.minutes : minutes;
	qsort(items, count, sizeof(*items), by_memory);
	for (size_t i = 0; i < count && ret >= 0; i++) {
		ret = items[i].memory_bytes > memory_bytes ? -E2BIG : 0;
		for (size_t b = 0; b < used && !ret; b++) {
			ret = try(&bins[b], &items[i], memory_bytes, false);
			items[i].bin = b;
		}
		if (ret)
			continue;
		if (used == PACK_BINS_MAX) {
			ret = -E2BIG;
			continue;
		}
		bins[used].sum.minutes = minutes;
		bins[used].sum.busy_ms = calloc(minutes ? minutes : 1, sizeof(uint32_t));
		ret = bins[used].sum.busy_ms ? try(&bins[used], &items[i], memory_bytes, true)
					     : -ENOMEM;
		items[i].bin = used++;
	}
	for (size_t b = 0; bins && b < used; b++)
		free(bins[b].sum.busy_ms);
	free(bins);
	return ret < 0 ? ret : (int)used;
}

static int64_t cost(uint64_t ms, int64_t hour_nano)
{
	return (int64_t)((__int128)ms * hour_nano / HOUR_MS);
}

struct hybrid series__hybrid(const struct series *s, uint32_t percent, int64_t base_hour_nano,
			     int64_t burst_hour_nano)
{
	uint64_t all_ms = (uint64_t)s->minutes * MINUTE_MS, wanted;
	struct hybrid h = { 0 };

	if (!s->minutes)
		return h;
	wanted = series__sum(s) * percent;
	h.mean_milli = series__sum(s) * 1000 / all_ms;
	h.base = (uint32_t)((wanted + all_ms * 50) / (all_ms * 100));
	h.base = h.base ? h.base : 1;
	for (size_t i = 0; i < s->minutes; i++)
		if (s->busy_ms[i] > h.base * MINUTE_MS)
			h.burst_ms += s->busy_ms[i] - h.base * MINUTE_MS;
	h.base_nano = cost(all_ms * h.base, base_hour_nano);
	h.burst_nano = cost(h.burst_ms, burst_hour_nano);
	return h;
}

static void gap(struct idle_gaps *g, uint64_t minutes, uint64_t load_ms)
{
	uint64_t ms = minutes * MINUTE_MS;

	if (!minutes)
		return;
	g->all++;
	g->mean_ms += ms; /* their sum, until the end */
	if (ms <= load_ms)
		return;
	g->gaps++;
	g->saved_ms += ms - load_ms;
}

struct idle_gaps series__gaps(const struct series *s, uint64_t load_ms)
{
	struct idle_gaps g = { 0 };
	uint64_t idle = 0;

	for (size_t i = 0; i < s->minutes; i++) {
		if (!s->busy_ms[i]) {
			idle++;
			continue;
		}
		gap(&g, idle, load_ms);
		idle = 0;
	}
	gap(&g, idle, load_ms);
	g.mean_ms = g.all ? g.mean_ms / g.all : 0;
	return g;
}
