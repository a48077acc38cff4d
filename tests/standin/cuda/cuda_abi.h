/* SPDX-License-Identifier: BSD-2-Clause */
/* What the stand-in of libcuda and the load on it share with the real one. */
#ifndef WT_STANDIN_CUDA_ABI_H
#define WT_STANDIN_CUDA_ABI_H

#include <stddef.h>
#include <stdint.h>

#include "cuda_work.h"

/* CUresult */
#define CUDA_SUCCESS	     0u
#define CUDA_INVALID_VALUE   1u
#define CUDA_NOT_INITIALIZED 3u
#define CUDA_NOT_FOUND	     500u
#define CUDA_NOT_READY	     600u
#define CUDA_UNKNOWN	     999u

/* Handles are pointers to what only the library knows. */
typedef void *cuda_stream;
typedef void *cuda_event;
typedef void *cuda_function;
typedef void *cuda_graph;
typedef uint64_t cuda_pointer;

#define CUDA_STREAM_LEGACY     ((cuda_stream)1)
#define CUDA_STREAM_PER_THREAD ((cuda_stream)2)

/* CUlaunchConfig */
struct cuda_launch_config {
	uint32_t grid[3], block[3], shared_bytes;
	cuda_stream stream;
	void *attributes;
	uint32_t attribute_count;
};

_Static_assert(offsetof(struct cuda_launch_config, stream) == CUDA_CONFIG_STREAM,
	       "as the probe reads it");
_Static_assert(sizeof(struct cuda_launch_config) == 56, "CUlaunchConfig");
_Static_assert(sizeof(cuda_pointer) == 8, "CUdeviceptr");

#endif
