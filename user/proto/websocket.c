// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "proto/proto.h"
#include "proto/websocket.h"

/* Masked bytes are unmasked in pieces of this size. */
#define UNMASK_PIECE 4096
/* Two bytes, a length of eight, a mask of four. */
#define FRAME_HEAD_MAX 14

enum opcode {
	OP_CONTINUATION = 0x0,
	OP_TEXT = 0x1,
	OP_BINARY = 0x2,
	OP_CLOSE = 0x8,
	OP_PING = 0x9,
	OP_PONG = 0xa,
};

struct frame {
	bool fin, compressed;
	uint8_t opcode;
	uint8_t mask[4]; /* zero where there is none */
	uint64_t len;
};

struct websocket {
	struct websocket_to to;
	struct drops *drops;
	struct websocket_inflate inflate;
	bool masked, deflate, fresh;
	bool lost; /* where frames begin is not known any more */
	bool deaf; /* the inflating lost its place: what is compressed can't be read any more */
	uint8_t head[FRAME_HEAD_MAX], head_n;
	struct frame frame;
	bool in_frame;
	uint64_t at; /* bytes of the frame's payload that have passed */
	/* The message that the frame is of. */
	bool in_message, compressed;
	bool dropped; /* it is too large, or not whole: nobody gets it */
	bool garbled; /* and what is left of it can't be decompressed */
	struct buffer message;
};

struct websocket *websocket__new(bool masked, const struct websocket_terms *terms,
				 const struct websocket_to *to, struct drops *drops)
{
	struct websocket *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->to = *to;
	w->drops = drops;
	w->masked = masked;
	w->deflate = terms->deflate;
	w->fresh = terms->fresh[masked ? 0 : 1];
	return w;
}

void websocket__free(struct websocket *w)
{
	if (!w)
		return;
	websocket_inflate__free(&w->inflate);
	buffer__free(&w->message);
	free(w);
}

/* Length of the head that begins like this, which has two bytes at least. */
static size_t head_len(struct span b)
{
	uint8_t len = b.p[1] & 0x7f;

	return 2 + (len == 127 ? 8 : len == 126 ? 2 : 0) + (b.p[1] & 0x80 ? 4 : 0);
}

/*
 * Reads a frame's head (5.2). Returns its length, -EAGAIN when more is needed, -EBADMSG when it is
 * none: lengths have to be written in the shortest way, control frames are short and whole.
 */
static ssize_t frame_parse(struct span b, bool masked, bool deflate, struct frame *ret_frame)
{
	struct frame f = { .fin = false };
	size_t n, at = 2;

	if (b.n < 2)
		return -EAGAIN;
	f.fin = b.p[0] & 0x80;
	f.compressed = b.p[0] & 0x40;
	f.opcode = b.p[0] & 0x0f;
	if (b.p[0] & 0x30 || (f.opcode > OP_BINARY && f.opcode < OP_CLOSE) || f.opcode > OP_PONG)
		return -EBADMSG;
	if (masked != !!(b.p[1] & 0x80) ||
	    (f.compressed && (!deflate || (f.opcode != OP_TEXT && f.opcode != OP_BINARY))))
		return -EBADMSG;
	n = head_len(b);
	if (b.n < n)
		return -EAGAIN;
	f.len = b.p[1] & 0x7f;
	if (f.opcode >= OP_CLOSE && (!f.fin || f.len > 125))
		return -EBADMSG;
	if (f.len > 125) {
		size_t bytes = f.len == 126 ? 2 : 8;

		f.len = 0;
		for (size_t i = 0; i < bytes; i++)
			f.len = f.len << 8 | b.p[at++];
		if (f.len < (bytes == 2 ? 126 : 65536) || f.len >> 63)
			return -EBADMSG;
	}
	if (masked)
		memcpy(f.mask, b.p + at, 4);
	*ret_frame = f;
	return (ssize_t)n;
}

bool websocket_shows(struct span first, bool masked)
{
	struct frame f;
	ssize_t n = frame_parse(first, masked, true, &f);

	return n > 0 && f.opcode != OP_CONTINUATION;
}

/*
 * True when the bytes begin with a frame of JSON, or of control, and all that follow it are frames
 * too: chance does not make this.
 */
static bool begins_frame(const struct websocket *w, struct span b)
{
	struct frame f;
	ssize_t n = 0;

	for (bool first = true; b.n; first = false) {
		n = frame_parse(b, w->masked, w->deflate, &f);
		if (n < 0)
			return n == -EAGAIN && !first;
		b = span_of(b.p + n, b.n - (size_t)n);
		if (first && f.opcode == OP_CONTINUATION)
			return false;
		if (f.opcode < OP_CLOSE && !f.compressed && b.n &&
		    !memchr("{[ \r\n", b.p[0] ^ f.mask[0], 5))
			return false;
		/* Of what is compressed nothing can be seen but how long it is. */
		if (f.len > b.n)
			return !f.compressed || !first;
		b = span_of(b.p + f.len, b.n - (size_t)f.len);
	}
	return n > 0;
}

static void message_forget(struct websocket *w)
{
	buffer__free(&w->message);
	w->in_message = w->dropped = w->garbled = false;
}

/* What is decompressed from here on would be no text that was sent. */
static void inflate_lose(struct websocket *w)
{
	websocket_inflate__free(&w->inflate);
	w->dropped = w->garbled = true;
	if (w->fresh || w->deaf)
		return;
	w->deaf = true;
	drops__add(w->drops, DROP_WEBSOCKET_LOST, 1);
}

static void lose(struct websocket *w)
{
	w->lost = true;
	w->head_n = 0;
	w->in_frame = false;
	if (w->deflate)
		inflate_lose(w);
	message_forget(w);
}

static int message_add(void *ctx, struct span bytes)
{
	struct websocket *w = ctx;
	int err = w->dropped ? 0 : buffer__add(&w->message, bytes, PROTO_EVENT_MAX);

	if (!err)
		return 0;
	/* The rest of a compressed one has to pass all the same: the next refers to it. */
	buffer__free(&w->message);
	w->dropped = true;
	drops__add(w->drops, err == -EMSGSIZE ? DROP_EVENT_TOO_LARGE : DROP_NO_MEMORY, 1);
	return 0;
}

/* The next bytes of a data frame, unmasked. */
static int data_take(struct websocket *w, struct span bytes)
{
	int err;

	if (!w->compressed)
		return message_add(w, bytes);
	if (w->garbled)
		return 0;
	err = websocket_inflate__feed(&w->inflate, bytes, message_add, w);
	if (!err)
		return 0;
	drops__add(w->drops, err == -EMSGSIZE ? DROP_BODY_TOO_LARGE : DROP_BAD_WEBSOCKET, 1);
	inflate_lose(w);
	return err;
}

static int data_unmask(struct websocket *w, struct span bytes)
{
	uint8_t piece[UNMASK_PIECE];
	int err = 0;

	for (size_t from = 0; from < bytes.n && !err; from += sizeof(piece)) {
		size_t n = bytes.n - from < sizeof(piece) ? bytes.n - from : sizeof(piece);

		for (size_t i = 0; i < n; i++)
			piece[i] = bytes.p[from + i] ^ w->frame.mask[(w->at + from + i) & 3];
		err = data_take(w, span_of(piece, n));
	}
	return err;
}

static int message_end(struct websocket *w)
{
	bool was_dropped = w->dropped;
	int err = 0;

	if (w->compressed && !w->garbled) {
		err = websocket_inflate__end(&w->inflate, w->fresh, message_add, w);
		if (err) {
			drops__add(w->drops, DROP_BAD_WEBSOCKET, 1);
			inflate_lose(w);
		}
	}
	if (!err && !w->dropped)
		w->to.message(w->to.ctx, span_of(w->message.p, w->message.n));
	else if (!err && w->dropped && !was_dropped)
		err = -EMSGSIZE;
	message_forget(w);
	return err;
}

static int frame_end(struct websocket *w)
{
	w->in_frame = false;
	if (w->frame.opcode == OP_CLOSE)
		w->to.close(w->to.ctx);
	if (w->frame.opcode >= OP_CLOSE || !w->frame.fin)
		return 0;
	return message_end(w);
}

static int frame_begin(struct websocket *w)
{
	const struct frame *f = &w->frame;

	w->in_frame = true;
	w->at = 0;
	if (f->opcode >= OP_CLOSE)
		return 0;
	if ((f->opcode == OP_CONTINUATION) != w->in_message)
		return -EBADMSG;
	if (!w->in_message) {
		w->in_message = true;
		w->compressed = f->compressed;
		w->dropped = w->garbled = w->compressed && w->deaf;
	}
	return 0;
}

/* Collects a frame's head. Returns the bytes taken, or -EBADMSG. */
static ssize_t head_feed(struct websocket *w, struct span b)
{
	size_t before = w->head_n, n = sizeof(w->head) - before;
	ssize_t len;
	int err;

	if (n > b.n)
		n = b.n;
	memcpy(w->head + before, b.p, n);
	len = frame_parse(span_of(w->head, before + n), w->masked, w->deflate, &w->frame);
	if (len == -EAGAIN) {
		w->head_n = (uint8_t)(before + n);
		return (ssize_t)n;
	}
	if (len < 0)
		return len;
	w->head_n = 0;
	err = frame_begin(w);
	return err ? err : len - (ssize_t)before;
}

/* The next bytes of a frame's payload, at least one where there are any. */
static size_t payload_feed(struct websocket *w, struct span b, int *ret_err)
{
	const struct frame *f = &w->frame;
	uint64_t left = f->len - w->at;
	struct span piece = span_of(b.p, left < b.n ? (size_t)left : b.n);
	bool was_dropped = w->dropped;
	int err = 0;

	if (f->opcode < OP_CLOSE && piece.n) {
		/* Most messages of a server come whole: they are told where they are. */
		if (!w->masked && !w->compressed && f->fin && piece.n == f->len &&
		    f->opcode != OP_CONTINUATION && f->len <= PROTO_EVENT_MAX) {
			w->in_frame = w->in_message = false;
			w->to.message(w->to.ctx, piece);
			return piece.n;
		}
		err = w->masked ? data_unmask(w, piece) : data_take(w, piece);
		if (!err && w->dropped && !was_dropped)
			err = -EMSGSIZE;
	}
	w->at += piece.n;
	if (w->at == f->len) {
		int end = frame_end(w);

		err = err ? err : end;
	}
	if (err)
		*ret_err = err;
	return piece.n;
}

int websocket__feed(struct websocket *w, struct span b, bool call_first)
{
	int err = 0;

	if (w->lost && call_first && begins_frame(w, b))
		w->lost = false;
	while (b.n && !w->lost) {
		ssize_t n = 0;

		if (!w->in_frame)
			n = head_feed(w, b);
		if (n < 0) {
			drops__add(w->drops, DROP_BAD_WEBSOCKET, 1);
			lose(w);
			return -EBADMSG;
		}
		b = span_of(b.p + n, b.n - (size_t)n);
		/* A frame may be empty, and nothing may follow it. */
		if (w->in_frame) {
			size_t taken = payload_feed(w, b, &err);

			b = span_of(b.p + taken, b.n - taken);
		}
	}
	return err;
}

void websocket__gap(struct websocket *w, uint64_t missing)
{
	if (w->lost)
		return;
	if (!w->in_frame || missing > w->frame.len - w->at) {
		lose(w);
		return;
	}
	w->at += missing;
	if (w->frame.opcode < OP_CLOSE) {
		w->dropped = true;
		buffer__free(&w->message);
		if (w->compressed)
			inflate_lose(w);
	}
	if (w->at == w->frame.len)
		frame_end(w);
}

size_t websocket__held(const struct websocket *w)
{
	return w ? sizeof(*w) + w->message.cap + websocket_inflate__held(&w->inflate) : 0;
}
