/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay_gpu: a trace of GPUs (record --gpu) read again: each window as JSON, or into the pipeline
 * beside a recording of calls, by the clock that both were made by.
 */
#ifndef WT_CMD_REPLAY_GPU_H
#define WT_CMD_REPLAY_GPU_H

#include <stdbool.h>
#include <stdint.h>

#include "gpu.h"

/* Is the file a trace of GPUs? */
bool is_gpu_trace(const char *path);
/* The program's exit status. */
int replay_gpu(const char *path);

struct gpu_trace;

/* NULL: said on stderr. */
struct gpu_trace *gpu_trace__open(const char *path, gpu_window_emit_fn window, void *ctx);
/*
 * False, said on stderr: a recording whose clock was so far off the epoch was not made on this host
 * since the same boot. The two clocks' times mean nothing beside each other then.
 */
bool gpu_trace__fits(struct gpu_trace *t, int64_t wall_offset_ns);
/* What was read by ts, CLOCK_MONOTONIC; UINT64_MAX: all of it, and the windows that are open. */
void gpu_trace__until(struct gpu_trace *t, uint64_t ts);
/* The time of the last reading that was told. */
uint64_t gpu_trace__last(const struct gpu_trace *t);
void gpu_trace__close(struct gpu_trace *t); /* NULL is fine; says what was broken in it */

#endif
