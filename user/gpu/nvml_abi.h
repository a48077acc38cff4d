/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What crosses the border to libnvidia-ml.so.1, as NVIDIA's nvml.h lays it out. Written from its
 * documentation; offsets are asserted, since a wrong one corrupts memory without a word.
 * https://docs.nvidia.com/deploy/nvml-api/
 */
#ifndef WT_GPU_NVML_ABI_H
#define WT_GPU_NVML_ABI_H

#include <stddef.h>
#include <stdint.h>

typedef struct nvml_device_opaque *nvml_device;
typedef struct nvml_sample_opaque *nvml_gpm_sample;

enum nvml_error {
	NVML_SUCCESS = 0,
	NVML_UNINITIALIZED = 1,
	NVML_INVALID_ARGUMENT = 2,
	NVML_NOT_SUPPORTED = 3,
	NVML_NO_PERMISSION = 4,
	NVML_NOT_FOUND = 6,
	NVML_INSUFFICIENT_SIZE = 7,
	NVML_DRIVER_NOT_LOADED = 9,
	NVML_TIMEOUT = 10,
	NVML_FUNCTION_NOT_FOUND = 13,
	NVML_GPU_IS_LOST = 15,
	NVML_RESET_REQUIRED = 16,
	NVML_LIB_RM_VERSION_MISMATCH = 18,
	NVML_ARGUMENT_VERSION_MISMATCH = 25,
	NVML_UNKNOWN = 999,
};

/* NVML_VALUE_NOT_AVAILABLE in an unsigned field. */
#define NVML_NOT_AVAILABLE UINT64_MAX
/* Of instances, in nvml_process: not on MIG. */
#define NVML_NO_INSTANCE UINT32_MAX

struct nvml_utilization {
	uint32_t gpu, memory; /* per cent */
};

struct nvml_memory {
	uint64_t total, free, used;
};

struct nvml_pci {
	char legacy[16];
	uint32_t domain, bus, device, id, subsystem;
	char bus_id[32];
};

#define NVML_GPU_UTILIZATION_SAMPLES 1

enum nvml_value_type { NVML_DOUBLE = 0, NVML_UINT, NVML_ULONG, NVML_ULONGLONG };

struct nvml_sample {
	uint64_t stamp_us;
	union {
		double real;
		uint32_t small;
		uint64_t large;
	} value;
};

struct nvml_process_sample {
	uint32_t pid;
	uint64_t stamp_us;
	uint32_t sm, memory, encoder, decoder; /* per cent */
};

/* Of the calls that end in _v2 or _v3. */
struct nvml_process {
	uint32_t pid;
	uint64_t memory;
	uint32_t gpu_instance, compute_instance;
};

/* Of the call without a number, of drivers before 510: another stride. */
struct nvml_process_v1 {
	uint32_t pid;
	uint64_t memory;
};

struct nvml_attributes {
	uint32_t multiprocessors, copy_engines, decoders, encoders, jpeg, ofa;
	uint32_t gpu_slices, compute_slices;
	uint64_t memory_mb;
};

struct nvml_accounting {
	uint32_t gpu, memory; /* per cent of its life */
	uint64_t max_memory;
	uint64_t time_ms; /* that it lived; 0: it lives */
	uint64_t start_us;
	uint32_t is_running;
	uint32_t reserved[5];
};

enum nvml_gpm_id {
	NVML_GPM_GRAPHICS_UTIL = 1,
	NVML_GPM_SM_UTIL = 2,
	NVML_GPM_SM_OCCUPANCY = 3,
	NVML_GPM_ANY_TENSOR_UTIL = 5,
	NVML_GPM_DRAM_BW_UTIL = 10,
};

struct nvml_gpm_metric {
	uint32_t id;
	uint32_t error;
	double value; /* per cent */
	const char *name, *long_name, *unit;
};

#define NVML_GPM_METRICS 333
#define NVML_GPM_VERSION 1

struct nvml_gpm_metrics {
	uint32_t version;
	uint32_t count;
	nvml_gpm_sample first, second;
	struct nvml_gpm_metric metrics[NVML_GPM_METRICS];
};

struct nvml_gpm_support {
	uint32_t version;
	uint32_t supported;
};

_Static_assert(sizeof(struct nvml_utilization) == 8, "nvmlUtilization_t");
_Static_assert(sizeof(struct nvml_memory) == 24, "nvmlMemory_t");
_Static_assert(sizeof(struct nvml_pci) == 68 && offsetof(struct nvml_pci, bus_id) == 36,
	       "nvmlPciInfo_t");
_Static_assert(sizeof(struct nvml_sample) == 16 && offsetof(struct nvml_sample, value) == 8,
	       "nvmlSample_t");
_Static_assert(sizeof(struct nvml_process_sample) == 32 &&
		       offsetof(struct nvml_process_sample, stamp_us) == 8 &&
		       offsetof(struct nvml_process_sample, sm) == 16 &&
		       offsetof(struct nvml_process_sample, decoder) == 28,
	       "nvmlProcessUtilizationSample_t");
_Static_assert(sizeof(struct nvml_process) == 24 && offsetof(struct nvml_process, memory) == 8 &&
		       offsetof(struct nvml_process, gpu_instance) == 16 &&
		       offsetof(struct nvml_process, compute_instance) == 20,
	       "nvmlProcessInfo_t");
_Static_assert(sizeof(struct nvml_process_v1) == 16 &&
		       offsetof(struct nvml_process_v1, memory) == 8,
	       "nvmlProcessInfo_v1_t");
_Static_assert(sizeof(struct nvml_attributes) == 40 &&
		       offsetof(struct nvml_attributes, gpu_slices) == 24 &&
		       offsetof(struct nvml_attributes, memory_mb) == 32,
	       "nvmlDeviceAttributes_t");
_Static_assert(sizeof(struct nvml_accounting) == 56 &&
		       offsetof(struct nvml_accounting, max_memory) == 8 &&
		       offsetof(struct nvml_accounting, start_us) == 24 &&
		       offsetof(struct nvml_accounting, is_running) == 32,
	       "nvmlAccountingStats_t");
_Static_assert(sizeof(struct nvml_gpm_metric) == 40 && offsetof(struct nvml_gpm_metric, value) == 8,
	       "nvmlGpmMetric_t");
_Static_assert(sizeof(struct nvml_gpm_metrics) == 13344, "nvmlGpmMetricsGet_t");

#endif
