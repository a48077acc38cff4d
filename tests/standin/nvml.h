/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the stand-in for libnvidia-ml.so.1 share. */
#ifndef WT_STANDIN_NVML_H
#define WT_STANDIN_NVML_H

#include "gpu.h"
#include "gpu/nvml_abi.h"
#include "trace.h"

#define NVML_CALL(needed, name, arguments) uint32_t name arguments;
#include "gpu/nvml_calls.def"
#undef NVML_CALL

/* Samples that the driver's ring holds. */
#define RING 120

extern struct trace standin;

nvml_device standin_handle(uint32_t dev);
const struct gpu_reading *standin_row(uint32_t dev, enum gpu_reading_kind kind, size_t i);
/* NULL: there is no such device now. */
const struct gpu_reading *standin_device(uint32_t dev);
/* The device of a handle, or the error that the call is to end with. */
uint32_t standin_enter(nvml_device handle, const char *call, uint32_t *ret_dev);
/* GPUs where parent is empty, else slices of one. */
uint32_t standin_nth(uint32_t index, const char *parent, uint32_t *ret_dev);
bool standin_is_divided(uint32_t dev);
bool standin_is_mig(uint32_t dev);

#define ENTER(handle)                                                  \
	uint32_t dev, entered = standin_enter(handle, __func__, &dev); \
                                                                       \
	if (entered)                                                   \
	return entered

#endif
