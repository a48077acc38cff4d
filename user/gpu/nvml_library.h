/* SPDX-License-Identifier: BSD-2-Clause */
/* nvml_library: libnvidia-ml.so.1, opened at run time. Which functions it has goes by the driver.
 */
#ifndef WT_GPU_NVML_LIBRARY_H
#define WT_GPU_NVML_LIBRARY_H

#include <stdbool.h>

#include "gpu/nvml_abi.h"

struct nvml_library {
	void *handle;
#define NVML_CALL(needed, name, arguments) uint32_t(*name) arguments;
#include "gpu/nvml_calls.def"
#undef NVML_CALL
};

/*
 * path: NULL looks where drivers put it, below root. Returns 0; -ENOENT: it is nowhere;
 * -ELIBBAD: it can't be loaded, or lacks what is needed; why says it.
 */
int nvml_library__open(struct nvml_library *l, const char *path, const char *root, char *why,
		       size_t cap);
void nvml_library__close(struct nvml_library *l);
/* Names of functions that it lacks, the first ones; empty: none. */
void nvml_library__lacks(const struct nvml_library *l, char *text, size_t cap);
const char *nvml_error_text(uint32_t error);

#endif
