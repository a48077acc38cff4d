// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/glob.h"
#include "gpu/rates.h"

extern const uint8_t gpu_prices[];
extern const uint64_t gpu_prices_len;

static const char *const kinds[GPU_RATE_KINDS] = { [GPU_RATE_ON_DEMAND] = "on_demand",
						   [GPU_RATE_RESERVED] = "reserved",
						   [GPU_RATE_SPOT] = "spot",
						   [GPU_RATE_OWN] = "own" };

int64_t gpu_rate_of_energy(const struct gpu_rate *r, int64_t energy_uj)
{
	__int128 nano;

	if (!r->rule || r->rule->kwh_nano < 0 || energy_uj < 0)
		return -1;
	nano = (__int128)energy_uj * r->rule->kwh_nano / 3600000000000;
	return nano < INT64_MAX ? (int64_t)nano : INT64_MAX;
}

const char *gpu_rate_kind_name(uint8_t kind)
{
	return kind < GPU_RATE_KINDS ? kinds[kind] : "";
}

int gpu_rate_kind(struct span name)
{
	for (int i = 0; i < GPU_RATE_KINDS; i++)
		if (span__eq(name, span_str(kinds[i])))
			return i;
	return -1;
}

/* gpu, vendor, kind, usd_per_hour, source, date; every one of them is needed. */
static const char *parse_row(struct span line, struct gpu_list_row *ret_row)
{
	struct gpu_list_row row = { .gpu = span__cut(&line, '\t') };
	struct span kind, usd;
	int k;

	row.vendor = span__cut(&line, '\t');
	kind = span__cut(&line, '\t');
	usd = span__cut(&line, '\t');
	row.source = span__cut(&line, '\t');
	row.date = span__cut(&line, '\t');
	k = gpu_rate_kind(kind);
	if (!row.gpu.n || !row.vendor.n)
		return "a row needs a GPU and a vendor";
	if (k < 0)
		return "kind is one of on_demand, reserved, spot, own";
	if (decimal_to_nano(usd, &row.hour_nano) || row.hour_nano <= 0)
		return "usd_per_hour is a decimal number above 0";
	if (!row.source.n || row.date.n != 10)
		return "a price needs its source and its date (2026-11-26)";
	row.kind = (uint8_t)k;
	*ret_row = row;
	return NULL;
}

int gpu_list__parse(struct gpu_list *l, struct span text, char *err, size_t err_cap)
{
	bool heading = false;

	l->count = 0;
	for (unsigned int at = 1; text.n; at++) {
		struct span line = span__cut(&text, '\n');
		const char *wrong;

		if (!line.n || line.p[0] == '#')
			continue;
		if (!heading) {
			heading = true;
			continue;
		}
		wrong = l->count == GPU_LIST_MAX ? "there are more rows than a list may have"
						 : parse_row(line, &l->rows[l->count]);
		if (wrong) {
			snprintf(err, err_cap, "line %u: %s", at, wrong);
			return -EBADMSG;
		}
		l->count++;
	}
	return 0;
}

struct gpu_list *gpu_list_builtin(void)
{
	struct gpu_list *l = calloc(1, sizeof(*l));
	char err[128];

	/* A test reads it: it has no mistakes. */
	if (l)
		gpu_list__parse(l, span_of(gpu_prices, gpu_prices_len), err, sizeof(err));
	return l;
}

const struct gpu_list_row *gpu_list__find(const struct gpu_list *l, struct span name,
					  struct span vendor, size_t n)
{
	for (size_t i = 0; l && i < l->count; i++)
		if (glob_fits(name, l->rows[i].gpu) &&
		    (!vendor.n || span__eq(vendor, l->rows[i].vendor)) && !n--)
			return &l->rows[i];
	return NULL;
}

static bool fits(const struct gpu_rule *r, const struct gpu_device *d)
{
	struct span pattern = span_str(r->gpu);

	return glob_fits(span_str(d->id), pattern) || glob_fits(span_str(d->name), pattern) ||
	       (d->pci[0] && glob_fits(span_str(d->pci), pattern));
}

static const struct gpu_list_row *list_price(const struct gpu_list *l, const struct gpu_rule *r,
					     const struct gpu_device *d)
{
	const struct gpu_list_row *row;

	for (size_t n = 0; (row = gpu_list__find(l, span_str(d->name), span_str(r->from), n)); n++)
		if (row->kind == r->kind)
			return row;
	return NULL;
}

/* A node's price is that of its GPUs together, to the nano-dollar. */
static int64_t of_node(int64_t nano, uint32_t index, uint32_t gpus)
{
	int64_t n = gpus ? gpus : 1;

	return nano / n + ((int64_t)index % n < nano % n);
}

struct gpu_rate gpu_rates__find(const struct gpu_rates *r, const struct gpu_list *l,
				const struct gpu_device *d)
{
	struct gpu_rate rate = { .hour_nano = -1 };

	for (size_t i = 0; r && i < r->count && !rate.rule; i++)
		if (fits(&r->rules[i], d))
			rate.rule = &r->rules[i];
	if (!rate.rule)
		return rate;
	rate.kind = rate.rule->kind;
	if (rate.rule->from[0]) {
		rate.list = list_price(l, rate.rule, d);
		rate.hour_nano = rate.list ? rate.list->hour_nano : -1;
	} else {
		rate.hour_nano = of_node(rate.rule->hour_nano, d->index, rate.rule->gpus);
	}
	return rate;
}

int64_t gpu_rate_of_slice(int64_t hour_nano, const struct gpu_device *slice,
			  const struct gpu_device *whole)
{
	__int128 compute, memory;

	if (hour_nano < 0 || !slice->slices || !slice->parent_slices || !whole->memory_bytes ||
	    !slice->memory_bytes)
		return -1;
	compute = (__int128)hour_nano * slice->slices / slice->parent_slices;
	memory = (__int128)hour_nano * slice->memory_bytes / whole->memory_bytes;
	return (int64_t)((compute + memory) / 2);
}
