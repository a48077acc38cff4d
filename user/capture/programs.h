/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * programs: what is known of the executables that run on this host, and of the files that these
 * map, each file once: which TLS libraries it maps, and which TLS stack it has inside. `sh` and
 * `ls` have neither, and cost one stat(2) of each exec to know it.
 */
#ifndef WT_CAPTURE_PROGRAMS_H
#define WT_CAPTURE_PROGRAMS_H

#include <stdbool.h>

#include "capture/libs.h"
#include "capture/procfs.h"

/* Files remembered; a host of build jobs runs some hundred, and maps a thousand. */
#define PROGRAMS_MAX 16384

/* No TLS stack fits into less: what is smaller is never read. */
#define PROGRAM_TLS_MIN (256 << 10)

/* TLS libraries that are remembered of one program: curl of Debian maps two, OpenSSL and GnuTLS. */
#define PROGRAM_LIBS 4

struct program {
	struct file_id id;
	struct lib *mapped[PROGRAM_LIBS]; /* that it mapped, the latest first, then NULL */
	struct lib *own; /* the executable itself; NULL: nothing in it, or not read yet */
	bool asked;	 /* whether it was given to the meter, or needn't be */
};

struct programs {
	struct program at[PROGRAMS_MAX]; /* by hash of dev, ino; the newest wins a place */
};

/* What is known of the executable that pid runs; a fresh entry at first; NULL: pid is gone. */
struct program *programs__of(struct programs *p, pid_t pid);
/* The entry of a file that is not run yet. */
struct program *programs__of_file(struct programs *p, const struct file_id *id);
/* The program maps that library. */
void program__maps(struct program *g, struct lib *lib);
/* lib is about to go: it holds nothing to hook, or its place is wanted. */
void programs__forget(struct programs *p, const struct lib *lib);
/*
 * Tells the path of each program that is known to have a TLS stack inside, where people keep
 * theirs: read before it runs, none of its calls is missed.
 */
void programs_known(void (*fn)(void *ctx, const char *path), void *ctx);
/* Tells the files that running a command would execute: as execvp(3) finds it, and its interpreter.
 */
void programs_of_command(const char *command, void (*fn)(void *ctx, const char *path), void *ctx);

#endif
