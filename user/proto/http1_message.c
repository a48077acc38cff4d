// SPDX-License-Identifier: BSD-2-Clause
/* HTTP/1 messages: heads to exchanges, bodies undone of their framing and coding as they pass. */
#include <errno.h>
#include <stdlib.h>

#include "proto/http1.h"
#include "proto/proto.h"

/* A chunk size line with its extensions, a trailer line. */
#define LINE_MAX_LEN 8192

static int side_add(struct side *s, struct span bytes, size_t max)
{
	if (s->n + bytes.n > max)
		return -EMSGSIZE;
	if (s->n + bytes.n > s->cap) {
		size_t cap = s->cap ? s->cap : bytes.n;
		uint8_t *p;

		while (cap < s->n + bytes.n)
			cap *= 2;
		p = realloc(s->buf, cap);
		if (!p)
			return -ENOMEM;
		s->buf = p;
		s->cap = cap;
	}
	memcpy(s->buf + s->n, bytes.p, bytes.n);
	s->n += bytes.n;
	return 0;
}

void http1_body_end(struct http1 *h, enum role role)
{
	struct side *s = &h->side[role];
	struct http1_exchange *x = s->x;

	s->state = SIDE_HEAD;
	s->x = NULL;
	if (!x)
		return;
	pending__body_end(&x->pending, role);
	if (role == ROLE_RESPONSE)
		http1_first_end(h, 0);
}

/* Sets the side up for the body that follows the head. */
static void body_begin(struct http1 *h, enum role role, const struct framing_of *f)
{
	struct side *s = &h->side[role];

	if (s->x && f->kind != FRAMING_NONE)
		pending__coding(&s->x->pending, role, f->coding);
	s->left = f->length;
	switch (f->kind) {
	case FRAMING_NONE:
		http1_body_end(h, role);
		break;
	case FRAMING_LENGTH:
		s->state = SIDE_LENGTH;
		break;
	case FRAMING_CHUNKED:
		s->state = SIDE_CHUNK_SIZE;
		break;
	case FRAMING_CLOSE:
		s->state = SIDE_CLOSE;
		break;
	}
}

/* A head while it is told: behind that, thousands of open streams hold none of it. */
struct reading {
	uint8_t *bytes; /* what the headers and the framing point into */
	struct header headers[PROTO_HEADER_COUNT_MAX];
	struct framing_of framing;
};

/* Takes the head over from the side's buffer and parses it. */
static int reading_take(struct reading *r, struct side *s, struct span method,
			struct head *ret_head)
{
	struct head head;
	int err;

	r->bytes = s->buf;
	err = http1_head_parse(r->bytes, s->n, r->headers, PROTO_HEADER_COUNT_MAX, &head);
	s->buf = NULL;
	s->n = s->cap = s->scanned = 0;
	if (!err)
		err = http1_framing(&head, method.p ? method : head.method, &r->framing);
	if (!err)
		*ret_head = head;
	return err;
}

static int request_head(struct http1 *h, const struct chunk *c)
{
	struct side *s = &h->side[ROLE_REQUEST];
	struct http1_exchange *x;
	struct reading r;
	struct head head;
	int err;

	if (h->waiting == PROTO_PIPELINE_MAX) {
		drops__add(h->env->drops, DROP_TOO_DEEP_QUEUE, 1);
		return -EMSGSIZE;
	}
	x = calloc(1, sizeof(*x));
	if (!x)
		return -ENOMEM;
	err = reading_take(&r, s, (struct span){ NULL, 0 }, &head);
	if (err) {
		free(r.bytes);
		free(x);
		return err;
	}
	x->pending.x.seq = h->seq++;
	x->pending.x.protocol = 11;
	x->pending.x.flags = h->request_dir == WIRE_IN ? EXCHANGE_SERVED : 0;
	if (span__eq_nocase(head__get(&head, SPAN("upgrade")), SPAN("websocket")))
		x->pending.x.flags |= EXCHANGE_WEBSOCKET;
	*h->last = x;
	h->last = &x->next;
	h->waiting++;
	s->x = x;
	err = pending__request(&x->pending, h->env, c, &head);
	if (!err)
		body_begin(h, ROLE_REQUEST, &r.framing);
	free(r.bytes);
	return err;
}

static int response_head(struct http1 *h, const struct chunk *c)
{
	struct side *s = &h->side[ROLE_RESPONSE];
	struct http1_exchange *x = h->first;
	struct span method = x ? x->pending.x.request.method : (struct span){ NULL, 0 };
	struct reading r;
	struct head head;
	int err = reading_take(&r, s, method, &head);

	if (err || (head.status < 200 && head.status != 101) || !x) {
		/* 100 Continue, 103 Early Hints: the answer proper follows */
		if (!err && !x) {
			drops__add(h->env->drops, DROP_MISSED_START, 1);
			body_begin(h, ROLE_RESPONSE, &r.framing);
		}
		free(r.bytes);
		return err;
	}
	s->x = x;
	err = pending__response(&x->pending, c, &head);
	if (!err && head.status == 101 && x->pending.x.flags & EXCHANGE_WEBSOCKET &&
	    x->pending.x.claim)
		err = pending__upgrade(&x->pending, &head);
	else
		h->opaque = head.status == 101 ||
			    (span__eq(method, SPAN("CONNECT")) && head.status / 100 == 2);
	if (!err && !pending__is_upgraded(&x->pending))
		body_begin(h, ROLE_RESPONSE, &r.framing);
	free(r.bytes);
	return err;
}

/* Collects a head. Returns the bytes taken, or -errno. */
static ssize_t read_head(struct http1 *h, enum role role, const struct chunk *c, struct span b)
{
	struct side *s = &h->side[role];
	size_t before = s->n, scanned = s->scanned, len;
	int err;

	/* Line ends before a start line are skipped (RFC 9112 2.2). */
	if (!s->n && (*b.p == '\r' || *b.p == '\n'))
		return 1;
	/* Most heads come whole: not a byte of the body behind one is held. */
	if (!s->n && (len = http1_head_len(b, &scanned)))
		b.n = len;
	scanned = s->scanned;
	err = side_add(s, b, PROTO_HEAD_MAX + b.n);
	if (err)
		return err;
	if (http1_start(span_of(s->buf, s->n)) == START_NO)
		return -EBADMSG;
	len = http1_head_len(span_of(s->buf, s->n), &scanned);
	s->scanned = scanned;
	if (!len)
		return s->n > PROTO_HEAD_MAX ? -EMSGSIZE : (ssize_t)b.n;
	if (len > PROTO_HEAD_MAX)
		return -EMSGSIZE;
	s->n = len;
	err = role == ROLE_REQUEST ? request_head(h, c) : response_head(h, c);
	return err ? err : (ssize_t)(len - before);
}

/*
 * Reads a short line: a chunk's size, or a trailer. Returns the bytes taken, -errno; *ret_line is
 * set when it is whole. Most lines come so: they are read where they are.
 */
static ssize_t read_line(struct side *s, struct span b, struct span *ret_line, bool *ret_whole)
{
	const uint8_t *lf = memchr(b.p, '\n', b.n);
	size_t n = lf ? (size_t)(lf - b.p) + 1 : b.n;
	struct span line = span_of(b.p, n);
	int err = n > LINE_MAX_LEN ? -EMSGSIZE : 0;

	if (s->n || !lf) {
		err = side_add(s, line, LINE_MAX_LEN);
		line = span_of(s->buf, s->n);
	}
	while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	*ret_whole = lf && !err;
	*ret_line = line;
	return err ? err : (ssize_t)n;
}

/* The value of the hexadecimal digits in front. Returns how many they are, or -EBADMSG. */
static inline ssize_t hex_number(struct span s, uint64_t *ret_n)
{
	uint64_t n = 0;
	size_t i = 0;

	for (; i < s.n; i++) {
		uint8_t digit = (uint8_t)(s.p[i] - '0'), letter = (uint8_t)((s.p[i] | 0x20) - 'a');

		if (digit > 9 && letter > 5)
			break;
		if (n >> 56)
			return -EBADMSG;
		n = n << 4 | (digit <= 9 ? digit : letter + 10u);
	}
	*ret_n = n;
	return (ssize_t)i;
}

/* "1bf;name=value": hexadecimal, extensions ignored (RFC 9112 7.1.1). */
static int chunk_size(struct span line, uint64_t *ret_size)
{
	uint64_t size;
	ssize_t n = hex_number(line, &size);
	size_t i = n < 0 ? 0 : (size_t)n;

	if (!i || (i < line.n && line.p[i] != ';' && line.p[i] != ' ' && line.p[i] != '\t'))
		return -EBADMSG;
	*ret_size = size;
	return 0;
}

/*
 * Between two pieces of a body stands this, and nearly always whole: it is read at one go. Returns
 * the bytes taken; 0: it is to be read line by line.
 *
 *   \r\n1bf\r\n
 */
static size_t chunk_between(struct side *s, struct span b)
{
	bool ends = s->state == SIDE_CHUNK_END;
	size_t at = ends ? 2 : 0;
	uint64_t size;
	ssize_t n;

	if (s->n || s->state == SIDE_TRAILER || (ends && !span__starts(b, SPAN("\r\n"))))
		return 0;
	n = hex_number(span_of(b.p + at, b.n - at < 16 ? b.n - at : 16), &size);
	if (n <= 0 || !size)
		return 0;
	at += (size_t)n + 2;
	if (b.n < at || b.p[at - 2] != '\r' || b.p[at - 1] != '\n')
		return 0;
	s->left = size;
	s->state = SIDE_CHUNK;
	return at;
}

static ssize_t read_chunk_line(struct http1 *h, enum role role, struct span b)
{
	struct side *s = &h->side[role];
	size_t between = chunk_between(s, b);
	struct span line;
	bool whole, last = false;
	ssize_t n;
	int err = 0;

	if (between)
		return (ssize_t)between;
	n = read_line(s, b, &line, &whole);
	if (n < 0 || !whole)
		return n;
	switch (s->state) {
	case SIDE_CHUNK_SIZE:
		err = chunk_size(line, &s->left);
		s->state = s->left ? SIDE_CHUNK : SIDE_TRAILER;
		break;
	case SIDE_CHUNK_END:
		err = line.n ? -EBADMSG : 0;
		s->state = SIDE_CHUNK_SIZE;
		break;
	default: /* SIDE_TRAILER */
		last = !line.n;
	}
	http1_side_buf_free(s);
	if (last)
		http1_body_end(h, role);
	return err ? err : n;
}

/*
 * Chunk behind chunk, as far as they go: of a streamed answer, where each event has one, it is
 * nearly all.
 */
static ssize_t read_chunks(struct http1 *h, enum role role, struct span b)
{
	struct side *s = &h->side[role];
	size_t at = 0, n;

	do {
		n = s->left < b.n - at ? (size_t)s->left : b.n - at;
		if (s->x)
			pending__body(&s->x->pending, role, span_of(b.p + at, n));
		at += n;
		s->left -= n;
		if (s->left)
			break;
		s->state = SIDE_CHUNK_END;
		n = chunk_between(s, span_of(b.p + at, b.n - at));
		at += n;
	} while (n && at < b.n);
	return (ssize_t)at;
}

static ssize_t read_body(struct http1 *h, enum role role, struct span b)
{
	struct side *s = &h->side[role];
	size_t n = s->state != SIDE_CLOSE && s->left < b.n ? (size_t)s->left : b.n;

	if (s->x)
		pending__body(&s->x->pending, role, span_of(b.p, n));
	if (s->state == SIDE_CLOSE)
		return (ssize_t)n;
	s->left -= n;
	if (!s->left)
		http1_body_end(h, role);
	return (ssize_t)n;
}

ssize_t http1_read(struct http1 *h, enum role role, const struct chunk *c, struct span bytes)
{
	switch (h->side[role].state) {
	case SIDE_HEAD:
		return read_head(h, role, c, bytes);
	case SIDE_CHUNK:
		return read_chunks(h, role, bytes);
	case SIDE_LENGTH:
	case SIDE_CLOSE:
		return read_body(h, role, bytes);
	default:
		return read_chunk_line(h, role, bytes);
	}
}
