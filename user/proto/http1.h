/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of HTTP/1: one connection's two directions and its exchanges. For http1*.c only. */
#ifndef WT_PROTO_HTTP1_H
#define WT_PROTO_HTTP1_H

#include <sys/types.h>

#include "proto/http1_head.h"
#include "proto/pending.h"

enum side_state {
	SIDE_HEAD,
	SIDE_LENGTH,	 /* in a body of known length */
	SIDE_CHUNK_SIZE, /* in a chunk's size line */
	SIDE_CHUNK,
	SIDE_CHUNK_END, /* the line end behind a chunk */
	SIDE_TRAILER,
	SIDE_CLOSE, /* in a body that ends with the connection */
	SIDE_LOST,  /* until a TLS call begins with a start line */
};

struct http1_exchange {
	struct pending pending;
	struct http1_exchange *next;
};

struct side {
	uint8_t state; /* enum side_state */
	uint64_t left; /* bytes left of a body or chunk */
	uint8_t *buf;  /* the head, or a line, so far */
	size_t n, cap, scanned;
	struct http1_exchange *x; /* whose message is being read; NULL: nobody's */
};

struct http1 {
	const struct proto_env *env;
	struct side side[ROLES];
	struct http1_exchange *first, **last; /* unanswered, in order */
	uint32_t waiting, seq;
	uint8_t request_dir; /* enum wire_dir in which requests go */
	bool opaque;	     /* tunnelled, or nobody's WebSocket: nothing is read any more */
};

/* The exchange that the connection has become a WebSocket of; NULL: it has not. */
static inline struct pending *http1_upgraded(const struct http1 *h)
{
	return h->first && pending__is_upgraded(&h->first->pending) ? &h->first->pending : NULL;
}

/* http1.c: the life of exchanges. */
/* Ends the oldest unanswered exchange, with these flags. */
void http1_first_end(struct http1 *h, uint32_t flags);
void http1_side_buf_free(struct side *s);

/*
 * http1_message.c: reads the next bytes (at least one) of a direction, which is not SIDE_LOST.
 * Returns how many it took, or -EBADMSG, -EMSGSIZE, -ENOMEM.
 */
ssize_t http1_read(struct http1 *h, enum role role, const struct chunk *c, struct span bytes);
/* The body of the side's message is complete. */
void http1_body_end(struct http1 *h, enum role role);

#endif
