/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gauge: the processes that read GPUs. A driver may hang in a call for ever, crash, or be taken
 * away under its library: each source has a process of its own, as the meter's user and with no
 * capability but those that it names; what it reads it writes as lines of a trace into one pipe.
 *
 *     gauge ──fork──► nvml, drm, ... (nobody) ──┐ lines of a trace
 *       │ is each one answering?                ▼
 *       └────────── "hung", "gone" ──────────► pipe ──► meter: gpu_windows
 */
#ifndef WT_CMD_GAUGE_H
#define WT_CMD_GAUGE_H

#include <sys/types.h>

#include "gpu/source.h"
#include "gpu/windows.h"

/* A pass each second: drivers' own samples come one to six times a second. */
#define GAUGE_PASS_MS 1000

struct gauge {
	pid_t pid;
	int lifeline; /* its end ends the gauge's processes */
	int fd;	      /* of the pipe: what was read, not blocking */
};

/*
 * Starts it, before any privileges are given up; o is borrowed. Returns 0 or -errno, said on
 * stderr. It never stops the caller: where there is no GPU it looks for one now and then.
 */
int gauge__start(struct gauge *g, const struct gpu_source_opts *o);
/* Ends it: a process that hangs in its driver is left behind, to end when the driver lets it. */
void gauge__finish(struct gauge *g);

/* The other end: lines from the pipe to readings. */
struct gauge_reader;

/* Reads fd, which stays the caller's; NULL: no memory. */
struct gauge_reader *gauge_reader__new(int fd, const struct gpu_windows_opts *o);
void gauge_reader__free(struct gauge_reader *r); /* NULL is fine */
/* A copy of all lines goes there from now on; 0, or -errno of its last write. */
void gauge_reader__copy(struct gauge_reader *r, FILE *to);
int gauge_reader__copied(const struct gauge_reader *r);
/* What has come since the last time, without waiting; once a second. now: CLOCK_MONOTONIC. */
void gauge_reader__tick(struct gauge_reader *r, uint64_t now);

#endif
