/* SPDX-License-Identifier: BSD-2-Clause */
/* cuda_tracer: who sets probes on libcuda in a process, as the GPU stage asks for it. */
#ifndef WT_CUDA_TRACER_H
#define WT_CUDA_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuda_work.h"

/* Probes that can be taken away alone, since their functions may be called very often. */
enum cuda_often { CUDA_LAUNCHES = 1 << 0, CUDA_QUERIES = 1 << 1 };

struct cuda_tracer {
	/* Returns 0, or -errno with a sentence in why. */
	int (*open)(void **ret_state, char *why, size_t why_cap);
	/*
	 * Sets them in a process. Returns 0; -ENOENT: it has no libcuda; -EPERM: a return probe
	 * could get it killed (seccomp); or -errno. missing: a name that its libcuda lacks, or "".
	 */
	int (*attach)(void *state, uint32_t pid, char *missing, size_t missing_cap);
	/* Takes some away: enum cuda_often, as bits. */
	void (*lift)(void *state, uint32_t pid, unsigned int often);
	void (*detach)(void *state, uint32_t pid);
	int (*read)(void *state, uint32_t pid, struct cuda_work *ret_work);
	void (*close)(void *state); /* NULL is fine */
};

#endif
