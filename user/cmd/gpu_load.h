/* SPDX-License-Identifier: BSD-2-Clause */
/* gpu_load: struct gpu_report out of a ledger. */
#ifndef WT_CMD_GPU_LOAD_H
#define WT_CMD_GPU_LOAD_H

#include "cmd/gpu.h"

/* o, rates and list are set. Returns 0 or -errno. */
int gpu_report__load(struct gpu_report *r, struct ledger_view *v, int64_t since_ns,
		     int64_t until_ns);
void gpu_report__fini(struct gpu_report *r);

#endif
