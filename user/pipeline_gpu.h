/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipeline_gpu: where calls and GPUs join. A call that a process of this host answers waits until
 * it is known which part of a GPU's time is its own; the row's owner is its caller, the server is
 * the means. Nothing waits on a host without GPUs.
 */
#ifndef WT_PIPELINE_GPU_H
#define WT_PIPELINE_GPU_H

#include "base/drops.h"
#include "exchange.h"
#include "gpu_bill.h"
#include "hop.h"

struct attribute;
struct gpu_rates;

/* Calls that wait; what comes beyond is told without its share. */
#define PIPELINE_GPU_CALLS_MAX 4096

struct pipeline_gpu_opts {
	struct attribute *attribute;   /* borrowed */
	const struct gpu_rates *rates; /* borrowed; NULL: no GPU has a price */
	gpu_entry_emit_fn entry;       /* minutes; may be NULL */
	void *entry_ctx;
	/* A call that waited, with its share. */
	void (*call)(void *ctx, const struct call *c, const struct hop *hop,
		     const struct gpu_share *share);
	void *ctx;
	struct drops *drops;
};

struct pipeline_gpu;

struct pipeline_gpu *pipeline_gpu__new(const struct pipeline_gpu_opts *o); /* NULL: no memory */
void pipeline_gpu__free(struct pipeline_gpu *g);			   /* NULL is fine */
void pipeline_gpu__window(struct pipeline_gpu *g, const struct gpu_window *w);
/* Of exchanges that are calls, as they go on. */
void pipeline_gpu__exchange(struct pipeline_gpu *g, const struct exchange_event *ev);
/* What an exchange turned out to be. */
void pipeline_gpu__call(struct pipeline_gpu *g, const struct call *c);
/* An exchange that ended, and was none. */
void pipeline_gpu__no_call(struct pipeline_gpu *g, const struct exchange *x);
/* True: the call waits, and is told later. */
bool pipeline_gpu__holds(struct pipeline_gpu *g, const struct call *c, const struct hop *hop);
void pipeline_gpu__tick(struct pipeline_gpu *g, uint64_t ts);
/* Tells all that waits. */
void pipeline_gpu__finish(struct pipeline_gpu *g);

#endif
