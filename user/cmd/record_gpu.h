/* SPDX-License-Identifier: BSD-2-Clause */
/* record_gpu: what GPUs of this host do, as a trace to be replayed elsewhere. */
#ifndef WT_CMD_RECORD_GPU_H
#define WT_CMD_RECORD_GPU_H

#include "cmd/options.h"

/* Until Ctrl-C; the program's exit status. */
int record_gpu(const struct options *o);

#endif
