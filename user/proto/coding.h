/* SPDX-License-Identifier: BSD-2-Clause */
/* coding: Content-Encoding (RFC 9110 8.4) undone as a stream. */
#ifndef WT_PROTO_CODING_H
#define WT_PROTO_CODING_H

#include "span.h"

typedef void (*coding_emit_fn)(void *ctx, struct span bytes);

struct coding;

/* True for a coding that needs no decoding: none, or "identity". */
bool coding_is_identity(struct span name);
/* Bytes that coding_shown() is given, fewer where the body has no more. */
#define CODING_SHOW_MAX 4
/* The coding that a body's first bytes show, as its name; empty: none. */
struct span coding_shown(struct span first);
/* "gzip", "x-gzip", "deflate". NULL: not known, or no memory (*ret_known tells which). */
struct coding *coding__new(struct span name, bool *ret_known);
void coding__free(struct coding *c); /* NULL is fine */
/*
 * Decodes the next bytes. Returns 0, -EBADMSG when they are not of this coding, -EMSGSIZE when more
 * came out than may (proto_is_bomb()) (what came until then was told).
 */
int coding__feed(struct coding *c, struct span bytes, coding_emit_fn emit, void *ctx);
/* Bytes of memory that it takes; NULL: 0. */
size_t coding__held(const struct coding *c);
/* False when it can't end here: the coding's own end did not come. */
bool coding__is_whole(const struct coding *c);

#endif
