/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clients: counters of DRM drivers by client and engine, whose differences are time. One client may
 * be seen by several descriptors, and in several processes: what was counted once is not again.
 */
#ifndef WT_GPU_CLIENTS_H
#define WT_GPU_CLIENTS_H

#include "gpu/reading.h"

struct clients;

struct clients *clients__new(void);
void clients__free(struct clients *c); /* NULL is fine */
/*
 * The time that its engine was busy since the reading before, of ENGINE or CYCLES; passed_ns: since
 * the pass before, 0: there was none. Returns 0; -ENOENT: there is nothing to compare with;
 * -ENOSPC, -ENOMEM.
 */
int clients__busy(struct clients *c, const char *device, const struct gpu_reading *r,
		  uint64_t passed_ns, uint64_t *ret_busy_ns);
/* Forgets who was not told for a while. */
void clients__pass(struct clients *c, uint64_t now);

#endif
