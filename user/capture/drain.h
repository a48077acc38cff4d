/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drain: a thread that does nothing but take records out of the ring buffer into memory. The ring
 * is small, and what finds it full is lost: 16 MiB are 16 ms of two programs that do nothing but
 * encrypt. Understanding a record may take longer than the next one takes to come, and the meter
 * may not be let run for a while; the thread needs a twentieth of that time and, where the kernel
 * lets it, goes before all that is not of real time.
 */
#ifndef WT_CAPTURE_DRAIN_H
#define WT_CAPTURE_DRAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/capture.h"

struct drain;

/*
 * Starts the thread. ring_fd stays the caller's. Before privileges are dropped: the ring is mapped,
 * and the thread takes its precedence and gives up the rest. NULL with errno set.
 */
struct drain *drain__new(int ring_fd);
void drain__free(struct drain *d); /* NULL is fine; ends the thread */

/* Readable when records have come and the reader had taken all before. */
int drain__fd(const struct drain *d);

/* The oldest record, NULL when there is none; valid until drain__drop(). */
const void *drain__next(struct drain *d, size_t *ret_len);
void drain__drop(struct drain *d);

/*
 * The reader is about to wait for drain__fd(): returns false when there is something to take at
 * once.
 */
bool drain__idle(struct drain *d);

/* Takes what is in the ring now. Returns false when memory was full before the ring was empty. */
bool drain__pull(struct drain *d);

/* Once a second: memory that a burst needed goes back. */
void drain__tick(struct drain *d);

/* See tap__waited(). */
struct waited drain__waited(struct drain *d);

#endif
