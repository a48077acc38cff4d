/* SPDX-License-Identifier: BSD-2-Clause */
/* claims: who has which device by the word of a scheduler, as told last. */
#ifndef WT_GPU_CLAIMS_H
#define WT_GPU_CLAIMS_H

#include "gpu.h"
#include "gpu/reading.h"

struct claims;

struct claims *claims__new(void);
void claims__free(struct claims *c); /* NULL is fine */
/* A claim, or that these were all. */
void claims__told(struct claims *c, const struct gpu_reading *r);
/*
 * Those of a device at that time, GPU_CLAIMS_MAX at most. false: it is not known who has it; nobody
 * has told, or not for a long time.
 */
bool claims__of(const struct claims *c, const struct gpu_device *d, uint64_t at_ns,
		struct gpu_claim *to, size_t *ret_count);

#endif
