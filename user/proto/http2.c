// SPDX-License-Identifier: BSD-2-Clause
/*
 * HTTP/2 (RFC 9113): frames of many streams on one connection, in both directions.
 *
 *   00 00 1f 01 04 00 00 00 01 83 87 ...    HEADERS, END_HEADERS, stream 1
 *   00 00 05 00 01 00 00 00 01 h e l l o    DATA, END_STREAM, stream 1
 *
 * A connection may be joined in the middle, and bytes may be lost. Where frames begin is then found
 * at the next TLS call that begins with what is likely a frame; what a header block refers to is
 * known as far as hpack.h says. A gap within a DATA frame costs its stream alone; one that may have
 * hidden frames marks all streams that are open.
 */
#include <errno.h>
#include <stdlib.h>

#include "proto/http2.h"
#include "proto/proto.h"

#define PREFACE	     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define PREFACE_LEN  (sizeof(PREFACE) - 1)
#define PREFACE_SEEN SPAN("PRI * HTT") /* as much of it as a frame's header */

/*
 * A connection that was taken for one of HTTP/2 in its middle, and of whose header blocks none was
 * seen in so many bytes, is left: an answer in whose middle it was joined is seldom longer.
 */
#define UNREAD_MAX (64ull * 1024 * 1024)

static enum role role_of(const struct http2 *h, uint8_t dir)
{
	return dir == h->request_dir ? ROLE_REQUEST : ROLE_RESPONSE;
}

static void block_drop(struct http2_side *s)
{
	s->in_block = false;
	s->block_flags = 0;
	buffer__free(&s->held);
}

/* Where frames begin can't be told any more: until a TLS call shows one. */
static void side_lose(struct http2 *h, uint8_t dir, uint32_t flags)
{
	struct http2_side *s = &h->side[dir];

	s->state = SIDE_LOST;
	block_drop(s);
	hpack__lose(s->hpack);
	http2_streams_gap(h, role_of(h, dir), flags);
}

static void block_end(struct http2 *h, uint8_t dir, const struct chunk *c)
{
	struct http2_side *s = &h->side[dir];
	struct http2_frame f = s->block;
	uint32_t flags = s->block_flags;
	struct hpack_block block;
	int err;

	if (flags) {
		hpack__lose(s->hpack);
	} else {
		err = hpack__undo(s->hpack, span_of(s->held.p, s->held.n), &block);
		if (err) {
			drops__add(h->env->drops,
				   err == -ENOMEM ? DROP_NO_MEMORY : DROP_BAD_HEADERS, 1);
			flags = EXCHANGE_BROKEN;
		} else {
			h->unread = 0;
			s->trial = s->lost_told = false;
		}
	}
	block_drop(s);
	/* What a server pushes was not asked for (RFC 9113 8.4): its block is undone for the table.
	 */
	if (f.type == HTTP2_HEADERS)
		http2_stream_head(h, dir, c, &f, flags ? NULL : &block, flags);
	if (!flags)
		hpack_block__free(&block);
}

/*
 * Takes padding and what stands before the fragment out of a HEADERS or PUSH_PROMISE frame
 * (RFC 9113 6.2, 6.6), whose payload lies whole in held.
 */
static int fragment_bare(struct http2_side *s)
{
	const struct http2_frame *f = &s->frame;
	size_t front = 0, back = 0, n = s->held.n;

	if (f->type == HTTP2_CONTINUATION)
		return 0;
	if (f->flags & HTTP2_PADDED) {
		front = 1;
		back = n ? s->held.p[0] : 0;
	}
	if (f->type == HTTP2_PUSH_PROMISE)
		front += 4;
	else if (f->flags & HTTP2_WITH_PRIORITY)
		front += 5;
	if (front + back > n)
		return -EBADMSG;
	s->held.n = n - back;
	buffer__drop(&s->held, front);
	return 0;
}

static int frame_end(struct http2 *h, uint8_t dir, const struct chunk *c)
{
	struct http2_side *s = &h->side[dir];
	const struct http2_frame *f = &s->frame;
	uint32_t last;

	s->state = SIDE_FRAME;
	s->head_n = 0;
	switch (f->type) {
	case HTTP2_DATA:
		if (f->flags & HTTP2_END_STREAM)
			http2_stream_end(h, role_of(h, dir), c, f->stream);
		break;
	case HTTP2_HEADERS:
	case HTTP2_PUSH_PROMISE:
	case HTTP2_CONTINUATION:
		if (!s->block_flags && fragment_bare(s))
			return -EBADMSG;
		if (f->flags & HTTP2_END_HEADERS)
			block_end(h, dir, c);
		break;
	case HTTP2_RST_STREAM:
		http2_stream_reset(h, f->stream);
		break;
	case HTTP2_GOAWAY:
		/* Told by a client it speaks of streams that servers begin. */
		if (s->held.n >= 4 && role_of(h, dir) == ROLE_RESPONSE) {
			last = (uint32_t)(s->held.p[0] & 0x7f) << 24 |
			       (uint32_t)s->held.p[1] << 16 | (uint32_t)s->held.p[2] << 8 |
			       s->held.p[3];
			http2_streams_end(h, last, EXCHANGE_ABORTED);
		}
		buffer__free(&s->held);
		break;
	}
	return 0;
}

static bool is_block(uint8_t type)
{
	return type == HTTP2_HEADERS || type == HTTP2_PUSH_PROMISE || type == HTTP2_CONTINUATION;
}

/* A frame's header has passed. */
static int frame_begin(struct http2 *h, uint8_t dir, const struct chunk *c)
{
	struct http2_side *s = &h->side[dir];
	struct http2_frame *f = &s->frame;

	if (span__eq(span_of(s->head, sizeof(s->head)), PREFACE_SEEN)) {
		s->state = SIDE_PREFACE;
		s->left = PREFACE_LEN - HTTP2_FRAME_HEAD;
		return 0;
	}
	*f = http2_frame_parse(s->head);
	if (s->in_block) {
		/* Nothing may come in between (RFC 9113 6.10). */
		if (f->type != HTTP2_CONTINUATION || f->stream != s->block.stream)
			return -EBADMSG;
	} else if (!http2_frame_valid(f) || f->type == HTTP2_CONTINUATION ||
		   (s->trial && !http2_frame_likely(f))) {
		return -EBADMSG;
	}
	s->state = SIDE_PAYLOAD;
	s->left = f->len;
	s->skip = false;
	s->pad = 0;
	s->pad_known = f->type != HTTP2_DATA || !(f->flags & HTTP2_PADDED);
	if (f->type == HTTP2_HEADERS || f->type == HTTP2_PUSH_PROMISE) {
		s->block = *f;
		s->in_block = true;
	}
	return s->left ? 0 : frame_end(h, dir, c);
}

static ssize_t read_head(struct http2 *h, uint8_t dir, const struct chunk *c, struct span b)
{
	struct http2_side *s = &h->side[dir];
	size_t n = sizeof(s->head) - s->head_n;
	int err = 0;

	if (n > b.n)
		n = b.n;
	memcpy(s->head + s->head_n, b.p, n);
	s->head_n = (uint8_t)(s->head_n + n);
	if (s->head_n == sizeof(s->head))
		err = frame_begin(h, dir, c);
	return err ? err : (ssize_t)n;
}

/* A part of a header block: it is read when it is whole. */
static void block_add(struct http2 *h, struct http2_side *s, struct span b)
{
	int err = s->block_flags ? 0 : buffer__add(&s->held, b, PROTO_HEAD_MAX);

	if (!err)
		return;
	drops__add(h->env->drops, err == -ENOMEM ? DROP_NO_MEMORY : DROP_HEAD_TOO_LARGE, 1);
	s->block_flags = EXCHANGE_TRUNCATED;
	buffer__free(&s->held);
}

static ssize_t read_data(struct http2 *h, uint8_t dir, const struct chunk *c, struct span b)
{
	struct http2_side *s = &h->side[dir];

	if (!s->pad_known) {
		s->pad_known = true;
		s->pad = b.p[0];
		s->left--;
		return s->pad > s->left ? -EBADMSG : 1;
	}
	if (s->left > s->pad) {
		bool first = s->left + !!(s->frame.flags & HTTP2_PADDED) == s->frame.len;

		b.n = s->left - s->pad < b.n ? s->left - s->pad : b.n;
		http2_stream_data(h, role_of(h, dir), c, s->frame.stream, b, first);
	}
	s->left -= (uint32_t)b.n;
	return (ssize_t)b.n;
}

static ssize_t read_payload(struct http2 *h, uint8_t dir, const struct chunk *c, struct span b)
{
	struct http2_side *s = &h->side[dir];
	ssize_t n;
	int err;

	if (b.n > s->left)
		b.n = s->left;
	n = (ssize_t)b.n;
	if (s->frame.type == HTTP2_DATA && !s->skip) {
		n = read_data(h, dir, c, b);
		if (n < 0)
			return n;
	} else {
		if (is_block(s->frame.type))
			block_add(h, s, b);
		else if (s->frame.type == HTTP2_GOAWAY && !s->skip && s->held.n < 4)
			buffer__add(&s->held, b, s->frame.len);
		s->left -= (uint32_t)b.n;
	}
	err = s->left ? 0 : frame_end(h, dir, c);
	return err ? err : n;
}

static ssize_t read_some(struct http2 *h, uint8_t dir, const struct chunk *c, struct span b)
{
	struct http2_side *s = &h->side[dir];

	if (s->state == SIDE_FRAME)
		return read_head(h, dir, c, b);
	if (s->state == SIDE_PAYLOAD)
		return read_payload(h, dir, c, b);
	if (b.n > s->left)
		b.n = s->left;
	s->left -= (uint32_t)b.n;
	if (!s->left) {
		s->state = SIDE_FRAME;
		s->head_n = 0;
	}
	return (ssize_t)b.n;
}

/*
 * Where reading goes on in a direction that is lost: at the start of a TLS call, if a frame begins
 * there, else where a chain of frames does. Returns how many bytes come before; all: nowhere.
 */
static size_t resync(struct http2_side *s, const struct chunk *c, struct span b)
{
	size_t n = 0;

	if (b.p != c->bytes.p || !(c->flags & CHUNK_CALL_FIRST))
		n = http2_frame_find(b);
	if (n == b.n)
		return n;
	s->state = SIDE_FRAME;
	s->head_n = 0;
	s->trial = true;
	return n;
}

/* On trial it is no mistake of the connection's; and looking on for a frame is one loss. */
static void no_frame(struct http2 *h, uint8_t dir)
{
	struct http2_side *s = &h->side[dir];

	if (!s->lost_told)
		drops__add(h->env->drops, DROP_BAD_HTTP2, 1);
	s->lost_told = true;
	side_lose(h, dir, s->trial ? 0 : EXCHANGE_BROKEN);
}

static void feed_bytes(struct http2 *h, const struct chunk *c)
{
	struct http2_side *s = &h->side[c->dir];
	struct span b = c->bytes;

	while (b.n) {
		ssize_t n;

		if (s->state == SIDE_LOST) {
			n = (ssize_t)resync(s, c, b);
		} else {
			n = read_some(h, c->dir, c, b);
			if (n < 0) {
				no_frame(h, c->dir);
				n = 1;
			}
		}
		b = span_of(b.p + n, b.n - (size_t)n);
	}
}

static void gap(struct http2 *h, const struct chunk *c)
{
	struct http2_side *s = &h->side[c->dir];
	enum role role = role_of(h, c->dir);

	if (s->state == SIDE_LOST)
		return;
	if (s->state != SIDE_PAYLOAD || c->gap > s->left) {
		side_lose(h, c->dir, 0);
		return;
	}
	/* Where padding begins may be lost too: of this frame nothing more is read. */
	s->skip = true;
	s->left -= (uint32_t)c->gap;
	if (s->frame.type == HTTP2_DATA)
		http2_stream_gap(h, role, s->frame.stream, c->gap + s->left);
	if (is_block(s->frame.type)) {
		s->block_flags = EXCHANGE_GAP;
		http2_stream_gap(h, role, s->block.stream, c->gap);
		buffer__free(&s->held);
	}
	if (!s->left)
		frame_end(h, c->dir, c);
}

static enum sniff http2_sniff(struct span b)
{
	struct http2_frame f;

	if (span__starts(b, SPAN(PREFACE)))
		return SNIFF_YES;
	if (b.n < PREFACE_LEN && span__starts(SPAN(PREFACE), b))
		return SNIFF_MORE;
	if (b.n < HTTP2_FRAME_HEAD)
		return b.n && b.p[0] ? SNIFF_NO : SNIFF_MORE;
	f = http2_frame_parse(b.p);
	return http2_frame_likely(&f) ? SNIFF_YES : SNIFF_NO;
}

/* A direction that begins with the preface, or a server's SETTINGS, is seen from its start. */
static void http2_init(void *state, const struct proto_env *env, const struct proto_begin *b)
{
	struct http2_frame f = http2_frame_parse(b->first.p);
	bool client = span__starts(b->first, SPAN(PREFACE));
	bool server = !client && f.type == HTTP2_SETTINGS && !(f.flags & HTTP2_ACK);
	struct http2 *h = state;

	h->env = env;
	h->shared = b->conn;
	h->joined = !client && !server;
	h->sure = client;
	h->request_dir = client	  ? b->dir
			 : server ? (uint8_t)(WIRE_OUT + WIRE_IN - b->dir)
				  : WIRE_OUT;
	for (uint8_t d = 0; d < WIRE_DIRS; d++) {
		h->side[d].trial = !client;
		h->side[d].hpack = hpack__new(!h->joined);
		if (h->joined && d != b->dir)
			h->side[d].state = SIDE_LOST;
	}
}

static bool http2_feed(void *state, const struct chunk *c)
{
	struct http2 *h = state;

	if (!h->side[WIRE_OUT].hpack || !h->side[WIRE_IN].hpack) {
		drops__add(h->env->drops, DROP_NO_MEMORY, 1);
		return false;
	}
	if (c->gap)
		gap(h, c);
	h->unread += c->bytes.n;
	feed_bytes(h, c);
	if ((c->flags & CHUNK_END) && role_of(h, c->dir) == ROLE_RESPONSE)
		http2_streams_end(
			h, 0, c->flags & CHUNK_UNWATCHED ? EXCHANGE_UNWATCHED : EXCHANGE_ABORTED);
	if (h->unread <= UNREAD_MAX || h->sure)
		return true;
	drops__add(h->env->drops, DROP_NOT_HTTP, 1);
	return false;
}

static size_t http2_held(const void *state)
{
	const struct http2 *h = state;
	size_t n = h->held + h->cap * sizeof(*h->streams);

	for (uint8_t d = 0; d < WIRE_DIRS; d++)
		n += h->side[d].held.cap + hpack__held(h->side[d].hpack);
	return n;
}

static void http2_fini(void *state)
{
	struct http2 *h = state;

	http2_streams_end(h, 0, EXCHANGE_ABORTED);
	free(h->streams);
	for (uint8_t d = 0; d < WIRE_DIRS; d++) {
		buffer__free(&h->side[d].held);
		hpack__free(h->side[d].hpack);
	}
}

const struct proto_ops proto_http2 = {
	.name = "http2",
	.state_size = sizeof(struct http2),
	.sniff = http2_sniff,
	.init = http2_init,
	.feed = http2_feed,
	.held = http2_held,
	.fini = http2_fini,
};
