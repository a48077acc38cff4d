// SPDX-License-Identifier: BSD-2-Clause
/*
 * HTTP/1 (RFC 9112): two directions of messages, paired in order. A message's head is held until it
 * is whole; its body is told as it comes. A gap costs the exchange it falls into: where the framing
 * survives (within a body of known length) reading goes on behind it, else at the next TLS call
 * that begins a message.
 */
#include <errno.h>
#include <stdlib.h>

#include "proto/coding.h"
#include "proto/http1_head.h"
#include "proto/ops.h"
#include "proto/proto.h"
#include "proto/sse.h"

enum side_state {
	SIDE_HEAD,
	SIDE_LENGTH,	 /* in a body of known length */
	SIDE_CHUNK_SIZE, /* in a chunk's size line */
	SIDE_CHUNK,
	SIDE_CHUNK_END, /* the line end behind a chunk */
	SIDE_TRAILER,
	SIDE_CLOSE, /* in a body that ends with the connection */
	SIDE_LOST,  /* until a TLS call begins with a start line */
};

/* A chunk size line with its extensions, a trailer line. */
#define LINE_MAX_LEN 8192

enum role { ROLE_REQUEST, ROLE_RESPONSE, ROLES };

/* One message's head and body decoding. */
struct message {
	uint8_t *head; /* the head's bytes: what struct head points into */
	struct header *headers;
	struct coding *coding;
	bool mute; /* the body can't be told (any more): unknown or broken coding, too large */
};

struct http1_exchange {
	struct exchange x;
	struct message message[ROLES];
	struct sse *sse;
	struct http1_exchange *next;
	struct http1 *h; /* for the callbacks of decoders */
};

struct side {
	uint8_t state; /* enum side_state */
	uint64_t left; /* bytes left of a body or chunk */
	uint8_t *buf;  /* the head, or a line, so far */
	size_t n, cap, scanned;
	struct http1_exchange *x; /* whose message is being read; NULL: nobody's */
};

struct http1 {
	struct proto_env env;
	struct side side[ROLES];
	struct http1_exchange *first, **last; /* unanswered, in order */
	uint32_t waiting, seq;
	uint8_t request_dir; /* enum wire_dir in which requests go */
	bool opaque;	     /* upgraded or tunnelled: no HTTP any more */
};

static void tell(struct http1_exchange *x, uint8_t kind, struct span name, struct span bytes)
{
	struct exchange_event ev = { .kind = kind, .x = &x->x, .name = name, .bytes = bytes };

	x->h->env.emit(x->h->env.ctx, &ev);
}

static void message_free(struct message *m)
{
	free(m->head);
	free(m->headers);
	coding__free(m->coding);
}

/* Ends an exchange that is out of the queue. */
static void exchange_end(struct http1_exchange *x)
{
	struct http1 *h = x->h;

	for (int role = 0; role < ROLES; role++)
		if (h->side[role].x == x)
			h->side[role].x = NULL;
	tell(x, EXCHANGE_EV_END, (struct span){ NULL, 0 }, (struct span){ NULL, 0 });
	message_free(&x->message[ROLE_REQUEST]);
	message_free(&x->message[ROLE_RESPONSE]);
	sse__free(x->sse);
	free(x);
}

/* Ends the oldest one. */
static void first_end(struct http1 *h, uint32_t flags)
{
	struct http1_exchange *x = h->first;

	h->first = x->next;
	if (!h->first)
		h->last = &h->first;
	h->waiting--;
	x->x.flags |= flags;
	exchange_end(x);
}

static void all_end(struct http1 *h, uint32_t flags)
{
	while (h->first)
		first_end(h, flags);
}

static void side_buf_free(struct side *s)
{
	free(s->buf);
	s->buf = NULL;
	s->n = s->cap = s->scanned = 0;
}

/* The reader can't tell any more where messages begin: until a TLS call shows a start line. */
static void side_lose(struct http1 *h, enum role role, uint32_t flags)
{
	struct side *s = &h->side[role];

	s->state = SIDE_LOST;
	side_buf_free(s);
	if (s->x)
		s->x->x.flags |= flags;
	s->x = NULL;
	/* Its answer is not understood to its end; the next one is another's. */
	if (role == ROLE_RESPONSE && h->first)
		first_end(h, flags);
}

static int side_add(struct side *s, struct span bytes, size_t max)
{
	if (s->n + bytes.n > max)
		return -EMSGSIZE;
	if (s->n + bytes.n > s->cap) {
		size_t cap = s->cap ? s->cap : 1024;
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

static void on_sse(void *ctx, struct span name, struct span data)
{
	tell(ctx, EXCHANGE_EV_SSE, name, data);
}

static void request_bytes(void *ctx, struct span bytes)
{
	struct http1_exchange *x = ctx;

	x->x.request_len += bytes.n;
	tell(x, EXCHANGE_EV_REQUEST_BODY, (struct span){ NULL, 0 }, bytes);
}

static void response_bytes(void *ctx, struct span bytes)
{
	struct http1_exchange *x = ctx;

	x->x.response_len += bytes.n;
	if (x->sse)
		sse__feed(x->sse, bytes);
	else
		tell(x, EXCHANGE_EV_RESPONSE_BODY, (struct span){ NULL, 0 }, bytes);
}

/* A piece of the body as it was on the wire. */
static void body_bytes(struct http1 *h, enum role role, struct span bytes)
{
	struct http1_exchange *x = h->side[role].x;
	coding_emit_fn emit = role == ROLE_REQUEST ? request_bytes : response_bytes;
	struct message *m = x ? &x->message[role] : NULL;
	int err;

	if (!m || m->mute || !bytes.n)
		return;
	if (!m->coding) {
		emit(x, bytes);
		return;
	}
	err = coding__feed(m->coding, bytes, emit, x);
	if (!err)
		return;
	m->mute = true;
	x->x.flags |= err == -EMSGSIZE ? EXCHANGE_TRUNCATED : EXCHANGE_BROKEN;
	drops__add(h->env.drops, err == -EMSGSIZE ? DROP_BODY_TOO_LARGE : DROP_BAD_CODING, 1);
}

static void body_end(struct http1 *h, enum role role)
{
	struct side *s = &h->side[role];
	struct http1_exchange *x = s->x;

	s->state = SIDE_HEAD;
	s->x = NULL;
	if (!x)
		return;
	if (role == ROLE_REQUEST) {
		x->x.flags |= EXCHANGE_REQUEST_DONE;
		return;
	}
	if (x->sse)
		sse__end(x->sse);
	x->x.flags |= EXCHANGE_RESPONSE_DONE;
	first_end(h, 0);
}

/* Sets the side up for the body that follows the head. */
static void body_begin(struct http1 *h, enum role role, const struct framing_of *f)
{
	struct side *s = &h->side[role];
	bool known = true;

	if (s->x && !coding_is_identity(f->coding)) {
		s->x->message[role].coding = coding__new(f->coding, &known);
		s->x->message[role].mute = !s->x->message[role].coding;
	}
	if (!known && f->kind != FRAMING_NONE) {
		drops__add(h->env.drops, DROP_UNKNOWN_CODING, 1);
		s->x->x.flags |= EXCHANGE_TRUNCATED;
	}
	s->left = f->length;
	switch (f->kind) {
	case FRAMING_NONE:
		body_end(h, role);
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

/* Takes the head over from the side's buffer and parses it. */
static int message_parse(struct http1 *h, enum role role, struct message *m, struct head *ret_head)
{
	struct side *s = &h->side[role];
	struct header *fit;
	int err;

	m->headers = calloc(PROTO_HEADER_COUNT_MAX, sizeof(*m->headers));
	if (!m->headers)
		return -ENOMEM;
	m->head = s->buf;
	err = http1_head_parse(m->head, s->n, m->headers, PROTO_HEADER_COUNT_MAX, ret_head);
	s->buf = NULL;
	s->n = s->cap = s->scanned = 0;
	if (err)
		return err;
	/* Thousands of open streams hold theirs: no more than is used. */
	fit = realloc(m->headers, (ret_head->header_count + 1) * sizeof(*m->headers));
	if (fit)
		m->headers = fit;
	ret_head->headers = m->headers;
	return 0;
}

static int request_head(struct http1 *h, const struct chunk *c)
{
	struct side *s = &h->side[ROLE_REQUEST];
	struct http1_exchange *x;
	struct framing_of f;
	int err;

	if (h->waiting == PROTO_PIPELINE_MAX) {
		drops__add(h->env.drops, DROP_TOO_DEEP_QUEUE, 1);
		return -EMSGSIZE;
	}
	x = calloc(1, sizeof(*x));
	if (!x)
		return -ENOMEM;
	x->h = h;
	err = message_parse(h, ROLE_REQUEST, &x->message[ROLE_REQUEST], &x->x.request);
	if (!err)
		err = http1_framing(&x->x.request, x->x.request.method, &f);
	if (err) {
		message_free(&x->message[ROLE_REQUEST]);
		free(x);
		return err;
	}
	x->x.id = ++*h->env.last_exchange_id;
	x->x.conn = c->conn;
	x->x.seq = h->seq++;
	x->x.proc = c->proc;
	x->x.cgroup = c->cgroup;
	x->x.lib = c->lib;
	x->x.protocol = 11;
	x->x.t_request = c->ts;
	x->x.flags = h->request_dir == WIRE_IN ? EXCHANGE_SERVED : 0;
	*h->last = x;
	h->last = &x->next;
	h->waiting++;
	s->x = x;
	tell(x, EXCHANGE_EV_REQUEST, (struct span){ NULL, 0 }, (struct span){ NULL, 0 });
	body_begin(h, ROLE_REQUEST, &f);
	return 0;
}

static int response_head(struct http1 *h, const struct chunk *c)
{
	struct side *s = &h->side[ROLE_RESPONSE];
	struct http1_exchange *x = h->first;
	struct message m = { 0 };
	struct framing_of f;
	struct head head;
	struct span method = x ? x->x.request.method : (struct span){ NULL, 0 };
	int err = message_parse(h, ROLE_RESPONSE, &m, &head);

	if (!err)
		err = http1_framing(&head, method, &f);
	if (err || (head.status < 200 && head.status != 101) || !x) {
		/* 100 Continue, 103 Early Hints: the answer proper follows */
		message_free(&m);
		if (!err && !x) {
			drops__add(h->env.drops, DROP_MISSED_START, 1);
			body_begin(h, ROLE_RESPONSE, &f);
		}
		return err;
	}
	x->message[ROLE_RESPONSE] = m;
	x->x.response = head;
	x->x.t_first_byte = c->ts;
	s->x = x;
	if (span__eq_nocase(head.type, SPAN("text/event-stream"))) {
		x->x.flags |= EXCHANGE_STREAMED;
		x->sse = sse__new(on_sse, x, h->env.drops);
		if (!x->sse) {
			drops__add(h->env.drops, DROP_NO_MEMORY, 1);
			x->message[ROLE_RESPONSE].mute = true;
			x->x.flags |= EXCHANGE_TRUNCATED;
		}
	}
	tell(x, EXCHANGE_EV_RESPONSE, (struct span){ NULL, 0 }, (struct span){ NULL, 0 });
	h->opaque = head.status == 101 ||
		    (span__eq(method, SPAN("CONNECT")) && head.status / 100 == 2);
	body_begin(h, ROLE_RESPONSE, &f);
	return 0;
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
 * Collects a short line: a chunk's size, or a trailer. Returns the bytes taken, -errno; *ret_line is
 * set when it is whole.
 */

static ssize_t read_line(struct side *s, struct span b, struct span *ret_line, bool *ret_whole)
{
	const uint8_t *lf = memchr(b.p, '\n', b.n);
	size_t n = lf ? (size_t)(lf - b.p) + 1 : b.n;
	int err = side_add(s, span_of(b.p, n), LINE_MAX_LEN);

	*ret_whole = lf && !err;
	*ret_line = span_of(s->buf, s->n);
	while (ret_line->n && (ret_line->p[ret_line->n - 1] == '\n' ||
			       ret_line->p[ret_line->n - 1] == '\r'))
		ret_line->n--;
	return err ? err : (ssize_t)n;
}

/* "1bf;name=value": hexadecimal, extensions ignored (RFC 9112 7.1.1). */
static int chunk_size(struct span line, uint64_t *ret_size)
{
	uint64_t size = 0;
	size_t i = 0;

	for (; i < line.n; i++) {
		uint8_t c = line.p[i], lower = c | 0x20;
		uint64_t digit;

		if (c >= '0' && c <= '9')
			digit = (uint64_t)(c - '0');
		else if (lower >= 'a' && lower <= 'f')
			digit = (uint64_t)(lower - 'a' + 10);
		else
			break;
		if (size >> 56)
			return -EBADMSG;
		size = size << 4 | digit;
	}
	if (!i || (i < line.n && line.p[i] != ';' && line.p[i] != ' ' && line.p[i] != '\t'))
		return -EBADMSG;
	*ret_size = size;
	return 0;
}

static ssize_t read_chunk_line(struct http1 *h, enum role role, struct span b)
{
	struct side *s = &h->side[role];
	struct span line;
	bool whole;
	ssize_t n = read_line(s, b, &line, &whole);
	int err = 0;

	if (n < 0 || !whole)
		return n;
	s->n = 0;
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
		if (!line.n) {
			side_buf_free(s);
			body_end(h, role);
		}
	}
	return err ? err : n;
}

static ssize_t read_body(struct http1 *h, enum role role, struct span b)
{
	struct side *s = &h->side[role];
	size_t n = s->state != SIDE_CLOSE && s->left < b.n ? (size_t)s->left : b.n;

	body_bytes(h, role, span_of(b.p, n));
	if (s->state == SIDE_CLOSE)
		return (ssize_t)n;
	s->left -= n;
	if (s->left)
		return (ssize_t)n;
	if (s->state == SIDE_CHUNK)
		s->state = SIDE_CHUNK_END;
	else
		body_end(h, role);
	return (ssize_t)n;
}

static void gap(struct http1 *h, enum role role, uint64_t missing)
{
	struct side *s = &h->side[role];
	struct http1_exchange *x = s->x ? s->x : role == ROLE_RESPONSE ? h->first : NULL;

	if (x) {
		x->x.flags |= EXCHANGE_GAP;
		x->x.lost += missing;
	}
	if (s->state == SIDE_LOST)
		return;
	if (s->state != SIDE_CLOSE &&
	    ((s->state != SIDE_LENGTH && s->state != SIDE_CHUNK) || missing > s->left)) {
		side_lose(h, role, EXCHANGE_GAP);
		return;
	}
	if (s->x && s->x->message[role].coding)
		s->x->message[role].mute = true; /* no decoder starts in the middle */
	if (s->x && role == ROLE_RESPONSE && s->x->sse)
		sse__gap(s->x->sse);
	if (s->state == SIDE_CLOSE)
		return;
	s->left -= missing;
	if (s->left)
		return;
	if (s->state == SIDE_CHUNK)
		s->state = SIDE_CHUNK_END;
	else
		body_end(h, role);
}

static bool resync(struct http1 *h, enum role role, const struct chunk *c)
{
	enum start_line want = role == ROLE_REQUEST ? START_REQUEST : START_RESPONSE;

	if (!(c->flags & CHUNK_CALL_FIRST) || http1_start(c->bytes) != want)
		return false;
	/* Who asks anew on a connection has had its answers, as far as there were any. */
	if (role == ROLE_REQUEST)
		all_end(h, EXCHANGE_GAP);
	h->side[role].state = SIDE_HEAD;
	return true;
}

static void feed_bytes(struct http1 *h, enum role role, const struct chunk *c)
{
	struct side *s = &h->side[role];
	struct span b = c->bytes;

	if (s->state == SIDE_LOST && !resync(h, role, c))
		return;
	while (b.n && !h->opaque) {
		ssize_t n;

		if (s->state == SIDE_HEAD)
			n = read_head(h, role, c, b);
		else if (s->state == SIDE_LENGTH || s->state == SIDE_CHUNK ||
			 s->state == SIDE_CLOSE)
			n = read_body(h, role, b);
		else
			n = read_chunk_line(h, role, b);
		if (n < 0) {
			drops__add(h->env.drops,
				   n == -EMSGSIZE ? DROP_HEAD_TOO_LARGE :
				   n == -ENOMEM	  ? DROP_NO_MEMORY :
						    DROP_BAD_HTTP,
				   1);
			side_lose(h, role, EXCHANGE_BROKEN);
			return;
		}
		b = span_of(b.p + n, b.n - (size_t)n);
	}
}

static void side_end(struct http1 *h, enum role role)
{
	struct side *s = &h->side[role];

	if (role == ROLE_RESPONSE) {
		if (s->state == SIDE_CLOSE)
			body_end(h, role);
		all_end(h, EXCHANGE_ABORTED);
	}
	side_buf_free(s);
}

static enum sniff http1_sniff(struct span bytes)
{
	switch (http1_start(bytes)) {
	case START_REQUEST:
	case START_RESPONSE:
		return SNIFF_YES;
	case START_MORE:
		return SNIFF_MORE;
	default:
		return SNIFF_NO;
	}
}

static void http1_init(void *state, const struct proto_env *env, uint8_t dir, struct span first)
{
	struct http1 *h = state;

	h->env = *env;
	h->last = &h->first;
	h->request_dir = http1_start(first) == START_REQUEST ? dir :
							       (uint8_t)(WIRE_OUT + WIRE_IN - dir);
}

static bool http1_feed(void *state, const struct chunk *c)
{
	struct http1 *h = state;
	enum role role = c->dir == h->request_dir ? ROLE_REQUEST : ROLE_RESPONSE;
	if (c->gap)
		gap(h, role, c->gap);
	if (role == ROLE_RESPONSE && c->bytes.n && h->first)
		h->first->x.t_last_byte = c->ts;
	feed_bytes(h, role, c);
	if (c->flags & CHUNK_END)
		side_end(h, role);
	return !h->opaque;
}

static void http1_fini(void *state)
{
	struct http1 *h = state;

	all_end(h, h->opaque ? 0 : EXCHANGE_ABORTED);
	side_buf_free(&h->side[ROLE_REQUEST]);
	side_buf_free(&h->side[ROLE_RESPONSE]);
}

const struct proto_ops proto_http1 = {
	.name = "http1",
	.state_size = sizeof(struct http1),
	.sniff = http1_sniff,
	.init = http1_init,
	.feed = http1_feed,
	.fini = http1_fini,
};
