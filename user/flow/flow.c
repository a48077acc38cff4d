// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "base/share.h"
#include "flow/flow.h"

/*
 * A request: the smallest POST in HTTP/1 has some 250 bytes with its head; a TLS Finished has up to
 * 100, and what HTTP/2 sends by itself (SETTINGS, WINDOW_UPDATE, PING: RFC 9113 6) less.
 */
#define REQUEST_MIN 200
/* A piece of a request, which the answer has not begun before, is no window or acknowledgement. */
#define SMALL_MAX 100
/* An answer: a status line and a few headers. HTTP's "100 Continue" and HTTP/2's own are smaller.
 */
#define ANSWER_MIN 100
/*
 * What is smaller says nothing: TLS's close_notify has 24 to 31 bytes, HTTP/2's PING 39, a FIN
 * counts as one.
 */
#define NOTHING_MAX 40
/*
 * A server that has said no more has not agreed to anything: it asked for another ClientHello (a
 * HelloRetryRequest has some 100 bytes, RFC 8446 4.1.4).
 */
#define HELLO_MIN 130
/*
 * What is received while a request is being sent, and is no answer to it: TLS 1.3's tickets (two of
 * some 250 bytes), HTTP/2's windows.
 */
#define CHATTER_MAX 1024
/* What is sent within this time of the last is the same request, unless it was answered. */
#define REQUEST_GAP_NS (200 * 1000000ull)
/* Small pieces that are this far apart are not of one request. */
#define PENDING_GAP_NS (10 * 1000000ull)
/* An answer whose first bytes, no more than tickets, are followed by nothing for so long: tickets.
 */
#define TICKETS_GAP_NS (100 * 1000000ull)
/*
 * An answer is over when so long nothing came, on a connection that stays open. Streams pause while
 * a model thinks, but most providers send something by then.
 */
#define IDLE_NS (10 * 1000000000ull)
/* A connection that says nothing for so long is forgotten: its end was not seen. */
#define FORGET_NS (900 * 1000000000ull)
/* Lists of connections by process: a power of two. */
#define PROC_BUCKETS 256
/* Pieces of an answer that are this far apart are two; so many over so long are a stream. */
#define PIECE_NS      (2 * 1000000ull)
#define STREAM_PIECES 6
#define STREAM_NS     (50 * 1000000ull)
/* The plaintext of a request is read this long before or behind its bytes go out, at most. */
#define HOOKED_NS (1000 * 1000000ull)

struct flow_conn {
	struct flow_conn *next; /* of the processes with the same bucket */
	struct shared shared;
	uint64_t id;
	uint64_t random; /* of its ClientHello */
	struct proc_id proc;
	uint64_t cgroup;
	uint64_t sent, received; /* as of the last record */
	uint64_t last_ns;	 /* when the last record came */
	uint64_t pending;	 /* sent, and not enough for a request yet */
	uint64_t pending_ns;	 /* when the first of it was */
	uint64_t pending_last_ns;
	uint64_t hooked_ns; /* when a request was last read in plaintext; 0: never */
	uint32_t seq;
	bool passed_on; /* a proxy's: the connection begins elsewhere */
	/*
	 * A request on it was read in plaintext: so are all, whatever comes: the turns of a
	 * WebSocket, what is still sent of a request of HTTP/2 while another is answered.
	 */
	bool read;
	bool told; /* the exchange before was told: late bytes are known to be lost */
	/* The exchange under way; t_request 0: none. */
	uint64_t t_request, t_sent, t_first_byte, t_last_byte;
	uint64_t up, down;
	uint32_t pieces;
	char host[FLOW_NAME_MAX];
};

struct flow {
	sizes_emit_fn emit;
	void *ctx;
	struct drops *drops;
	struct table conns;
	struct share share;
	struct table randoms; /* of ClientHellos -> the connection that sent it first */
	struct flow_conn *by_proc[PROC_BUCKETS];
	uint64_t next_id; /* of exchanges */
};

struct flow *flow__new(sizes_emit_fn emit, void *ctx, struct drops *drops)
{
	struct flow *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->emit = emit;
	f->ctx = ctx;
	f->drops = drops;
	table__init(&f->conns, FLOW_CONN_MAX + 1); /* one more, until room is made */
	table__init(&f->randoms, FLOW_CONN_MAX + 1);
	share__init(&f->share, FLOW_CONN_MAX);
	return f;
}

void flow__free(struct flow *f)
{
	struct flow_conn *c;
	size_t at = 0;

	if (!f)
		return;
	while ((c = table__next(&f->conns, &at)))
		free(c);
	table__fini(&f->conns);
	table__fini(&f->randoms);
	share__fini(&f->share);
	free(f);
}

static bool is_answered(const struct flow_conn *c)
{
	return c->down >= ANSWER_MIN;
}

/* The exchange is over: tells it. */
static void tell(struct flow *f, struct flow_conn *c)
{
	struct sizes s = {
		.x = { .id = ++f->next_id,
		       .conn = c->id,
		       .seq = c->seq,
		       .proc = c->proc,
		       .cgroup = c->cgroup,
		       .t_request = c->t_request,
		       .t_first_byte = c->t_first_byte,
		       .t_last_byte = c->t_last_byte,
		       .request_len = c->up,
		       .response_len = c->down,
		       .request.host = span_str(c->host) },
		.sent = c->up,
		.received = c->down,
		.streamed =
			c->pieces >= STREAM_PIECES && c->t_last_byte - c->t_first_byte >= STREAM_NS,
		.hooked = c->read,
	};

	if (!c->t_request)
		return;
	if (is_answered(c)) {
		f->emit(f->ctx, &s);
		c->seq++;
	} else if (!c->read) {
		drops__add(f->drops, DROP_FLOW_UNANSWERED, 1);
	}
	c->told = true;
	c->t_request = c->t_sent = c->t_first_byte = c->t_last_byte = 0;
	c->up = c->down = 0;
	c->pieces = 0;
}

static bool is_near(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) <= HOOKED_NS;
}

static void begin(struct flow *f, struct flow_conn *c, uint64_t ts)
{
	tell(f, c);
	c->t_request = c->pending_ns;
	c->t_sent = ts;
	c->up = c->pending;
	c->pending = 0;
	c->read |= c->hooked_ns && is_near(c->hooked_ns, c->t_request);
}

static void on_sent(struct flow *f, struct flow_conn *c, uint64_t ts, uint64_t n)
{
	bool same = c->t_request &&
		    (!is_answered(c) || (c->down < CHATTER_MAX && ts - c->t_sent < REQUEST_GAP_NS));

	if (c->received < HELLO_MIN)
		return;
	if (same) {
		if (c->down && n < SMALL_MAX)
			return;
		c->up += n;
		c->t_sent = ts;
		/* So that was no answer. */
		c->down = 0;
		c->pieces = 0;
		c->t_first_byte = 0;
		return;
	}
	/* Finished, and then nothing for a while: the request begins with what comes now. */
	if (ts - c->pending_last_ns > PENDING_GAP_NS)
		c->pending = 0;
	if (!c->pending)
		c->pending_ns = ts;
	c->pending_last_ns = ts;
	c->pending += n;
	if (c->pending >= REQUEST_MIN)
		begin(f, c, ts);
}

static void on_received(struct flow *f, struct flow_conn *c, uint64_t ts, uint64_t n)
{
	if (n < NOTHING_MAX) {
		c->down += c->down ? n : 0;
		return;
	}
	/* Between two of theirs a few of our bytes are no request: a window, an acknowledgement. */
	c->pending = 0;
	if (!c->t_request) {
		if (c->told && n >= ANSWER_MIN)
			drops__add(f->drops, DROP_FLOW_LATE, n);
		return;
	}
	if (!c->seq && c->down && c->down <= CHATTER_MAX && ts - c->t_last_byte >= TICKETS_GAP_NS) {
		c->down = 0;
		c->pieces = 0;
	}
	if (!c->down)
		c->t_first_byte = ts;
	if (!c->down || ts - c->t_last_byte >= PIECE_NS)
		c->pieces++;
	c->down += n;
	c->t_last_byte = ts;
}

/* The counts as they are now. What was received by then was so before what is sent. */
static void move(struct flow *f, struct flow_conn *c, uint64_t ts, const struct wire_flow *m)
{
	if (m->received > c->received)
		on_received(f, c, ts, m->received - c->received);
	if (m->sent > c->sent)
		on_sent(f, c, ts, m->sent - c->sent);
	c->received = m->received > c->received ? m->received : c->received;
	c->sent = m->sent > c->sent ? m->sent : c->sent;
	c->last_ns = ts;
}

static struct flow_conn **bucket_of(struct flow *f, uint32_t tgid)
{
	return &f->by_proc[tgid % PROC_BUCKETS];
}

static void conn_free(struct flow *f, struct flow_conn *c)
{
	struct flow_conn **at = bucket_of(f, c->proc.tgid);

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (table__get(&f->randoms, c->random) == c)
		table__take(&f->randoms, c->random);
	table__take(&f->conns, c->id);
	share__take(&f->share, &c->shared);
	free(c);
}

static void conn_end(struct flow *f, struct flow_conn *c)
{
	if (!c->passed_on)
		tell(f, c);
	conn_free(f, c);
}

/*
 * A proxy that opens no TLS of its own passes the client's ClientHello on: there are two
 * connections on this host, of two processes, with the same bytes.
 */
static bool is_passed_on(struct flow *f, struct flow_conn *c)
{
	const struct flow_conn *first = table__get(&f->randoms, c->random);

	if (!first)
		table__put(&f->randoms, c->random, c); /* no room: it has no second then */
	return first && first->proc.tgid != c->proc.tgid;
}

static void open_conn(struct flow *f, const struct wire *w)
{
	struct share_owner owner = share_owner_of(w->cgroup, w->tgid, w->start_ns);
	struct wire_flow_open o;
	struct flow_conn *c = table__get(&f->conns, w->conn);

	if (w->len < sizeof(o))
		return;
	memcpy(&o, w->data, sizeof(o));
	if (c)
		conn_end(f, c);
	c = calloc(1, sizeof(*c));
	if (!c || share__add(&f->share, owner, &c->shared, c, 1))
		goto no_memory;
	if (table__put(&f->conns, w->conn, c)) {
		share__take(&f->share, &c->shared);
		goto no_memory;
	}
	c->id = w->conn;
	memcpy(&c->random, o.random, sizeof(c->random));
	c->proc = (struct proc_id){ .tgid = w->tgid, .start_ns = w->start_ns };
	c->next = *bucket_of(f, w->tgid);
	*bucket_of(f, w->tgid) = c;
	c->cgroup = w->cgroup;
	c->sent = o.sent;
	c->last_ns = w->ts;
	span__copy(span_of(o.name, strnlen(o.name, sizeof(o.name))), c->host, sizeof(c->host));
	c->passed_on = is_passed_on(f, c);
	if (c->passed_on)
		drops__add(f->drops, DROP_FLOW_PASSED_ON, 1);
	/* Of whoever has most, the one that was silent for longest makes room. */
	while ((c = share__over(&f->share))) {
		drops__add(f->drops, DROP_FLOWS_FULL, 1);
		conn_end(f, c);
	}
	return;
no_memory:
	drops__add(f->drops, DROP_NO_MEMORY, 1);
	free(c);
}

static void feed_moved(struct flow *f, const struct wire *w)
{
	struct flow_conn *c = table__get(&f->conns, w->conn);
	struct wire_flow m;

	if (!c || w->len < sizeof(m))
		return;
	memcpy(&m, w->data, sizeof(m));
	if (!c->passed_on)
		move(f, c, w->ts, &m);
	c->last_ns = w->ts;
	share__use(&c->shared);
	if (w->kind == WIRE_FLOW_END)
		conn_end(f, c);
}

/* In the order in which they came, which a recording repeats. */
static int by_id(const void *a, const void *b)
{
	const struct flow_conn *x = *(struct flow_conn *const *)a,
			       *y = *(struct flow_conn *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* Calls fn with each connection that wanted() takes; fn may free it. */
static void each(struct flow *f, const struct wire *w,
		 bool (*wanted)(const struct flow_conn *c, const struct wire *w),
		 void (*fn)(struct flow *f, struct flow_conn *c))
{
	struct flow_conn **list, *c;
	size_t at = 0, n = 0;

	if (!f->conns.count)
		return;
	list = calloc(f->conns.count, sizeof(*list));
	if (!list) {
		drops__add(f->drops, DROP_NO_MEMORY, 1);
		return;
	}
	while ((c = table__next(&f->conns, &at)))
		if (wanted(c, w))
			list[n++] = c;
	qsort(list, n, sizeof(*list), by_id);
	for (size_t i = 0; i < n; i++)
		fn(f, list[i]);
	free(list);
}

static bool is_of_process(const struct flow_conn *c, const struct wire *w)
{
	return c->proc.tgid == w->tgid && c->proc.start_ns == w->start_ns;
}

static bool is_idle(const struct flow_conn *c, const struct wire *w)
{
	return !c->passed_on && c->t_request && is_answered(c) && w->ts > c->t_last_byte + IDLE_NS;
}

static bool is_forgotten(const struct flow_conn *c, const struct wire *w)
{
	return w->ts > c->last_ns + FORGET_NS;
}

static bool is_any(const struct flow_conn *c, const struct wire *w)
{
	return true;
}

/* A request was read in plaintext: the process's connections to that host are counted by that. */
static void feed_read(struct flow *f, const struct wire *w)
{
	struct wire_flow_read read;
	struct span host;

	if (w->len < sizeof(read))
		return;
	memcpy(&read, w->data, sizeof(read));
	host = span_of(read.name, strnlen(read.name, sizeof(read.name)));
	for (struct flow_conn *c = *bucket_of(f, w->tgid); c; c = c->next) {
		if (!is_of_process(c, w) || (host.n && !span__eq_nocase(host, span_str(c->host))))
			continue;
		c->hooked_ns = w->ts;
		c->read |= c->t_request && is_near(w->ts, c->t_request);
	}
}

void flow__feed(struct flow *f, const struct wire *w)
{
	switch (w->kind) {
	case WIRE_FLOW_OPEN:
		open_conn(f, w);
		break;
	case WIRE_FLOW:
	case WIRE_FLOW_END:
		feed_moved(f, w);
		break;
	case WIRE_FLOW_READ:
		feed_read(f, w);
		break;
	case WIRE_EXIT:
		each(f, w, is_of_process, conn_end);
		break;
	case WIRE_TICK:
		each(f, w, is_idle, tell);
		each(f, w, is_forgotten, conn_end);
		break;
	}
}

bool flow__follows(const struct flow *f, uint64_t conn)
{
	return table__get(&f->conns, conn) != NULL;
}

bool flow__follows_process(const struct flow *f, const struct proc_id *proc)
{
	const struct flow_conn *c = f->by_proc[proc->tgid % PROC_BUCKETS];

	while (c && (c->proc.tgid != proc->tgid || c->proc.start_ns != proc->start_ns))
		c = c->next;
	return c != NULL;
}

void flow__finish(struct flow *f)
{
	each(f, NULL, is_any, conn_end);
}
