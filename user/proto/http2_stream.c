// SPDX-License-Identifier: BSD-2-Clause
/* HTTP/2's streams (RFC 9113 5.1): each is one exchange. */
#include <errno.h>
#include <stdlib.h>

#include "proto/head.h"
#include "proto/http2.h"

/* Where the stream is, or would be. Ids come in ascending order: most look at the end. */
static size_t place(const struct http2 *h, uint32_t id)
{
	size_t low = 0, high = h->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (h->streams[mid]->id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct http2_stream *http2_stream_get(struct http2 *h, uint32_t id)
{
	size_t at = place(h, id);

	return at < h->count && h->streams[at]->id == id ? h->streams[at] : NULL;
}

static void stream_drop(struct http2 *h, struct http2_stream *s, uint32_t flags)
{
	size_t at = place(h, s->id);

	h->count--;
	h->held -= s->held;
	h->pooled -= s->shared.process != NULL;
	share__take(h->env->streams, &s->shared);
	memmove(&h->streams[at], &h->streams[at + 1], (h->count - at) * sizeof(*h->streams));
	if (!s->missed) {
		if (s->pending.x.flags & EXCHANGE_RESPONSE_DONE)
			flags &= ~(uint32_t)(EXCHANGE_ABORTED | EXCHANGE_UNWATCHED);
		pending__end(&s->pending, flags);
	}
	free(s);
}

/* What it takes of memory may have changed. */
static void weigh(struct http2 *h, struct http2_stream *s)
{
	h->held -= s->held;
	s->held = sizeof(*s) + (s->missed ? 0 : pending__held(&s->pending));
	h->held += s->held;
}

/* What waits for an end that may have been lost, or that its client never tells. */
static bool make_room(struct http2 *h)
{
	for (size_t i = 0; i < h->count; i++) {
		struct http2_stream *s = h->streams[i];

		if (s->missed || s->ended[ROLE_RESPONSE] ||
		    (s->pending.x.flags & (EXCHANGE_GAP | EXCHANGE_BROKEN))) {
			stream_drop(h, s, 0);
			return true;
		}
	}
	return false;
}

/* Its connection may be silent from now on, and holds less. */
static void stream_let_go(struct http2_stream *s)
{
	struct http2 *h = s->conn;
	size_t held = h->shared->weight;

	held -= s->held < held ? s->held : held;
	drops__add(h->env->drops, DROP_STREAMS_POOL_FULL, 1);
	stream_drop(h, s, EXCHANGE_TRUNCATED);
	share__weigh(h->env->held, h->shared, held);
}

/* Of the pool, what has to go for the newest may be of any connection. False: it is itself. */
static bool pool_add(struct http2 *h, struct http2_stream *s, const struct chunk *c)
{
	struct share_owner owner = share_owner_of(c->cgroup, c->proc.tgid, c->proc.start_ns);
	struct http2_stream *full;

	if (share__add(h->env->streams, owner, &s->shared, s, 1)) {
		drops__add(h->env->drops, DROP_NO_MEMORY, 1);
		return false;
	}
	h->pooled++;
	while ((full = share__over(h->env->streams)) && full != s)
		stream_let_go(full);
	if (full)
		drops__add(h->env->drops, DROP_STREAMS_POOL_FULL, 1);
	return !full;
}

static struct http2_stream *stream_new(struct http2 *h, uint32_t id, const struct chunk *c)
{
	struct http2_stream *s, **more;
	size_t at, cap = h->cap ? 2 * h->cap : 4;

	if (h->count == HTTP2_STREAMS_MAX && !make_room(h)) {
		drops__add(h->env->drops, DROP_STREAMS_FULL, 1);
		return NULL;
	}
	if (h->count == h->cap) {
		more = realloc(h->streams, cap * sizeof(*more));
		if (!more)
			goto no_memory;
		h->streams = more;
		h->cap = cap;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		goto no_memory;
	s->conn = h;
	s->id = id;
	s->left[ROLE_REQUEST] = s->left[ROLE_RESPONSE] = UINT64_MAX;
	at = place(h, id);
	memmove(&h->streams[at + 1], &h->streams[at], (h->count - at) * sizeof(*h->streams));
	h->streams[at] = s;
	h->count++;
	s->missed = true; /* until its request is told: it has no exchange to be ended */
	if (h->count - h->pooled > HTTP2_STREAMS_OWN && !pool_add(h, s, c)) {
		stream_drop(h, s, 0);
		return NULL;
	}
	s->missed = false;
	return s;
no_memory:
	drops__add(h->env->drops, DROP_NO_MEMORY, 1);
	return NULL;
}

/*
 * Something of a stream that began unseen: it is counted, once, unless the process served it. As
 * long as that is not known, who receives is taken for the caller.
 */
static void note_missed(struct http2 *h, struct http2_stream *s, const struct chunk *c, uint32_t id)
{
	bool calls = h->sure ? h->request_dir == WIRE_OUT : c->dir == WIRE_IN;

	if (!s && h->joined && id % 2 && id > h->floor && (!h->first || id < h->first))
		s = stream_new(h, id, c);
	if (!s)
		return;
	s->missed = true;
	if (calls && !s->counted)
		drops__add(h->env->drops, DROP_MISSED_START, 1);
	s->counted |= calls;
}

/*
 * Ends the stream when both sides have ended. One that lost something may have lost an end of its
 * request: it does not wait for that.
 */
static void settle(struct http2 *h, struct http2_stream *s)
{
	if (s->ended[ROLE_RESPONSE] && (s->missed || s->ended[ROLE_REQUEST] ||
					(s->pending.x.flags & (EXCHANGE_GAP | EXCHANGE_BROKEN))))
		stream_drop(h, s, 0);
}

/* Pseudo-headers to the parts of a head (RFC 9113 8.3); the rest stays in headers. */
static struct head head_of(const struct hpack_block *b)
{
	struct head h = { .version = 20, .headers = b->headers, .header_count = b->count };
	size_t i;

	for (i = 0; i < b->count && b->headers[i].name.p[0] == ':'; i++) {
		struct span name = b->headers[i].name, value = b->headers[i].value;

		if (span__eq(name, SPAN(":method")))
			h.method = value;
		else if (span__eq(name, SPAN(":path")))
			h.target = value;
		else if (span__eq(name, SPAN(":authority")))
			h.host = head_host(value);
		else if (span__eq(name, SPAN(":status")) && value.n == 3)
			for (size_t d = 0; d < 3; d++)
				h.status = (uint16_t)(h.status * 10 + (value.p[d] - '0') % 10);
	}
	h.headers += i;
	h.header_count -= i;
	h.path = h.target;
	h.path = span__cut(&h.path, '?');
	head__finish(&h);
	return h;
}

/* What a head says of the body that follows. holes: headers are missing. */
static void body_of(struct http2_stream *s, enum role role, const struct head *head, bool holes)
{
	struct span coding = head__get(head, SPAN("content-encoding")),
		    length = head__get(head, SPAN("content-length"));

	if (head_length(length, &s->left[role]))
		s->left[role] = UINT64_MAX;
	if (holes && !coding.p)
		pending__coding_shown(&s->pending, role);
	else
		pending__coding(&s->pending, role, coding);
}

/*
 * An extended CONNECT (RFC 8441 4):
 *
 *   :method CONNECT  :protocol websocket  :scheme https  :path /v1/realtime  :authority ...
 */
static bool asks_for_websocket(const struct hpack_block *b)
{
	for (size_t i = 0; b && i < b->count && b->headers[i].name.p[0] == ':'; i++)
		if (span__eq(b->headers[i].name, SPAN(":protocol")))
			return span__eq_nocase(b->headers[i].value, SPAN("websocket"));
	return false;
}

/* holes: headers are missing; body: one follows. */
static void request(struct http2 *h, const struct chunk *c, uint32_t id, const struct head *head,
		    bool websocket, bool holes, bool body)
{
	struct http2_stream *s;

	h->last = id;
	if (!h->first)
		h->first = id;
	s = stream_new(h, id, c);
	if (!s)
		return;
	s->pending.x.protocol = 20;
	s->pending.x.seq = h->seq++;
	s->pending.x.flags = (h->request_dir == WIRE_IN ? EXCHANGE_SERVED : 0) |
			     (websocket ? EXCHANGE_WEBSOCKET : 0);
	if (pending__request(&s->pending, h->env, c, head))
		stream_drop(h, s, EXCHANGE_TRUNCATED);
	else if (body)
		body_of(s, ROLE_REQUEST, head, holes);
}

static void response(struct http2 *h, struct http2_stream *s, const struct chunk *c,
		     const struct head *head, bool holes, bool body)
{
	int err = pending__response(&s->pending, c, head);

	s->answered = true;
	if (!err && exchange__is_websocket(&s->pending.x)) {
		if (s->pending.x.claim)
			err = pending__upgrade(&s->pending, head);
	} else if (!err && body) {
		body_of(s, ROLE_RESPONSE, head, holes);
	}
	if (err)
		stream_drop(h, s, EXCHANGE_TRUNCATED);
}

/* A response whose head was lost: its body tells what it is. */
static void answer_unseen(struct http2 *h, struct http2_stream *s, const struct chunk *c)
{
	response(h, s, c, &(struct head){ .version = 20 }, true, true);
}

/* Which direction requests go in, where that is not known from the preface. */
static void learn_direction(struct http2 *h, uint8_t dir, const struct head *head)
{
	uint8_t other = (uint8_t)(WIRE_OUT + WIRE_IN - dir);

	if (h->sure || (!head->method.n && !head->status))
		return;
	h->request_dir = head->method.n ? dir : other;
	h->sure = true;
}

void http2_stream_head(struct http2 *h, uint8_t dir, const struct chunk *c,
		       const struct http2_frame *f, const struct hpack_block *block, uint32_t flags)
{
	struct http2_stream *s = http2_stream_get(h, f->stream);
	bool holes = !block || block->holes || block->cut, end = f->flags & HTTP2_END_STREAM;
	struct head head = { .version = 20 };
	enum role role;

	if (block)
		head = head_of(block);
	learn_direction(h, dir, &head);
	role = dir == h->request_dir ? ROLE_REQUEST : ROLE_RESPONSE;
	if (role == ROLE_REQUEST && f->stream % 2 && f->stream > h->last &&
	    (head.method.n || !block)) {
		request(h, c, f->stream, &head, asks_for_websocket(block), holes, !end);
	} else if (role == ROLE_RESPONSE && s && !s->missed && !s->answered) {
		/* 100 Continue, 103 Early Hints: the answer proper follows */
		if (head.status / 100 == 1)
			return;
		response(h, s, c, &head, holes, !end);
	} else if (role == ROLE_RESPONSE && s && !s->missed && !s->ended[role]) {
		pending__trailers(&s->pending, &head);
	} else if (!s || s->missed) {
		note_missed(h, s, c, f->stream);
	}
	s = http2_stream_get(h, f->stream);
	if (s)
		weigh(h, s);
	if (s && !s->missed) {
		s->pending.x.flags |= flags;
		if (role == ROLE_RESPONSE)
			s->pending.x.t_last_byte = c->ts;
	}
	if (end)
		http2_stream_end(h, role, c, f->stream);
}

/* Of one that nobody wants, or that was not agreed to yet, nothing is read. */
static void websocket_data(struct http2_stream *s, enum role role, const struct chunk *c,
			   struct span bytes, bool first)
{
	if (!pending__is_upgraded(&s->pending))
		return;
	pending__upgraded_feed(&s->pending, role, c->ts, bytes, first);
	if (s->pending.closed)
		s->pending.x.flags |= EXCHANGE_RESPONSE_DONE;
}

void http2_stream_data(struct http2 *h, enum role role, const struct chunk *c, uint32_t id,
		       struct span bytes, bool first)
{
	struct http2_stream *s = http2_stream_get(h, id);

	if (!s || s->missed) {
		note_missed(h, s, c, id);
		return;
	}
	if (s->ended[role])
		return;
	share__use(&s->shared);
	if (role == ROLE_RESPONSE) {
		if (!s->answered)
			answer_unseen(h, s, c);
		s = http2_stream_get(h, id);
		if (!s)
			return;
		s->pending.x.t_last_byte = c->ts;
	}
	if (s->pending.x.flags & EXCHANGE_WEBSOCKET && s->pending.x.response.status < 300) {
		websocket_data(s, role, c, bytes, first);
		weigh(h, s);
		return;
	}
	if (bytes.n > s->left[role])
		bytes.n = (size_t)s->left[role];
	pending__body(&s->pending, role, bytes);
	weigh(h, s);
	if (s->left[role] == UINT64_MAX)
		return;
	/* Who has all that was announced may close before the stream's end is told: curl does. */
	s->left[role] -= bytes.n;
	if (!s->left[role])
		http2_stream_end(h, role, c, id);
}

void http2_stream_gap(struct http2 *h, enum role role, uint32_t id, uint64_t missing)
{
	struct http2_stream *s = http2_stream_get(h, id);

	if (!s || s->missed)
		return;
	pending__gap(&s->pending, role, missing);
	s->left[role] = UINT64_MAX;
}

void http2_stream_end(struct http2 *h, enum role role, const struct chunk *c, uint32_t id)
{
	struct http2_stream *s = http2_stream_get(h, id);

	if (!s || s->ended[role])
		return;
	s->ended[role] = true;
	if (!s->missed && (role == ROLE_REQUEST || s->answered))
		pending__body_end(&s->pending, role);
	settle(h, s);
}

void http2_stream_reset(struct http2 *h, uint32_t id)
{
	struct http2_stream *s = http2_stream_get(h, id);

	/* One that was missed stays: what is on its way of it is not to be counted again. */
	if (s && !s->missed)
		stream_drop(h, s, EXCHANGE_ABORTED);
}

void http2_streams_end(struct http2 *h, uint32_t above, uint32_t flags)
{
	size_t from = above ? place(h, above + 1) : 0;

	while (h->count > from)
		stream_drop(h, h->streams[from], flags);
}

void http2_streams_gap(struct http2 *h, enum role role, uint32_t flags)
{
	for (size_t i = 0; i < h->count; i++) {
		struct http2_stream *s = h->streams[i];

		if (s->missed || s->ended[role])
			continue;
		pending__gap(&s->pending, role, 0);
		s->left[role] = UINT64_MAX;
		s->pending.x.flags |= flags;
	}
	/* Requests may have begun unseen. */
	h->joined = true;
	if (role != ROLE_REQUEST)
		return;
	h->floor = h->last;
	h->first = 0;
}
