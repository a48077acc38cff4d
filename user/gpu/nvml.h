/* SPDX-License-Identifier: BSD-2-Clause */
/* nvml: NVIDIA's GPUs and their MIG slices by the management library. */
#ifndef WT_GPU_NVML_H
#define WT_GPU_NVML_H

#include "gpu/looks.h"
#include "gpu/nvml_library.h"
#include "gpu/pacing.h"
#include "gpu/source.h"

/* Of 16 GPUs' running processes; a query that says there are more is asked for the rest again. */
#define NVML_PROCESSES_MAX 1024
/* Size queries answer with what there is now, or with 100 whatever there is: room for some more. */
#define NVML_SLACK 32

struct nvml_slice {
	nvml_device handle;
	struct nvml_slice *parent; /* NULL: it is a GPU */
	uint32_t number;	   /* as it is told */
	uint32_t instance;	   /* of a MIG slice: its GPU instance */
	bool divided;		   /* MIG is on */
	bool lost;
	uint32_t pace;	       /* that was told: passes from look to look; 0: as 1 */
	uint32_t looks;	       /* at it */
	uint64_t looked_ns;    /* when it was last; 0: not yet */
	uint32_t holder_count; /* processes that held memory at the last look */
	/* What the driver says that it does not do, for this device, is not asked again. */
	bool no_samples, no_shares, no_holders, no_energy, no_power, no_util, no_accounting;
	uint64_t sample_us; /* newest stamp of the last answer, by the driver's clock; 0: none */
	uint64_t share_us;
	nvml_gpm_sample gpm[2];	 /* NULL: it has none */
	uint64_t gpm_ns;	 /* when gpm[0] was taken; 0: not yet */
	uint32_t accounted[256]; /* pids whose account was told, a ring */
	size_t accounted_next;
};

struct nvml {
	struct nvml_library lib;
	struct looks *looks;
	struct nvml_slice slices[GPU_DEVICES_MAX];
	size_t count;
	uint32_t gpus; /* that the driver counted */
	uint64_t passes;
	struct pacing pacing;
	char driver[80], lacks[256];
	bool list; /* they must be listed anew */
	int64_t wall_offset_ns;
	struct nvml_process_sample shares[NVML_PROCESSES_MAX];
	struct nvml_process holders[NVML_PROCESSES_MAX];
	struct nvml_sample samples[1024]; /* the driver's ring has some hundred */
	struct nvml_gpm_metrics metrics;
};

/*
 * Looks from one question to the next where it is dear and its answer can wait: on an H100 the
 * counter of energy takes 4 ms, shares of processes 2 to 3.
 */
#define NVML_DEAR_LOOKS 10

/* Lists GPUs and slices, and tells them. Returns 0, or an enum nvml_error that is of all. */
uint32_t nvml__list(struct nvml *n, const struct gpu_teller *t);
void nvml__unlist(struct nvml *n);
/* Have GPUs come or gone, or has MIG been switched? */
bool nvml__changed(struct nvml *n);
/* Processes of one device: who holds memory, who was busy, who ended. As of nvml__list(). */
uint32_t nvml__processes(struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s);
/* GPM's means since the last time. */
uint32_t nvml__means(struct nvml *n, const struct gpu_teller *t, struct nvml_slice *s);
/* Of the whole library, not of one device: nothing can be read until it is opened anew. */
bool nvml_is_fatal(uint32_t error);

#endif
