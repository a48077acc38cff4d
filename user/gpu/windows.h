/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gpu_windows: readings of all sources become windows of devices. Pure: a recorded trace gives the
 * windows that were given live. What two sources tell of one device is one device, by its id.
 *
 *   device, time, sample, share, pass  (nvml)  ─┐
 *   time, device, means, pass          (dcgm)  ─┼─► gpu_window
 *   claim, claimed                  (kubelet)  ─┘
 */
#ifndef WT_GPU_WINDOWS_H
#define WT_GPU_WINDOWS_H

#include "gpu.h"
#include "gpu/reading.h"

/*
 * Who leads a device is given so long for a pass (an exporter is asked each ten seconds); then its
 * windows go on without figures.
 */
#define GPU_SILENT_NS (25 * 1000000000ull)

struct gpu_windows_opts {
	gpu_window_emit_fn window;
	gpu_state_emit_fn state; /* NULL: nobody is told */
	void *ctx;
};

struct gpu_windows;

struct gpu_windows *gpu_windows__new(const struct gpu_windows_opts *o); /* NULL: no memory */
void gpu_windows__free(struct gpu_windows *w);				/* NULL is fine */
/* 0, or -ENOMEM: a device or a process is not told of. */
int gpu_windows__feed(struct gpu_windows *w, const struct gpu_reading *r);
/* As often as windows are wanted from a driver that is silent. now: CLOCK_MONOTONIC. */
void gpu_windows__tick(struct gpu_windows *w, uint64_t now);
/* The rest, up to now: at the end of the meter, or of a trace. */
void gpu_windows__finish(struct gpu_windows *w, uint64_t now);

#endif
