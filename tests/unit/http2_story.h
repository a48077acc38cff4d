/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of HTTP/2 share: a connection as it is made, its story as text. */
#ifndef WT_TESTS_HTTP2_STORY_H
#define WT_TESTS_HTTP2_STORY_H

#include "http1_story.h"
#include "http2_wire.h"

/* A connection as it is made: what each side sent so far. */
struct conn {
	struct buffer wire[WIRE_DIRS];
	nghttp2_hd_deflater *hd[WIRE_DIRS];
};

static inline void conn_open(struct conn *c)
{
	*c = (struct conn){ .hd = { deflater(4096), deflater(4096) } };
	put(&c->wire[WIRE_OUT], PREFACE, strlen(PREFACE));
	put_frame(&c->wire[WIRE_OUT], HTTP2_SETTINGS, 0, 0, "\0\3\0\0\0\x64", 6);
	put_frame(&c->wire[WIRE_IN], HTTP2_SETTINGS, 0, 0, NULL, 0);
}

static inline void conn_close(struct conn *c)
{
	for (int d = 0; d < WIRE_DIRS; d++) {
		nghttp2_hd_deflate_del(c->hd[d]);
		buffer__free(&c->wire[d]);
	}
}

#define ASK_HEAD(path)                                                    \
	":method: POST\n:scheme: https\n:authority: api.openai.com:443\n" \
	":path: " path "\ncontent-type: application/json; charset=utf-8\n"

static inline void ask(struct conn *c, uint32_t stream, const char *head, const char *body)
{
	put_headers(&c->wire[WIRE_OUT], c->hd[WIRE_OUT], body ? 0 : HTTP2_END_STREAM, stream, head);
	if (body)
		put_data(&c->wire[WIRE_OUT], HTTP2_END_STREAM, stream, body);
}

static inline void answer(struct conn *c, uint32_t stream, const char *head, const char *body)
{
	put_headers(&c->wire[WIRE_IN], c->hd[WIRE_IN], 0, stream, head);
	put_data(&c->wire[WIRE_IN], HTTP2_END_STREAM, stream, body);
}

/* What passed, in TLS calls of this size. Forgets it. */
static inline void send(struct proto *p, struct conn *c, uint64_t off[2], uint8_t dir, size_t piece)
{
	call(p, off, dir, (char *)c->wire[dir].p, c->wire[dir].n, piece);
	c->wire[dir].n = 0;
}

/* All of both directions, then the end. */
static inline const char *told(struct conn *c, struct story *s, size_t piece)
{
	struct proto *p = begin(s);
	uint64_t off[2] = { 0 };

	call(p, off, WIRE_OUT, (char *)c->wire[WIRE_OUT].p, c->wire[WIRE_OUT].n, piece);
	call(p, off, WIRE_IN, (char *)c->wire[WIRE_IN].p, c->wire[WIRE_IN].n, piece);
	end(p, off);
	proto__free(p);
	return s->text;
}

static inline void is_told(struct conn *c, const char *want)
{
	struct story s;

	for (size_t piece = 1; piece < 300; piece = piece * 2 + 1) {
		if (strcmp(told(c, &s, piece), want))
			TEST_FAIL("in pieces of %zu:%s\nexpected:%s", piece, s.text, want);
		ASSERT_EQ(s.open, 0);
		ASSERT(!s.broken_rule);
	}
	conn_close(c);
}

#endif
