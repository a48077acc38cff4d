/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * namer: reads state files of containers for the meter, on a thread of its own: the disk that they
 * are on, a user's perhaps, may take its time, and the ring buffer can't wait.
 */
#ifndef WT_CAPTURE_NAMER_H
#define WT_CAPTURE_NAMER_H

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

struct namer;

/* What a file said: a record as the meter feeds it. */
struct namer_answer {
	struct wire wire;
	struct wire_told told; /* wire's data */
};

/* Privileges must have been given up. NULL with errno set. */
struct namer *namer__new(void);
void namer__free(struct namer *n); /* lets go of what is queued; NULL is fine */
/* Queues a file (enum state_kind) of the container with that id, 64 bytes; takes fd over. */
void namer__take(struct namer *n, uint32_t kind, const char *id, int fd);
/* Readable when there is an answer. */
int namer__fd(const struct namer *n);
/* The next answer; false: there is none. */
bool namer__next(struct namer *n, struct namer_answer *ret_answer);

#endif
