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
#include "pipeline.h"

struct attribute;
struct detect;

/* Calls that wait; what comes beyond is told without its share. */
#define PIPELINE_GPU_CALLS_MAX 4096

/* A call that waited, with its share. */
typedef void (*pipeline_gpu_call_fn)(void *ctx, const struct call *c, const struct hop *hop,
				     const struct gpu_share *share);

struct pipeline_gpu;

/* o, a, d (NULL: none) and drops are borrowed. Returns NULL: no memory, or no attribute. */
struct pipeline_gpu *pipeline_gpu__new(const struct pipeline_opts *o, struct attribute *a,
				       struct detect *d, pipeline_gpu_call_fn call, void *ctx,
				       struct drops *drops);
void pipeline_gpu__free(struct pipeline_gpu *g); /* NULL is fine */
void pipeline_gpu__window(struct pipeline_gpu *g, const struct gpu_window *w);
/* Of exchanges that may be calls, as they go on. called: with this event one was told to be. */
void pipeline_gpu__exchange(struct pipeline_gpu *g, const struct exchange_event *ev, bool called);
/* What an exchange turned out to be. */
void pipeline_gpu__call(struct pipeline_gpu *g, const struct call *c);
/* True: the call waits, and is told later. */
bool pipeline_gpu__holds(struct pipeline_gpu *g, const struct call *c, const struct hop *hop);
void pipeline_gpu__tick(struct pipeline_gpu *g, uint64_t ts);
/* Tells all that waits. */
void pipeline_gpu__finish(struct pipeline_gpu *g);

#endif
