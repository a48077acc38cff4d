/* SPDX-License-Identifier: BSD-2-Clause */
/* gpu_sources: sources of GPU figures as a person set them up, and how they are. */
#ifndef WT_CMD_GPU_SOURCES_H
#define WT_CMD_GPU_SOURCES_H

#include "cmd/options.h"
#include "gpu/source.h"

struct gpu_source_opts gpu_source_opts_of(const struct options *o);
/* One line on stderr; a gpu_state_emit_fn. */
void gpu_print_state(void *ctx, const struct gpu_source_state *s);
/*
 * Tries each source for a moment and tells how it is; ABSENT: there is nothing of the kind. A
 * driver that hangs is told as such. Returns how many were there, and do not work.
 */
int gpu_sources_try(const struct options *o, gpu_state_emit_fn state, void *ctx);

#endif
