/* SPDX-License-Identifier: BSD-2-Clause */
/* replay_gpu: a trace of GPUs (record --gpu) read again: each window as JSON. */
#ifndef WT_CMD_REPLAY_GPU_H
#define WT_CMD_REPLAY_GPU_H

#include <stdbool.h>

/* Is the file a trace of GPUs? */
bool is_gpu_trace(const char *path);
/* The program's exit status. */
int replay_gpu(const char *path);

#endif
