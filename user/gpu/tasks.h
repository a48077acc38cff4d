/* SPDX-License-Identifier: BSD-2-Clause */
/* tasks: names of processes that drivers named lately. */
#ifndef WT_GPU_TASKS_H
#define WT_GPU_TASKS_H

#include "gpu.h"
#include "gpu/reading.h"

struct tasks;

struct tasks *tasks__new(void);
void tasks__free(struct tasks *t); /* NULL is fine */
void tasks__told(struct tasks *t, const struct gpu_reading *r);
/* Puts what is known of p->proc into p. */
void tasks__name(const struct tasks *t, struct gpu_process *p);

#endif
