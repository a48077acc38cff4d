// SPDX-License-Identifier: BSD-2-Clause
/*
 * HTTP/1 (RFC 9112): two directions of messages, paired in order. A message's head is held until it
 * is whole; its body is told as it comes. A gap costs the exchange it falls into: where the framing
 * survives (within a body of known length) reading goes on behind it, else at the next TLS call
 * that begins a message.
 */
#include <errno.h>
#include <stdlib.h>

#include "proto/http1.h"
#include "proto/proto.h"

void http1_first_end(struct http1 *h, uint32_t flags)
{
	struct http1_exchange *x = h->first;

	h->first = x->next;
	if (!h->first)
		h->last = &h->first;
	h->waiting--;
	for (int role = 0; role < ROLES; role++)
		if (h->side[role].x == x)
			h->side[role].x = NULL;
	pending__end(&x->pending, flags);
	free(x);
}

static void all_end(struct http1 *h, uint32_t flags)
{
	while (h->first)
		http1_first_end(h, flags);
}

void http1_side_buf_free(struct side *s)
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
	http1_side_buf_free(s);
	if (s->x)
		s->x->pending.x.flags |= flags;
	s->x = NULL;
	/* Its answer is not understood to its end; the next one is another's. */
	if (role == ROLE_RESPONSE && h->first)
		http1_first_end(h, flags);
}

static void gap(struct http1 *h, enum role role, uint64_t missing)
{
	struct side *s = &h->side[role];
	struct http1_exchange *x = s->x ? s->x : role == ROLE_RESPONSE ? h->first : NULL;

	if (x)
		pending__gap(&x->pending, role, missing);
	if (s->state == SIDE_LOST)
		return;
	if (s->state != SIDE_CLOSE &&
	    ((s->state != SIDE_LENGTH && s->state != SIDE_CHUNK) || missing > s->left)) {
		side_lose(h, role, EXCHANGE_GAP);
		return;
	}
	if (s->state == SIDE_CLOSE)
		return;
	s->left -= missing;
	if (s->left)
		return;
	if (s->state == SIDE_CHUNK)
		s->state = SIDE_CHUNK_END;
	else
		http1_body_end(h, role);
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

static void feed_upgraded(struct http1 *h, enum role role, const struct chunk *c, struct span b,
			  bool call_first)
{
	struct pending *p = http1_upgraded(h);

	pending__upgraded_feed(p, role, c->ts, b, call_first);
	if (!p->closed)
		return;
	h->opaque = true;
	http1_first_end(h, EXCHANGE_RESPONSE_DONE);
}

static void feed_bytes(struct http1 *h, enum role role, const struct chunk *c)
{
	struct side *s = &h->side[role];
	struct span b = c->bytes;

	if (http1_upgraded(h)) {
		feed_upgraded(h, role, c, b, c->flags & CHUNK_CALL_FIRST);
		return;
	}
	if (s->state == SIDE_LOST && !resync(h, role, c))
		return;
	while (b.n && !h->opaque && !http1_upgraded(h)) {
		ssize_t n = http1_read(h, role, c, b);

		if (n < 0) {
			drops__add(h->env->drops,
				   n == -EMSGSIZE ? DROP_HEAD_TOO_LARGE
				   : n == -ENOMEM ? DROP_NO_MEMORY
						  : DROP_BAD_HTTP,
				   1);
			side_lose(h, role, EXCHANGE_BROKEN);
			return;
		}
		b = span_of(b.p + n, b.n - (size_t)n);
	}
	/* The server's first messages may come with its answer to the upgrade. */
	if (b.n && !h->opaque)
		feed_upgraded(h, role, c, b, false);
}

static void side_end(struct http1 *h, enum role role, uint8_t chunk_flags)
{
	struct side *s = &h->side[role];

	if (role == ROLE_RESPONSE) {
		bool over = !(chunk_flags & CHUNK_UNWATCHED);

		if (s->state == SIDE_CLOSE && over)
			http1_body_end(h, role);
		all_end(h, over ? EXCHANGE_ABORTED : EXCHANGE_UNWATCHED);
	}
	http1_side_buf_free(s);
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

static void http1_init(void *state, const struct proto_env *env, const struct proto_begin *b)
{
	struct http1 *h = state;

	h->env = env;
	h->last = &h->first;
	h->request_dir = http1_start(b->first) == START_REQUEST
				 ? b->dir
				 : (uint8_t)(WIRE_OUT + WIRE_IN - b->dir);
	/* The rest of an answer passed; that of a request is counted with its answer. */
	if (b->joined && h->request_dir == b->dir)
		drops__add(env->drops, DROP_MISSED_START, 1);
}

static bool http1_feed(void *state, const struct chunk *c)
{
	struct http1 *h = state;
	enum role role = c->dir == h->request_dir ? ROLE_REQUEST : ROLE_RESPONSE;

	if (c->gap && http1_upgraded(h))
		pending__gap(http1_upgraded(h), role, c->gap);
	else if (c->gap)
		gap(h, role, c->gap);
	if (role == ROLE_RESPONSE && c->bytes.n && h->first)
		h->first->pending.x.t_last_byte = c->ts;
	feed_bytes(h, role, c);
	if (c->flags & CHUNK_END)
		side_end(h, role, c->flags);
	return !h->opaque;
}

static size_t http1_held(const void *state)
{
	const struct http1 *h = state;
	size_t n = h->side[ROLE_REQUEST].cap + h->side[ROLE_RESPONSE].cap;

	for (const struct http1_exchange *x = h->first; x; x = x->next)
		n += pending__held(&x->pending);
	return n;
}

static void http1_fini(void *state)
{
	struct http1 *h = state;

	all_end(h, h->opaque ? 0 : EXCHANGE_ABORTED);
	http1_side_buf_free(&h->side[ROLE_REQUEST]);
	http1_side_buf_free(&h->side[ROLE_RESPONSE]);
}

const struct proto_ops proto_http1 = {
	.name = "http1",
	.state_size = sizeof(struct http1),
	.sniff = http1_sniff,
	.init = http1_init,
	.feed = http1_feed,
	.held = http1_held,
	.fini = http1_fini,
};
