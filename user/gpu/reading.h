/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gpu_reading: one figure that a source read. A trace is a text of such lines, the same from a
 * running source, in a file that was recorded, and for the stand-in of NVIDIA's library:
 *
 *   # wiretally gpu trace 1
 *   5000001000 nvml - time 1764177122000000000
 *   5000001000 nvml 0 device 0 1 85520809984 0 0 GPU-8f1c0e6a-… - 0000:3b:00.0 NVIDIA%20H100
 *   5000001000 nvml 0 sample 1764177127166667 62
 *   5000001000 nvml 0 share 8123 41970000000 1764177126166667 1764177127166667 58
 *   5000001000 nvml - pass
 */
#ifndef WT_GPU_READING_H
#define WT_GPU_READING_H

#include <stdio.h>

#include "span.h"

enum gpu_source_number {
#define GPU_SOURCE(symbol, name, what) GPU_SOURCE_##symbol,
#include "gpu/sources.def"
#undef GPU_SOURCE
	GPU_SOURCES
};

enum gpu_reading_kind {
#define GPU_READING(symbol, word, numbers, texts, what) GPU_READING_##symbol,
#include "gpu/reading.def"
#undef GPU_READING
	GPU_READINGS
};

#define GPU_READING_NUMBERS 7
#define GPU_READING_TEXTS   5
/* A number that is not known; no device: a reading of the source itself. */
#define GPU_UNKNOWN   UINT64_MAX
#define GPU_NO_DEVICE UINT32_MAX
/* ns: sums and differences of two times fit, and no clock is there for a century. */
#define GPU_TIME_MAX (UINT64_MAX >> 2)
/* Devices of one source: 16 GPUs in 7 slices each, and themselves. */
#define GPU_DEVICES_MAX 128
/* The longest line: five names, each letter of which is escaped. Below PIPE_BUF: written whole. */
#define GPU_LINE_MAX   2048
#define GPU_TRACE_HEAD "# wiretally gpu trace 1\n"

struct gpu_reading {
	uint64_t ts;	/* CLOCK_MONOTONIC */
	uint8_t source; /* enum gpu_source_number */
	uint8_t kind;	/* enum gpu_reading_kind */
	uint32_t dev;	/* below GPU_DEVICES_MAX, or GPU_NO_DEVICE */
	uint64_t n[GPU_READING_NUMBERS];
	struct span text[GPU_READING_TEXTS]; /* borrowed */
};

typedef void (*gpu_reading_emit_fn)(void *ctx, const struct gpu_reading *r);

const char *gpu_source_name(uint8_t source);
/*
 * A line, with its end. room: where its texts are put, of GPU_LINE_MAX bytes. Returns the bytes
 * consumed: *ret_read tells whether there was a reading in them (no comment, nothing unknown);
 * -EAGAIN: there is no whole line; -EMSGSIZE: it is too long; -EBADMSG: it is none. A reader that
 * goes on at the next line has lost nothing else.
 */
int gpu_reading__parse(struct gpu_reading *r, struct span text, char *room, bool *ret_read);
/* The line, without NUL. Returns its length, below GPU_LINE_MAX; texts are cut to fit. */
size_t gpu_reading__print(const struct gpu_reading *r, char line[GPU_LINE_MAX]);

#endif
