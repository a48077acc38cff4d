// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "proto/proto.h"
#include "proto/sse.h"

/* Event names are words like "content_block_delta". */
#define NAME_MAX_LEN 64

struct buffer {
	uint8_t *p;
	size_t n, cap;
};

struct sse {
	sse_emit_fn emit;
	void *ctx;
	struct drops *drops;
	struct buffer line; /* a line that began in an earlier piece */
	struct buffer data; /* an event's data, when it is not one line of the present piece */
	struct span direct; /* an event's data, when it is */
	bool has_data;
	bool skip;    /* until the next blank line: the event is too large, or a part is missing */
	bool skip_lf; /* the last byte was a CR: a LF next belongs to it */
	bool started; /* the byte order mark may only come first */
	uint8_t name_n;
	char name[NAME_MAX_LEN];
};

struct sse *sse__new(sse_emit_fn emit, void *ctx, struct drops *drops)
{
	struct sse *s = calloc(1, sizeof(*s));

	if (s) {
		s->emit = emit;
		s->ctx = ctx;
		s->drops = drops;
	}
	return s;
}

void sse__free(struct sse *s)
{
	if (!s)
		return;
	free(s->line.p);
	free(s->data.p);
	free(s);
}

static int buffer_add(struct buffer *b, struct span s)
{
	if (b->n + s.n > PROTO_EVENT_MAX)
		return -EMSGSIZE;
	if (b->n + s.n > b->cap) {
		size_t cap = b->cap ? b->cap : 256;
		uint8_t *p;

		while (cap < b->n + s.n)
			cap *= 2;
		p = realloc(b->p, cap);
		if (!p)
			return -ENOMEM;
		b->p = p;
		b->cap = cap;
	}
	if (s.n)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
	return 0;
}

static void buffer_free(struct buffer *b)
{
	free(b->p);
	*b = (struct buffer){ 0 };
}

static void event_drop(struct sse *s, enum drop why)
{
	drops__add(s->drops, why, 1);
	s->skip = true;
	s->has_data = false;
	buffer_free(&s->data);
	buffer_free(&s->line);
}

static void data_add(struct sse *s, struct span bytes)
{
	int err = buffer_add(&s->data, bytes);

	if (err)
		event_drop(s, err == -ENOMEM ? DROP_NO_MEMORY : DROP_EVENT_TOO_LARGE);
}

/* The present piece goes: what points into it is copied. */
static void direct_keep(struct sse *s)
{
	struct span d = s->direct;

	s->direct = (struct span){ NULL, 0 };
	if (d.p)
		data_add(s, d);
}

static void event_end(struct sse *s)
{
	if (s->has_data && !s->skip)
		s->emit(s->ctx, span_of(s->name, s->name_n),
			s->direct.p ? s->direct : span_of(s->data.p, s->data.n));
	s->direct = (struct span){ NULL, 0 };
	s->data.n = 0;
	s->has_data = s->skip = false;
	s->name_n = 0;
}

/* in_piece: the line lies in the caller's piece, not in our buffer. */
static void line_end(struct sse *s, struct span line, bool in_piece)
{
	const uint8_t *colon;
	struct span field, value;

	if (!s->started && span__starts(line, SPAN("\xef\xbb\xbf")))
		line = span_of(line.p + 3, line.n - 3);
	s->started = true;
	if (!line.n) {
		event_end(s);
		return;
	}
	colon = memchr(line.p, ':', line.n);
	if (s->skip || colon == line.p)
		return; /* a comment, as providers send to keep the connection alive */
	field = span_of(line.p, colon ? (size_t)(colon - line.p) : line.n);
	value = colon ? span_of(colon + 1, line.n - field.n - 1) : span_of(line.p + line.n, 0);
	if (value.n && *value.p == ' ')
		value = span_of(value.p + 1, value.n - 1);
	if (span__eq(field, SPAN("data"))) {
		if (s->has_data) {
			direct_keep(s);
			data_add(s, SPAN("\n"));
			if (!s->skip)
				data_add(s, value);
		} else if (in_piece) {
			s->direct = value;
		} else {
			data_add(s, value);
		}
		s->has_data = !s->skip;
	} else if (span__eq(field, SPAN("event"))) {
		s->name_n = value.n < NAME_MAX_LEN ? (uint8_t)value.n : NAME_MAX_LEN;
		memcpy(s->name, value.p, s->name_n);
	}
}

static void line_complete(struct sse *s, struct span rest)
{
	int err;

	if (!s->line.n) {
		line_end(s, rest, true);
		return;
	}
	err = s->skip && rest.n ? 0 : buffer_add(&s->line, rest);
	if (err)
		event_drop(s, err == -ENOMEM ? DROP_NO_MEMORY : DROP_EVENT_TOO_LARGE);
	else
		line_end(s, span_of(s->line.p, s->line.n), false);
	s->line.n = 0;
}

/* A line that goes on in the next piece. While skipping, only whether it is empty matters. */
static void line_keep(struct sse *s, struct span part)
{
	int err;

	if (!part.n || (s->skip && s->line.n))
		return;
	err = buffer_add(&s->line, s->skip ? span_of(part.p, 1) : part);
	if (err) {
		event_drop(s, err == -ENOMEM ? DROP_NO_MEMORY : DROP_EVENT_TOO_LARGE);
		buffer_add(&s->line, SPAN("-"));
	}
}

void sse__feed(struct sse *s, struct span bytes)
{
	const uint8_t *p = bytes.p, *end = p + bytes.n, *lf = NULL;

	if (!bytes.n)
		return;
	if (s->skip_lf && *p == '\n')
		p++;
	s->skip_lf = false;
	while (p < end) {
		const uint8_t *stop, *cr;

		/* The next LF is looked up once, however many CRs come before it. */
		if (!lf || lf < p) {
			lf = memchr(p, '\n', (size_t)(end - p));
			if (!lf)
				lf = end;
		}
		cr = memchr(p, '\r', (size_t)(lf - p));
		stop = cr ? cr : lf;
		if (stop == end)
			break;
		line_complete(s, span_of(p, (size_t)(stop - p)));
		p = stop + 1;
		if (cr && p < end && *p == '\n')
			p++;
		else if (cr && p == end)
			s->skip_lf = true;
	}
	if (p < end)
		line_keep(s, span_of(p, (size_t)(end - p)));
	direct_keep(s);
}

void sse__gap(struct sse *s)
{
	/* Not counted as a drop: the gap itself was. */
	s->skip = true;
	s->has_data = false;
	s->direct = (struct span){ NULL, 0 };
	s->data.n = 0;
	s->line.n = 0;
	buffer_add(&s->line, SPAN("-")); /* whatever comes is the rest of a line */
}

void sse__end(struct sse *s)
{
	if (s->line.n)
		line_complete(s, (struct span){ NULL, 0 });
	event_end(s);
}
