/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stream: wire records in, ordered chunks out. It keeps, per connection and direction, the offset
 * that comes next; the capture side's own figures say what was lost, nothing is guessed. What was
 * read while a write was under way is told behind that write (ahead.h).
 */
#ifndef WT_STREAM_STREAM_H
#define WT_STREAM_STREAM_H

#include "base/drops.h"
#include "chunk.h"

/*
 * Connections held at once; 120 bytes each. The kernel side's table has the same bound. Over it,
 * whoever has most loses one (share.h).
 */
#define STREAM_CONN_MAX 65536

struct stream;

/* emit gets each chunk, in order. drops is borrowed for the stream's life. NULL: no memory. */
struct stream *stream__new(chunk_emit_fn emit, void *ctx, struct drops *drops);
void stream__free(struct stream *s); /* NULL is fine; emits nothing */
/*
 * DATA becomes a chunk; LOST a gap; WRITING puts off what was read; END, EXEC and EXIT end the
 * connections concerned (a CHUNK_END chunk in each direction). Other kinds are not the stream's. A
 * record that contradicts its connection (an offset that goes back) is dropped and counted. The
 * bytes of w stay the caller's.
 */
void stream__feed(struct stream *s, const struct wire *w);
/*
 * Nobody wants this connection: what still comes of it is passed over, and what does not come is no
 * loss. May be called from within emit.
 */
void stream__ignore(struct stream *s, uint64_t conn);
/* Ends every open connection, in the order of their ids: the recording, or the meter, stops. */
void stream__finish(struct stream *s, uint64_t ts);

#endif
