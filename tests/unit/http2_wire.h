/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of HTTP/2 for tests: frames, and header blocks by libnghttp2. */
#ifndef WT_TESTS_HTTP2_WIRE_H
#define WT_TESTS_HTTP2_WIRE_H

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "proto/http2_frame.h"

#define PREFACE	 "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define WIRE_MAX (1u << 20)

static inline void put(struct buffer *b, const void *p, size_t n)
{
	if (buffer__add(b, span_of(p, n), WIRE_MAX))
		abort();
}

static inline void put_frame(struct buffer *b, uint8_t type, uint8_t flags, uint32_t stream,
			     const void *payload, size_t n)
{
	uint8_t head[HTTP2_FRAME_HEAD] = { (uint8_t)(n >> 16),
					   (uint8_t)(n >> 8),
					   (uint8_t)n,
					   type,
					   flags,
					   (uint8_t)(stream >> 24),
					   (uint8_t)(stream >> 16),
					   (uint8_t)(stream >> 8),
					   (uint8_t)stream };

	put(b, head, sizeof(head));
	put(b, payload, n);
}

static inline nghttp2_hd_deflater *deflater(size_t table)
{
	nghttp2_hd_deflater *d;

	if (nghttp2_hd_deflate_new(&d, table))
		abort();
	return d;
}

/* "name: value" lines, as a header block. */
static inline struct buffer block_of(nghttp2_hd_deflater *d, const char *lines)
{
	struct span rest = span_str(lines);
	struct buffer b = { .n = 0 };
	uint8_t out[16384];
	nghttp2_nv nv[64];
	size_t count = 0;
	ssize_t n;

	while (rest.n) {
		struct span line = span__cut(&rest, '\n');
		/* A pseudo-header's name begins with a colon. */
		struct span value = span_of(line.p + 1, line.n - 1), name = line;

		name.n = span__cut(&value, ':').n + 1;
		value = span_of(value.p + 1, value.n - 1);
		nv[count++] = (nghttp2_nv){ (uint8_t *)name.p, (uint8_t *)value.p, name.n, value.n,
					    NGHTTP2_NV_FLAG_NONE };
	}
	n = nghttp2_hd_deflate_hd(d, out, sizeof(out), nv, count);
	if (n < 0)
		abort();
	put(&b, out, (size_t)n);
	return b;
}

static inline void put_headers(struct buffer *b, nghttp2_hd_deflater *d, uint8_t flags,
			       uint32_t stream, const char *lines)
{
	struct buffer block = block_of(d, lines);

	put_frame(b, HTTP2_HEADERS, flags | HTTP2_END_HEADERS, stream, block.p, block.n);
	buffer__free(&block);
}

static inline void put_data(struct buffer *b, uint8_t flags, uint32_t stream, const char *text)
{
	put_frame(b, HTTP2_DATA, flags, stream, text, strlen(text));
}

#endif
