/* SPDX-License-Identifier: BSD-2-Clause */
/* http2_frame: a frame's header (RFC 9113 4.1), and whether it can be one. */
#ifndef WT_PROTO_HTTP2_FRAME_H
#define WT_PROTO_HTTP2_FRAME_H

#include "span.h"

#define HTTP2_FRAME_HEAD 9

enum http2_type {
	HTTP2_DATA = 0,
	HTTP2_HEADERS = 1,
	HTTP2_PRIORITY = 2,
	HTTP2_RST_STREAM = 3,
	HTTP2_SETTINGS = 4,
	HTTP2_PUSH_PROMISE = 5,
	HTTP2_PING = 6,
	HTTP2_GOAWAY = 7,
	HTTP2_WINDOW_UPDATE = 8,
	HTTP2_CONTINUATION = 9,
};

enum http2_flag {
	HTTP2_ACK = 0x1,	/* SETTINGS, PING */
	HTTP2_END_STREAM = 0x1, /* DATA, HEADERS */
	HTTP2_END_HEADERS = 0x4,
	HTTP2_PADDED = 0x8,
	HTTP2_WITH_PRIORITY = 0x20,
};

struct http2_frame {
	uint32_t len; /* of the payload */
	uint32_t stream;
	uint8_t type; /* enum http2_type, or one that is passed over */
	uint8_t flags;
};

/* p: HTTP2_FRAME_HEAD bytes. */
struct http2_frame http2_frame_parse(const uint8_t *p);
/* What every frame of a connection that is followed holds to. */
bool http2_frame_valid(const struct http2_frame *f);
/*
 * True when bytes that may be anything are very likely a frame's header, and one that may come
 * where nothing is known of what came before. Text never is, random bytes once in ten million.
 */
bool http2_frame_likely(const struct http2_frame *f);

/* Where in bytes a chain of such frames begins, two at least; b.n: nowhere. */
size_t http2_frame_find(struct span b);

#endif
