// SPDX-License-Identifier: BSD-2-Clause
#include "proto/http2_frame.h"

/* Larger frames are allowed where the peer asks for them; few do, and none of these kinds. */
#define LIKELY_LEN_MAX 0xffff
/* A byte of text is 0x20 at least. No connection lives for 2^27 requests. */
#define LIKELY_STREAM_MAX 0x10000000u

struct http2_frame http2_frame_parse(const uint8_t *p)
{
	return (struct http2_frame){
		.len = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2],
		.type = p[3],
		.flags = p[4],
		/* The first bit is reserved (RFC 9113 4.1). */
		.stream = (uint32_t)(p[5] & 0x7f) << 24 | (uint32_t)p[6] << 16 |
			  (uint32_t)p[7] << 8 | p[8],
	};
}

bool http2_frame_valid(const struct http2_frame *f)
{
	switch (f->type) {
	case HTTP2_DATA:
	case HTTP2_HEADERS:
	case HTTP2_PUSH_PROMISE:
	case HTTP2_CONTINUATION:
		return f->stream;
	case HTTP2_PRIORITY:
		return f->stream && f->len == 5;
	case HTTP2_RST_STREAM:
		return f->stream && f->len == 4;
	case HTTP2_SETTINGS:
		return !f->stream && f->len % 6 == 0;
	case HTTP2_PING:
		return !f->stream && f->len == 8;
	case HTTP2_GOAWAY:
		return !f->stream && f->len >= 8;
	case HTTP2_WINDOW_UPDATE:
		return f->len == 4;
	default:
		return true; /* extensions (RFC 9113 5.5) */
	}
}

/* The flags that a kind of frame can have; 0xff: it begins nothing. */
static uint8_t flags_of(uint8_t type)
{
	switch (type) {
	case HTTP2_DATA:
		return HTTP2_END_STREAM | HTTP2_PADDED;
	case HTTP2_HEADERS:
		return HTTP2_END_STREAM | HTTP2_END_HEADERS | HTTP2_PADDED | HTTP2_WITH_PRIORITY;
	case HTTP2_SETTINGS:
	case HTTP2_PING:
		return HTTP2_ACK;
	case HTTP2_PRIORITY:
	case HTTP2_RST_STREAM:
	case HTTP2_GOAWAY:
	case HTTP2_WINDOW_UPDATE:
		return 0;
	default:
		return 0xff;
	}
}

bool http2_frame_likely(const struct http2_frame *f)
{
	uint8_t flags = flags_of(f->type);

	if (flags == 0xff || (f->flags & ~flags) || f->len > LIKELY_LEN_MAX ||
	    f->stream >= LIKELY_STREAM_MAX || !http2_frame_valid(f))
		return false;
	/* Streams that a server begins are hardly ever used. */
	if (f->stream && f->stream % 2 == 0)
		return false;
	return f->type != HTTP2_HEADERS || f->len;
}

/* At this place, and where its length says that the next one is, stands likely a frame. */
static bool is_chain(struct span b, size_t at)
{
	struct http2_frame f = http2_frame_parse(b.p + at);
	size_t next = at + HTTP2_FRAME_HEAD + f.len;

	if (!http2_frame_likely(&f) || next > b.n)
		return false;
	if (b.n - next < HTTP2_FRAME_HEAD)
		return next == b.n;
	f = http2_frame_parse(b.p + next);
	return http2_frame_likely(&f);
}

size_t http2_frame_find(struct span b)
{
	for (size_t i = 0; i + HTTP2_FRAME_HEAD <= b.n; i++) {
		/* No text has a byte of 0, and every frame's header does: most is passed by here.
		 */
		const uint8_t *zero = memchr(b.p + i, 0, b.n - i - HTTP2_FRAME_HEAD + 1);

		if (!zero)
			break;
		i = (size_t)(zero - b.p);
		if (is_chain(b, i))
			return i;
	}
	return b.n;
}
