/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backlog: a queue of records in memory between one thread that writes and one that reads, so that
 * the writer never waits for what the reader does with a record.
 *
 *   | taken | len record len record ... | SKIP |   a record is never cut by the end: the writer
 *           ^ tail                      ^ head      skips to the start
 *
 * Pages are the system's until they are needed, and go back to it by backlog__tidy().
 */
#ifndef WT_BASE_BACKLOG_H
#define WT_BASE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backlog {
	uint8_t *data;
	size_t size;   /* of data, bytes; a power of two */
	size_t used;   /* how far data was written to since the last tidying */
	uint64_t head; /* bytes ever written; only the writer changes it */
	uint64_t tail; /* bytes ever taken; only the reader does */
};

/* size: a power of two, a multiple of the page's. Returns -ENOMEM. */
int backlog__init(struct backlog *s, size_t size);
void backlog__close(struct backlog *s); /* one that is all zero is fine */

/* Writer. Whether a record of len bytes has room now. */
bool backlog__room(const struct backlog *s, size_t len);
/* Writer. Copies a record. Returns -ENOSPC, with nothing written. */
int backlog__put(struct backlog *s, const void *record, size_t len);

/* Reader. The oldest record, NULL when there is none; the backlog's until backlog__drop(). */
const void *backlog__next(struct backlog *s, size_t *ret_len);
void backlog__drop(struct backlog *s);
/* Either. Bytes between head and tail. */
uint64_t backlog__waiting(const struct backlog *s);

/* While the other waits: an empty queue starts again where its pages are warm. */
void backlog__rewind(struct backlog *s);
/* And gives back what an empty queue has of memory behind the first keep bytes, whole pages. */
void backlog__tidy(struct backlog *s, size_t keep);

#endif
