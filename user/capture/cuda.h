/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cuda: sets probes on libcuda in processes that somebody names, and reads what they counted. Who
 * reads GPUs does it, in a process of its own (cmd/gauge.h), not the keeper: the file of a process
 * is read here, as nobody.
 */
#ifndef WT_CAPTURE_CUDA_H
#define WT_CAPTURE_CUDA_H

#include "cuda_tracer.h"

extern const struct cuda_tracer cuda_tracer;

#endif
