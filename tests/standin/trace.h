/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trace as a driver's memory: what it would answer at a time. $NVML_REPLAY names the file; its
 * first reading is of the moment at which it was loaded, unless a test sets the time itself.
 *
 * Beside readings it has faults, which readers of traces pass over:
 *
 *   5000000000 nvml 0 fail nvmlDeviceGetSamples 15 3000000000    code, for so many ns
 *   5000000000 nvml 0 fail nvmlDeviceGetSamples 1000 3000000000  it hangs; 1001: it crashes
 *   5000000000 nvml 0 fail nvmlDeviceGetSamples 12800 3000000000 it takes 2800 us of a core
 *   5000000000 nvml 0 junk 100                                   rows that can't be, each answer
 */
#ifndef WT_STANDIN_TRACE_H
#define WT_STANDIN_TRACE_H

#include "gpu/reading.h"

struct fault {
	uint64_t ts, until;
	uint32_t dev; /* GPU_NO_DEVICE: all */
	char call[64];
	uint32_t code;
};

struct row {
	struct gpu_reading r;
	char *texts;
};

struct rows {
	struct row **at;
	size_t count, cap;
};

struct trace {
	struct row *all;
	size_t count, cap;
	/* By device and kind, in order; those of no device are at GPU_DEVICES_MAX. */
	struct rows by[GPU_DEVICES_MAX + 1][GPU_READINGS];
	struct fault faults[64];
	size_t fault_count;
	uint64_t junk_ns;	    /* since when; 0: never */
	uint64_t base_ns, shift_ns; /* the trace's first time; now minus that */
	int64_t wall_offset_ns;	    /* of the trace */
	bool virtual_time;
	uint64_t now_ns; /* as a test says */
};

/* 0, or 1 when there is no trace. */
int trace__load(struct trace *t);
void trace__unload(struct trace *t);
/* In the trace's own time. */
uint64_t trace__now(const struct trace *t);
/* What the driver's clock is ahead of the trace's. */
int64_t trace__stamp_shift_us(const struct trace *t);
/* How many rows of the kind are not later than ts. */
size_t trace__until(const struct trace *t, uint32_t dev, enum gpu_reading_kind kind, uint64_t ts);
/* The latest; NULL: none yet. */
const struct gpu_reading *trace__latest(const struct trace *t, uint32_t dev,
					enum gpu_reading_kind kind);
/* The code that a call is to fail with now; 0: none. */
uint32_t trace__fault(const struct trace *t, uint32_t dev, const char *call);

#endif
