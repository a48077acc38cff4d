/* SPDX-License-Identifier: BSD-2-Clause */
/* doctor: what capturing can do on this host, found out by looking and trying. */
#ifndef WT_CAPTURE_DOCTOR_H
#define WT_CAPTURE_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/features.h"
#include "capture/serves.h"

struct doctor_ops {
	/* A kernel feature. */
	void (*feature)(void *ctx, enum feature f, bool has);
	/* A file with a TLS stack: how it is hooked ("openssl"), or why not. */
	void (*library)(void *ctx, const char *path, bool hooked, const char *how);
	/* A library whose probes are in every process: who uses it and calls no model pays, too. */
	void (*shared)(void *ctx, const char *path);
	/* A running process that uses TLS: covered, or why not. */
	void (*process)(void *ctx, pid_t pid, const char *exe, bool covered, const char *why);
	/* A process that serves models, as far as is known, in plain HTTP. known: no guess. */
	void (*server)(void *ctx, pid_t pid, const char *exe, uint16_t port, bool known,
		       bool covered, const char *why);
};

/* Tells how each of these files, up to a NULL, would be hooked: ops->library. Needs root, too. */
void doctor_files(char **paths, const struct doctor_ops *ops, void *ctx);
/* Tells all of it; ports: of model servers that somebody named. Needs root for others' processes.
 */
void doctor_run(const struct serves_ports *ports, const struct doctor_ops *ops, void *ctx);

#endif
