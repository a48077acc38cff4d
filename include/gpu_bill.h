/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gpu_bill: a window of a device (gpu.h), divided: what its time was spent for and what that costs.
 * The parts' times are the window's time, their money is its money, to the nanosecond and the
 * nano-dollar.
 */
#ifndef WT_GPU_BILL_H
#define WT_GPU_BILL_H

#include "gpu.h"

enum gpu_part_kind {
#define GPU_PART(symbol, name, what) GPU_PART_##symbol,
#include "gpu_part.def"
#undef GPU_PART
	GPU_PARTS
};

enum gpu_label {
#define GPU_LABEL(symbol, name, what) GPU_LABEL_##symbol,
#include "gpu_label.def"
#undef GPU_LABEL
	GPU_LABELS
};

struct gpu_part {
	uint8_t kind;			   /* enum gpu_part_kind */
	uint8_t label;			   /* enum gpu_label; of idle parts it means nothing */
	uint64_t request;		   /* REQUEST: the exchange's id */
	const struct gpu_process *process; /* that worked, or holds it; NULL: none is known */
	const struct gpu_claim *claim;	   /* RESERVED: whose */
	uint64_t ns;
	int64_t nano_usd;	  /* 0 where the device has no price */
	uint64_t prefill, decode; /* REQUEST: tokens that were read, and written, in the window */
};

struct gpu_bill {
	const struct gpu_window *window;
	bool priced;
	int64_t hour_nano; /* what an hour of the device costs */
	int64_t nano_usd;  /* what the window does */
	const struct gpu_part *parts;
	size_t part_count;
};

typedef void (*gpu_bill_emit_fn)(void *ctx, const struct gpu_bill *b);

/* What one service had of a window: of one kind, with one label. */
struct gpu_use {
	uint8_t kind, label;
	char service[128]; /* of the server; of RESERVED the pod; empty: nobody's, or not known */
	uint64_t ns;
	int64_t nano_usd;
	uint64_t prefill, decode; /* tokens */
	uint64_t memory_bytes;	  /* HELD: that it holds */
};

/* A bill as the ledger keeps it: by services, in time of the world. */
struct gpu_entry {
	const struct gpu_bill *bill;
	int64_t wall_start_ns; /* since the Unix epoch */
	const struct gpu_use *uses;
	size_t use_count;
};

typedef void (*gpu_entry_emit_fn)(void *ctx, const struct gpu_entry *g);

/* What a call took of all devices that worked for it. */
struct gpu_share {
	uint64_t request; /* the exchange's id */
	uint64_t ns;	  /* GPU time: of two devices at once it is both */
	bool priced;	  /* all of it has a price */
	int64_t nano_usd;
	uint8_t label;		 /* enum gpu_label */
	char device[GPU_ID_MAX]; /* the one that did most of it; empty: none did any */
	uint32_t devices;
};

typedef void (*gpu_share_emit_fn)(void *ctx, const struct gpu_share *s);

static inline const char *gpu_part_name(uint8_t kind)
{
	static const char *const names[GPU_PARTS] = {
#define GPU_PART(symbol, name, what) #name,
#include "gpu_part.def"
#undef GPU_PART
	};

	return kind < GPU_PARTS ? names[kind] : "";
}

static inline const char *gpu_label_name(uint8_t label)
{
	static const char *const names[GPU_LABELS] = {
#define GPU_LABEL(symbol, name, what) #name,
#include "gpu_label.def"
#undef GPU_LABEL
	};

	return label < GPU_LABELS ? names[label] : "";
}

static inline const char *gpu_label_what(uint8_t label)
{
	static const char *const texts[GPU_LABELS] = {
#define GPU_LABEL(symbol, name, what) what,
#include "gpu_label.def"
#undef GPU_LABEL
	};

	return label < GPU_LABELS ? texts[label] : "";
}

#endif
