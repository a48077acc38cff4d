/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rates: what an hour of a GPU costs: by the configuration's rules, which may point to a vendor's
 * list price (gpu_prices.tsv). Without a rule there is no price: a list of vendors does not tell
 * whose GPU this is.
 *
 *   gpu-prices:
 *     - {gpu: "*H100*", usd-per-hour: 2.95, kind: reserved}
 *     - {gpu: "*A100*", from: lambda}                 # its list price, kind: on_demand
 *     - {gpu: "*L40S*", usd-per-hour: 24, gpus: 8}    # a node
 *     - {gpu: "*", bought-for: 31000, years: 4, usd-per-kwh: 0.21}  # kind: own, and its power
 */
#ifndef WT_GPU_RATES_H
#define WT_GPU_RATES_H

#include "gpu.h"
#include "span.h"

enum gpu_rate_kind {
	GPU_RATE_ON_DEMAND,
	GPU_RATE_RESERVED,
	GPU_RATE_SPOT,
	GPU_RATE_OWN,
	GPU_RATE_KINDS
};

/* Rules of a configuration, and rows of a list: more than a fleet has kinds of GPUs. */
#define GPU_RULES_MAX 128
#define GPU_LIST_MAX  1024

struct gpu_list_row {
	struct span gpu, vendor, source, date;
	uint8_t kind; /* enum gpu_rate_kind */
	int64_t hour_nano;
};

/* Vendors' prices; texts are borrowed from what was parsed. */
struct gpu_list {
	struct gpu_list_row rows[GPU_LIST_MAX];
	size_t count;
};

struct gpu_rule {
	char gpu[GPU_NAME_MAX]; /* pattern on the device's id, PCI address or name */
	char from[32];		/* a vendor of the list; empty: the price is below */
	uint8_t kind;
	uint32_t gpus;	   /* that hour_nano is of together; 0: of one */
	int64_t hour_nano; /* below 0: not known */
	/* For advice on spot; below 0: not given. */
	int64_t spot_nano;	  /* an hour */
	int64_t interrupts_milli; /* times a day that one is taken away, in thousandths */
	int64_t kwh_nano; /* that is paid beside hour_nano for what it draws; below 0: none */
	uint32_t line;	  /* of the configuration */
};

struct gpu_rates {
	struct gpu_rule rules[GPU_RULES_MAX]; /* the first that fits holds */
	size_t count;
};

/* What one costs, and by what. */
struct gpu_rate {
	int64_t hour_nano; /* below 0: not known */
	uint8_t kind;
	const struct gpu_rule *rule;	 /* NULL: none fits */
	const struct gpu_list_row *list; /* NULL: the rule has the price itself */
};

/* Returns 0, or -EBADMSG with a sentence that names the line. */
int gpu_list__parse(struct gpu_list *l, struct span text, char *err, size_t err_cap);
/* The built-in one; NULL: no memory. To be freed with free(). */
struct gpu_list *gpu_list_builtin(void);
/* The n-th row of that GPU and, unless it is empty, of that vendor; NULL: there are no more. */
const struct gpu_list_row *gpu_list__find(const struct gpu_list *l, struct span name,
					  struct span vendor, size_t n);

/* Of a whole GPU. */
struct gpu_rate gpu_rates__find(const struct gpu_rates *r, const struct gpu_list *l,
				const struct gpu_device *d);
/*
 * The part of a GPU's price that a MIG slice has: half by its compute slices, half by its memory.
 * -1 where those are not told.
 */
int64_t gpu_rate_of_slice(int64_t hour_nano, const struct gpu_device *slice,
			  const struct gpu_device *whole);
/* What is paid for so much energy; -1 where no rule of the rate says. */
int64_t gpu_rate_of_energy(const struct gpu_rate *r, int64_t energy_uj);
/* "on_demand"; and back: -1: there is no such kind. */
const char *gpu_rate_kind_name(uint8_t kind);
int gpu_rate_kind(struct span name);

#endif
