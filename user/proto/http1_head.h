/* SPDX-License-Identifier: BSD-2-Clause */
/* http1_head: the start line and headers of an HTTP/1 message (RFC 9112 2 to 6). */
#ifndef WT_PROTO_HTTP1_HEAD_H
#define WT_PROTO_HTTP1_HEAD_H

#include "exchange.h"

/* How the body's end is told. */
enum framing {
	FRAMING_NONE,	/* there is no body */
	FRAMING_LENGTH, /* length bytes */
	FRAMING_CHUNKED,
	FRAMING_CLOSE, /* until the connection ends */
};

struct framing_of {
	uint8_t kind; /* enum framing */
	uint64_t length;
	struct span coding; /* Content-Encoding; empty when not sent */
};

enum start_line { START_NO = -1, START_MORE = 0, START_REQUEST, START_RESPONSE, START_HTTP2 };

/* What the first bytes of a message show; START_MORE while both are possible. */
enum start_line http1_start(struct span bytes);

/*
 * Length of a head that lies whole in bytes, its blank line included; 0: more is needed. *scanned
 * is how far earlier calls have looked (0 at first), so that a head that trickles in is read once.
 */
size_t http1_head_len(struct span bytes, size_t *scanned);

/*
 * Parses a whole head; spans point into it. It is written to: folded lines (RFC 9112 5.2) are made
 * one by blanks. headers has room for cap. Returns 0, or -EBADMSG, or -EMSGSIZE (too many headers).
 */
int http1_head_parse(uint8_t *p, size_t n, struct header *headers, size_t cap,
		     struct head *ret_head);

/*
 * How the body that follows is framed (RFC 9112 6.3). For a response, method is the request's.
 * Returns 0, or -EBADMSG for lengths that contradict each other.
 */
int http1_framing(const struct head *h, struct span method, struct framing_of *ret_framing);

#endif
