/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of HTTP/1: one connection's two directions and its exchanges. For http1*.c only. */
#ifndef WT_PROTO_HTTP1_H
#define WT_PROTO_HTTP1_H

#include <sys/types.h>

#include "proto/http1_head.h"
#include "proto/pending.h"
#include "proto/websocket.h"

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
	struct proto_env env;
	struct side side[ROLES];
	struct http1_exchange *first, **last; /* unanswered, in order */
	uint32_t waiting, seq;
	uint8_t request_dir;		    /* enum wire_dir in which requests go */
	bool opaque;			    /* upgraded or tunnelled: no HTTP any more */
	uint64_t now;			    /* of the chunk that is being read */
	struct websocket *websocket[ROLES]; /* NULL: it is no WebSocket */
};

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

/*
 * http1_upgrade.c: the connection is the WebSocket of its oldest exchange from here on; answer: the
 * head that said so. Returns 0 or -ENOMEM.
 */
int http1_upgrade(struct http1 *h, const struct head *answer);
/* The next bytes of an upgraded connection. */
void http1_upgraded_feed(struct http1 *h, enum role role, struct span bytes, bool call_first);
void http1_upgraded_gap(struct http1 *h, enum role role, uint64_t missing);
void http1_upgraded_free(struct http1 *h);

#endif
