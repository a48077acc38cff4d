/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gpu_window: what one GPU did in a stretch of time, and for which processes.
 *
 *   GPU-8f1c…, 12:00:07.000 - 12:00:08.000: busy 0.62 s (gpm_graphics_util), SM activity 31 %,
 *   52.1 GB used, 412 J; VLLM::EngineCore[8123] busy 0.62 s, holds 51.8 GB; claimed by shop/vllm-0
 *
 * The windows of a device tile time: each begins where the one before it ended, from the first
 * sight of the device on, also where nothing could be measured. So price times time is always the
 * sum over windows, and no second is in two.
 */
#ifndef WT_GPU_H
#define WT_GPU_H

#include "chunk.h"

enum gpu_metric {
	GPU_METRIC_NONE = 0,
#define GPU_METRIC(symbol, name, of_process, what) GPU_METRIC_##symbol,
#include "gpu_metric.def"
#undef GPU_METRIC
	GPU_METRICS
};

enum gpu_loss_number {
#define GPU_LOSS(symbol, name, what) GPU_LOSS_NUMBER_##symbol,
#include "gpu_loss.def"
#undef GPU_LOSS
	GPU_LOSSES
};

enum gpu_loss {
#define GPU_LOSS(symbol, name, what) GPU_LOSS_##symbol = 1u << GPU_LOSS_NUMBER_##symbol,
#include "gpu_loss.def"
#undef GPU_LOSS
};

enum gpu_vendor { GPU_VENDOR_UNKNOWN = 0, GPU_VENDOR_NVIDIA, GPU_VENDOR_AMD, GPU_VENDOR_INTEL };

/* "GPU-" or "MIG-" and a UUID have 40 letters, MIG's older ids 50: GPU-<UUID>/<instance>/<compute>
 */
#define GPU_ID_MAX   64
#define GPU_NAME_MAX 96
/* Processes told apart in one window; of more than that, those that hold least are left out. */
#define GPU_PROCESSES_MAX 256
/* Pods that have a claim on one device; time-slicing is set up for some dozens at most. */
#define GPU_CLAIMS_MAX 64

struct gpu_device {
	/* What all sources know it by: "GPU-…", "MIG-…"; "PCI-0000:03:00.0" where there is none. */
	char id[GPU_ID_MAX];
	char parent[GPU_ID_MAX]; /* of a MIG slice, the GPU that it is of; empty: it is a GPU */
	char name[GPU_NAME_MAX]; /* "NVIDIA H100 80GB HBM3" */
	char pci[16];		 /* "0000:3b:00.0"; empty: not told */
	uint32_t index;		 /* as its vendor's tools count; of a slice: its GPU instance */
	uint32_t slices;	 /* a MIG slice's compute slices, of parent_slices; 0: not told */
	uint32_t parent_slices;	 /* 7 on all that have MIG */
	uint64_t memory_bytes;	 /* in all; 0: not told */
	uint8_t vendor;		 /* enum gpu_vendor */
	bool divided;		 /* slices of it have windows of their own */
};

enum gpu_process_knows {
	GPU_PROCESS_BUSY = 1 << 0,
	GPU_PROCESS_MEMORY = 1 << 1,
};

/* A process that used the device in the window, or that held memory of it at its end. */
struct gpu_process {
	/* start_ns as in wire.h; 0: there is no such process where we look (see FOREIGN_PIDS) */
	struct proc_id proc;
	uint32_t ppid; /* 0: not known */
	uint32_t uid;
	uint8_t known;	/* enum gpu_process_knows: a figure whose bit is not set means nothing */
	uint8_t metric; /* enum gpu_metric, of busy_ns */
	bool ended;	/* within the window, or shortly before it was told */
	/*
	 * A key to split the device's busy time by: sums over processes may be more than that, or
	 * less, since each is a mean over times of its own, in whole per cents.
	 */
	uint64_t busy_ns;
	uint64_t memory_bytes; /* that it held at the end */
	char comm[16];	       /* empty: not known */
	char cgroup[256]; /* path in the unified hierarchy, or of v1's memory; empty: unknown */
};

/* Who has the device by the word of a scheduler (kubelet), whether he uses it or not. */
struct gpu_claim {
	char namespace[64];
	char pod[256];
	char container[64];
	char resource[64]; /* "nvidia.com/gpu", "nvidia.com/mig-1g.10gb", or a resource claim's name
			    */
	bool shared;	   /* the device plugin gives one device to several */
};

enum gpu_knows {
	GPU_KNOWS_BUSY = 1 << 0,
	GPU_KNOWS_SM = 1 << 1,
	GPU_KNOWS_OCCUPANCY = 1 << 2,
	GPU_KNOWS_TENSOR = 1 << 3,
	GPU_KNOWS_DRAM = 1 << 4,
	GPU_KNOWS_MEMORY = 1 << 5,
	GPU_KNOWS_ENERGY = 1 << 6,
	GPU_KNOWS_POWER = 1 << 7,
	GPU_KNOWS_PROCESSES = 1 << 8, /* processes[] are all that hold memory or were busy */
	GPU_KNOWS_CLAIMS = 1 << 9,    /* somebody told who has a claim, perhaps that nobody has */
};

struct gpu_window {
	const struct gpu_device *device; /* borrowed, as all here, until the emit call returns */
	uint64_t start_ns, end_ns;	 /* CLOCK_MONOTONIC, as calls have it */
	int64_t wall_offset_ns; /* to be added for ns since the Unix epoch, as of the end */
	uint32_t known;		/* enum gpu_knows: a figure whose bit is not set means nothing */
	uint32_t losses;	/* enum gpu_loss */
	uint8_t metric;		/* enum gpu_metric, of busy_ns */
	uint64_t busy_ns; /* at least one kernel ran: not how full it was; end - start at most */
	/* Means over the window, in millionths. */
	uint32_t sm_ppm;	/* streaming multiprocessors that had work */
	uint32_t occupancy_ppm; /* of the warps that they could have had */
	uint32_t tensor_ppm;	/* tensor cores in use */
	uint32_t dram_ppm;	/* bandwidth of its memory in use */
	uint64_t memory_bytes;	/* used at the end, by whomever */
	uint64_t energy_uj;	/* in the window */
	uint32_t power_mw;	/* at the end */
	const struct gpu_process *processes;
	size_t process_count;
	const struct gpu_claim *claims;
	size_t claim_count;
};

typedef void (*gpu_window_emit_fn)(void *ctx, const struct gpu_window *w);

enum gpu_state {
	GPU_STATE_ABSENT = 1, /* nothing of the kind on this host */
	GPU_STATE_WORKS,
	GPU_STATE_PARTLY, /* it works, and something is missing, such as a driver's function */
	GPU_STATE_FAILED, /* it is there, and does not work */
	GPU_STATE_HUNG,
};

/* How a source is, for a person; told when it changes. */
struct gpu_source_state {
	const char *source; /* "nvml" */
	uint64_t ts;	    /* CLOCK_MONOTONIC */
	uint8_t state;	    /* enum gpu_state */
	const char *text;   /* "driver 535.104.05; no nvmlDeviceGetProcessesUtilizationInfo" */
};

typedef void (*gpu_state_emit_fn)(void *ctx, const struct gpu_source_state *s);

static inline const char *gpu_metric_name(uint8_t metric)
{
	static const char *const names[GPU_METRICS] = {
		"",
#define GPU_METRIC(symbol, name, of_process, what) #name,
#include "gpu_metric.def"
#undef GPU_METRIC
	};

	return metric < GPU_METRICS ? names[metric] : "";
}

/* number: of a bit of gpu_window.losses. */
static inline const char *gpu_loss_name(unsigned int number)
{
	static const char *const names[GPU_LOSSES] = {
#define GPU_LOSS(symbol, name, what) #name,
#include "gpu_loss.def"
#undef GPU_LOSS
	};

	return number < GPU_LOSSES ? names[number] : "";
}

static inline const char *gpu_loss_what(unsigned int number)
{
	static const char *const texts[GPU_LOSSES] = {
#define GPU_LOSS(symbol, name, what) what,
#include "gpu_loss.def"
#undef GPU_LOSS
	};

	return number < GPU_LOSSES ? texts[number] : "";
}

static inline const char *gpu_state_name(uint8_t state)
{
	static const char *const names[] = { [GPU_STATE_ABSENT] = "absent",
					     [GPU_STATE_WORKS] = "works",
					     [GPU_STATE_PARTLY] = "partly",
					     [GPU_STATE_FAILED] = "failed",
					     [GPU_STATE_HUNG] = "hung" };

	return state && state <= GPU_STATE_HUNG ? names[state] : "";
}

#endif
