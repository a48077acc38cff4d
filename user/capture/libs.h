/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libs: the files with a TLS stack met on this host, libraries and executables, each once: its
 * descriptor, and where its probes go. The keeper only matches names; the meter reads the ELF file.
 */
#ifndef WT_CAPTURE_LIBS_H
#define WT_CAPTURE_LIBS_H

#include <stdbool.h>

#include "capture/message.h"
#include "capture/probes.h"
#include "capture/procfs.h"

/* Files with TLS at once: images of a busy container host share most of theirs. */
#define LIBS_MAX 1024
/* Processes that wait for one file to be read. */
#define LIB_WAITING_MAX 256

enum lib_state { LIB_PENDING = 1, LIB_PLANNED, LIB_NOTHING };

struct lib {
	uint64_t dev, ino; /* ino 0: the file was changed since, another entry stands for it */
	uint64_t token;
	struct file_id id;
	int fd;		  /* -1: at rest */
	char *path;	  /* of a library, as the process that mapped it first names it */
	uint8_t state;	  /* enum lib_state */
	bool standard;	  /* from the host's own library folders */
	bool executable;  /* a program, or another file whose name tells nothing: its TLS stack is
			     inside */
	uint32_t aliens;  /* connections that spoke no HTTP, until one does */
	bool proved;	  /* one did */
	uint32_t users;	  /* processes with its probes */
	uint32_t clients; /* those of them that keep them: see wide.h */
	struct probe_link wide; /* its probes in every process; count 0: each has its own */
	uint64_t rested;	/* its turn among those at rest */
	struct probe_plan plan;
	pid_t waiting[LIB_WAITING_MAX];
	uint32_t waiting_count;
	bool more_waiting; /* than fit: all processes are looked at again then */
};

struct libs {
	struct lib *lib[LIBS_MAX];
	uint32_t count;
	uint64_t last_token, last_rested;
};

/* True when the file's name is that of a TLS library we know: "/usr/lib/.../libssl.so.3". */
bool lib_name_known(const char *path);
/* True for a C library's file, or that of its threads: "libc.so.6", "ld-musl-x86_64.so.1". */
bool libc_name_known(const char *path);
void libs__fini(struct libs *l);
struct lib *libs__find(struct libs *l, uint64_t dev, uint64_t ino);
struct lib *libs__by_token(struct libs *l, uint64_t token);
/* A new one, LIB_PENDING; takes fd over, also on failure. NULL: no more are to be had. */
struct lib *libs__add(struct libs *l, uint64_t dev, uint64_t ino, int fd);
/*
 * The meter's answer. Checked against the file: a plan that does not fit it makes LIB_NOTHING.
 * Returns the library, or NULL for an unknown token.
 */
struct lib *libs__planned(struct libs *l, uint64_t token, const struct probe_plan *plan);
/*
 * An open descriptor keeps a disk from being unmounted, and a deleted file's space from being free:
 * a file that no process has probes of is at rest. Its plan is remembered.
 */
void libs__rest(struct libs *l, struct lib *lib);
/* The end of its rest; takes fd over, also on failure. False: none (< 0), or not this file. */
bool lib__wake(struct lib *lib, int fd);
/* The one that has been at rest for longest, or NULL. */
struct lib *libs__dispensable(const struct libs *l);
/* Forgets one that nobody has probes of. */
void libs__remove(struct libs *l, struct lib *lib);
uint32_t libs__pending(const struct libs *l);
/* Tells the path of each file in the host's library folders that lib_name_known() takes. */
void libs_standard(void (*fn)(void *ctx, const char *path), void *ctx);

#endif
