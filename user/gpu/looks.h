/* SPDX-License-Identifier: BSD-2-Clause */
/* looks: who a pid is that a driver named, read from /proc, and told once. */
#ifndef WT_GPU_LOOKS_H
#define WT_GPU_LOOKS_H

#include "gpu/source.h"

struct looks;

struct looks *looks__new(const char *root);
void looks__free(struct looks *l); /* NULL is fine */
/*
 * Its start, ns since boot as in struct proc_id; GPU_UNKNOWN: there is no such process here. Tells
 * TASK when it is new, or has another name. Read once a pass.
 */
uint64_t looks__at(struct looks *l, const struct gpu_teller *t, uint32_t pid);

#endif
