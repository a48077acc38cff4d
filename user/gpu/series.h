/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * series: how busy something was, minute by minute, and what can be learnt from it for the next
 * month. Busy is in milliseconds of a minute, one GPU's whole minute is 60000; minutes without a
 * record are 0.
 */
#ifndef WT_GPU_SERIES_H
#define WT_GPU_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MINUTE_MS 60000

struct series {
	uint32_t *busy_ms;
	size_t minutes;
};

/* The 95th of a hundred, by nearest rank; 0 of nothing. Returns -ENOMEM when it can't be known. */
int series__p95(const struct series *s, uint32_t *ret_ms);
uint64_t series__sum(const struct series *s);

/* A server that is to be placed: what memory it needs, and when it is busy. */
struct pack_item {
	struct series series;
	uint64_t memory_bytes; /* its peak */
	size_t bin;	       /* where it was put */
	size_t from;	       /* the device on which it is now */
};

/* A peak may be passed: so much is added to it, in per cent. */
#define PACK_MEMORY_SPARE 5
/* Of a GPU's time so much may be used at the 95th percentile, in per cent. */
#define PACK_BUSY_MOST 80
#define PACK_BINS_MAX  256

/*
 * First fit, the largest memory first, onto GPUs of one kind. Whether a server fits beside others
 * goes by the 95th percentile of their series' sum: those whose peaks do not meet may share.
 * Returns how many GPUs that takes, -E2BIG when one does not fit on any, or -ENOMEM.
 */
int pack(struct pack_item *items, size_t count, uint64_t memory_bytes);

/* A base that is always there, and bursts beyond it. */
struct hybrid {
	uint64_t mean_milli; /* GPUs that are busy on average, in thousandths */
	uint32_t base;	     /* GPUs */
	uint64_t burst_ms;   /* GPU time beyond the base */
	int64_t base_nano;   /* of those minutes */
	int64_t burst_nano;
};

/*
 * The base is so many per cent of the mean (70 to 80 are usual), to the nearest GPU, one at least.
 * An hour of a GPU of the base and of a burst costs that. s: of all GPUs together.
 */
struct hybrid series__hybrid(const struct series *s, uint32_t percent, int64_t base_hour_nano,
			     int64_t burst_hour_nano);

/* Runs of minutes in which nothing was done. */
struct idle_gaps {
	size_t gaps;	   /* that are longer than what it takes to be back */
	uint64_t saved_ms; /* of GPU time, if it were switched off in them */
	uint64_t mean_ms;  /* of all gaps */
	size_t all;
};

/* load_ms: what it takes until it serves again; that time is paid for in each gap. */
struct idle_gaps series__gaps(const struct series *s, uint64_t load_ms);

#endif
