/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hpack: header blocks of one direction of an HTTP/2 connection (RFC 7541), also where its table is
 * not known: the connection was joined in the middle, or a block was lost. An index that points to
 * what was put into the table before that tells nothing, and its field is left out: a field that is
 * told is right. What is put into the table from now on keeps its right index, since entries are
 * counted from the newest one, and only ever the oldest ones are evicted.
 */
#ifndef WT_PROTO_HPACK_H
#define WT_PROTO_HPACK_H

#include "exchange.h"

/*
 * The largest table that is kept, what browsers and Node allow at most. Of a larger one the oldest
 * entries are not known.
 */
#define HPACK_TABLE_MAX (64 * 1024)

struct hpack;

/* known: the connection is seen from its start. NULL: no memory. */
struct hpack *hpack__new(bool known);
void hpack__free(struct hpack *h); /* NULL is fine */

/* One block undone. Its headers have the names of pseudo-headers too. */
struct hpack_block {
	struct header *headers;
	size_t count;
	bool holes;   /* fields are missing: what they are is not known */
	bool cut;     /* so are some beyond PROTO_HEAD_MAX, PROTO_HEADER_COUNT_MAX */
	uint8_t *own; /* what headers point into */
};

/*
 * Undoes a whole block. Returns 0, -EBADMSG (it is none; from here on the table is not known), or
 * -ENOMEM (the same). ret_block is for hpack_block__free().
 */
int hpack__undo(struct hpack *h, struct span block, struct hpack_block *ret_block);
void hpack_block__free(struct hpack_block *b);
/* Bytes of memory that its table takes; NULL: 0. */
size_t hpack__held(const struct hpack *h);
/* A block was lost: the table is not known from here on. */
void hpack__lose(struct hpack *h);

#endif
