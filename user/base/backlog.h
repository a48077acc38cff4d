/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backlog: a queue of records in memory between one thread that writes and one that reads, so that
 * the writer never waits for what the reader does with a record.
 *
 * It is a chain of chunks of equal size. A record lies whole in one of them. What was read is
 * written to again first, since it is warm; so the memory in use is what waits, and little more:
 *
 *   out                                    in
 *   | taken | record | record |  -->  ...  | record |       |
 *                 warm: | free | free | ...   cold: | no memory | no memory | ...
 */
#ifndef WT_BASE_BACKLOG_H
#define WT_BASE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BACKLOG_CHUNK (512u << 10)

/* The longest record: its length stands before it. */
#define BACKLOG_RECORD_MAX (BACKLOG_CHUNK - 8)

struct backlog {
	uint8_t *data; /* the chunks; memory only where it was written to */
	struct backlog_chunk *chunk;
	uint32_t chunks;
	uint32_t in, out;    /* where the writer and the reader are */
	size_t out_at;	     /* bytes that the reader took of its chunk */
	uint32_t warm, cold; /* stacks of free chunks: the writer takes, anyone gives */
	uint32_t warm_count;
	uint64_t written, taken; /* bytes ever, of records and their lengths */
	uint64_t most;		 /* the writer's: the most that ever waited */
};

/* max: the most that it takes of memory, bytes; rounded to chunks, two at least. -ENOMEM. */
int backlog__init(struct backlog *s, size_t max);
void backlog__close(struct backlog *s); /* one that is all zero is fine */

/* Writer. Whether a record of len bytes has room now. */
bool backlog__room(const struct backlog *s, size_t len);
/* Writer. Copies a record. Returns -ENOSPC, with nothing written. */
int backlog__put(struct backlog *s, const void *record, size_t len);

/* Reader. The oldest record, NULL when there is none; the backlog's until backlog__drop(). */
const void *backlog__next(struct backlog *s, size_t *ret_len);
void backlog__drop(struct backlog *s);

/* Either. Bytes that wait. */
uint64_t backlog__waiting(const struct backlog *s);

/* While the other waits: an empty queue starts again where its memory is warm. */
void backlog__rewind(struct backlog *s);

/*
 * Memory that nothing waits in goes back to the system in two steps, so that the writer is not held
 * up by the second. Writer, or while it waits: takes out a chunk that is free and warm, where there
 * are more than keep; -1: there are not.
 */
int backlog__spare(struct backlog *s, uint32_t keep);
/* Anyone: it loses its memory, and is free. */
void backlog__cool(struct backlog *s, uint32_t chunk);

#endif
