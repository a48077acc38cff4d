/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outlet: output that does not hold up the meter. What is written goes to a queue, and a thread of
 * its own takes it to the file: a reader who is slow for a moment must not cost captured bytes.
 */
#ifndef WT_CMD_OUTLET_H
#define WT_CMD_OUTLET_H

#include <stdio.h>

/* Bytes that may wait. With that many the writer waits too: rows are not dropped. */
#define OUTLET_BYTES (32u << 20)

struct outlet;

/* Writes to fd, which stays the caller's. NULL: no memory. */
struct outlet *outlet__new(int fd);
/* The stream to write to; a write fails once the file has failed, with its errno. */
FILE *outlet__stream(struct outlet *o);
/* Writes all that waits, and frees. Returns 0, or the -errno of the first failure. NULL is fine. */
int outlet__free(struct outlet *o);

#endif
