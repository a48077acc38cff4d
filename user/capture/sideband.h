/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sideband: which process maps which executable file, from the kernel's perf side-band records
 * (PERF_RECORD_MMAP2, perf_event_open(2)). No system call of any process gets slower by it, which a
 * system call tracepoint would do to all of them.
 */
#ifndef WT_CAPTURE_SIDEBAND_H
#define WT_CAPTURE_SIDEBAND_H

#include <stdint.h>
#include <sys/types.h>

struct mapping {
	pid_t pid;
	uint64_t start, len;
	uint64_t dev, ino; /* dev as makedev(3) */
	const char *path;  /* in the process's mount namespace */
};

typedef void (*mapping_fn)(void *ctx, const struct mapping *m);

struct sideband;

/* Opens one event a CPU. NULL with errno set. */
struct sideband *sideband__new(mapping_fn fn, void *ctx);
void sideband__free(struct sideband *s); /* NULL is fine */
/* Readable when there are records. */
int sideband__fd(const struct sideband *s);
/* Tells all records there are. Returns how many the kernel dropped since the last time. */
uint64_t sideband__read(struct sideband *s);

#endif
