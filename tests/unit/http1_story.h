/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of HTTP/1 share: a connection's story as text. */
#ifndef WT_HTTP1_STORY_H
#define WT_HTTP1_STORY_H

#include <stdarg.h>

#include "proto/proto.h"
#include "test.h"

/* One connection's story as text: what the requests and responses told. */
struct story {
	struct drops drops;
	char text[16384];
	size_t n;
	int open; /* REQUESTs without their END */
	bool broken_rule;
	uint16_t status; /* of the last that ended */
	uint64_t request_len;
	uint8_t last; /* the kind of the last event: pieces of one body are told as one */
	uint64_t last_x;
};

__attribute__((format(printf, 2, 3))) static inline void say(struct story *s, const char *format,
							     ...)
{
	va_list args;
	size_t room = sizeof(s->text) - s->n;

	va_start(args, format);
	int n = vsnprintf(s->text + s->n, room, format, args);
	va_end(args);
	s->n += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static inline void on_event(void *ctx, const struct exchange_event *ev)
{
	struct story *s = ctx;
	struct exchange *x = ev->x;
	bool goes_on = s->last == ev->kind && s->last_x == x->id;

	switch (ev->kind) {
	case EXCHANGE_EV_REQUEST:
		s->open++;
		s->broken_rule |= x->claim != NULL;
		x->claim = s;
		say(s, "\n#%u %.*s %.*s host=%.*s", x->seq, (int)x->request.method.n,
		    (const char *)x->request.method.p, (int)x->request.path.n,
		    (const char *)x->request.path.p, (int)x->request.host.n,
		    (const char *)x->request.host.p);
		break;
	case EXCHANGE_EV_REQUEST_BODY:
		say(s, "%s%.*s", goes_on ? "" : "\n >", (int)ev->bytes.n,
		    (const char *)ev->bytes.p);
		break;
	case EXCHANGE_EV_RESPONSE:
		say(s, "\n %u %.*s", x->response.status, (int)x->response.type.n,
		    (const char *)x->response.type.p);
		break;
	case EXCHANGE_EV_RESPONSE_BODY:
		say(s, "%s%.*s", goes_on ? "" : "\n <", (int)ev->bytes.n,
		    (const char *)ev->bytes.p);
		break;
	case EXCHANGE_EV_SSE:
		say(s, "\n event %.*s|%.*s", (int)ev->name.n, (const char *)ev->name.p,
		    (int)ev->bytes.n, (const char *)ev->bytes.p);
		break;
	case EXCHANGE_EV_SENT:
		say(s, "\n sent %.*s", (int)ev->bytes.n, (const char *)ev->bytes.p);
		break;
	case EXCHANGE_EV_END:
		s->status = x->response.status;
		s->request_len = x->request_len;
		s->open--;
		s->broken_rule |= x->claim != s;
		say(s, "\n end%s%s%s%s%s%s%s%s", x->flags & EXCHANGE_REQUEST_DONE ? " asked" : "",
		    x->flags & EXCHANGE_RESPONSE_DONE ? " answered" : "",
		    x->flags & EXCHANGE_GAP ? " gap" : "",
		    x->flags & EXCHANGE_TRUNCATED ? " truncated" : "",
		    x->flags & EXCHANGE_ABORTED ? " aborted" : "",
		    x->flags & EXCHANGE_BROKEN ? " broken" : "",
		    x->flags & EXCHANGE_SERVED ? " served" : "",
		    x->flags & EXCHANGE_UNWATCHED ? " unwatched" : "");
		break;
	}
	s->last = ev->kind;
	s->last_x = x->id;
}

static inline struct proto *begin(struct story *s)
{
	*s = (struct story){ .n = 0 };
	return proto__new(on_event, s, &s->drops);
}

/* A TLS call's bytes, in pieces; off[] is where the directions stand. */
static inline enum proto_verdict call(struct proto *p, uint64_t off[2], uint8_t dir,
				      const char *bytes, size_t n, size_t piece)
{
	enum proto_verdict v = PROTO_FOLLOW;

	for (size_t at = 0; at < n; at += piece) {
		struct span b = test_guard(span_of(bytes + at, n - at < piece ? n - at : piece));
		struct chunk c = { .conn = 1,
				   .dir = dir,
				   .bytes = b,
				   .off = off[dir],
				   .flags = at ? 0 : CHUNK_CALL_FIRST };

		off[dir] += b.n;
		v = proto__feed(p, &c);
		test_unguard(b);
	}
	return v;
}

static inline void lose(struct proto *p, uint64_t off[2], uint8_t dir, uint64_t n)
{
	struct chunk c = { .conn = 1, .dir = dir, .gap = n };

	off[dir] += n;
	c.off = off[dir];
	proto__feed(p, &c);
}

/* The rest of a call whose front was lost. */
static inline void rest_of(struct proto *p, uint64_t off[2], uint8_t dir, struct span bytes)
{
	struct span b = test_guard(bytes);
	struct chunk c = { .conn = 1, .dir = dir, .bytes = b, .off = off[dir] };

	off[dir] += b.n;
	proto__feed(p, &c);
	test_unguard(b);
}

static inline void rest(struct proto *p, uint64_t off[2], uint8_t dir, const char *bytes)
{
	rest_of(p, off, dir, span_str(bytes));
}

static inline void end_with(struct proto *p, uint64_t off[2], uint8_t flags)
{
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct chunk c = { .conn = 1, .dir = dir, .off = off[dir], .flags = flags };

		proto__feed(p, &c);
	}
}

static inline void end(struct proto *p, uint64_t off[2])
{
	end_with(p, off, CHUNK_END);
}

/* Nobody looks any more: the connection may go on. */
static inline void unwatch(struct proto *p, uint64_t off[2])
{
	end_with(p, off, CHUNK_END | CHUNK_UNWATCHED);
}

#define HOST	 "Host: api.openai.com:443\r\n"
#define OK	 "HTTP/1.1 200 OK\r\n"

#define ASK	 "POST /1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nab"
#define ANSWER	 OK "Content-Length: 10\r\n\r\n0123456789"
#define NEXT	 "POST /2 HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
#define NEXT_OK	 OK "Content-Length: 1\r\n\r\n!"
#define NEXT_END "\n#1 POST /2 host=\n 200 \n <!\n end asked answered"

/* Loses n bytes at `at` of the answer, then goes on with a second exchange. */
static inline const char *with_gap(struct story *s, const char *answer, size_t at, size_t n)
{
	struct proto *p = begin(s);
	uint64_t off[2] = { 0 };

	call(p, off, WIRE_OUT, ASK, strlen(ASK), 1000);
	call(p, off, WIRE_IN, answer, at, 1000);
	lose(p, off, WIRE_IN, n);
	if (at + n < strlen(answer))
		rest(p, off, WIRE_IN, answer + at + n);
	call(p, off, WIRE_OUT, NEXT, strlen(NEXT), 1000);
	call(p, off, WIRE_IN, NEXT_OK, strlen(NEXT_OK), 1000);
	end(p, off);
	proto__free(p);
	return s->text;
}

#endif
