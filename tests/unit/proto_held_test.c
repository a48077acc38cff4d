// SPDX-License-Identifier: BSD-2-Clause
/* Memory that connections hold: bounded over all, and whoever holds most is let go first. */
#include "http1_story.h"

#define REQUEST "POST /v1/x HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 2\r\n\r\n{}"
#define STREAM                                                   \
	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" \
	"Transfer-Encoding: chunked\r\n\r\n"
#define PIECE 65536

struct fleet {
	struct proto *p;
	struct drops drops;
	size_t asked[3], ended[3], whole[3], unwatched[3]; /* exchanges by process */
};

static void on_exchange(void *ctx, const struct exchange_event *ev)
{
	struct fleet *f = ctx;
	size_t tgid = ev->x->proc.tgid;

	f->asked[tgid] += ev->kind == EXCHANGE_EV_REQUEST;
	if (ev->kind != EXCHANGE_EV_END)
		return;
	f->ended[tgid]++;
	f->whole[tgid] += (ev->x->flags & EXCHANGE_RESPONSE_DONE) != 0;
	f->unwatched[tgid] += (ev->x->flags & EXCHANGE_UNWATCHED) != 0;
}

/* off: where the connection's direction stands. */
static void feed(struct fleet *f, uint64_t conn, uint32_t tgid, uint8_t dir, uint64_t *off,
		 struct span bytes)
{
	proto__feed(f->p, &(struct chunk){ .conn = conn,
					   .proc.tgid = tgid,
					   .cgroup = tgid,
					   .dir = dir,
					   .off = *off,
					   .bytes = bytes,
					   .flags = CHUNK_CALL_FIRST });
	*off += bytes.n;
}

static void begin_fleet(struct fleet *f)
{
	*f = (struct fleet){ .p = NULL };
	f->p = proto__new(on_exchange, f, &f->drops);
}

/* Somebody else's exchange, in the middle of which all that happens: it is whole. */
static void victim(struct fleet *f, uint64_t off[2], bool end)
{
	if (!end) {
		feed(f, 1, 1, WIRE_OUT, &off[0], SPAN(REQUEST));
		feed(f, 1, 1, WIRE_IN, &off[1], SPAN(STREAM "9\r\ndata: {\"a\r\n"));
		return;
	}
	feed(f, 1, 1, WIRE_IN, &off[1], SPAN("5\r\n\":1}\n\r\n1\r\n\n\r\n0\r\n\r\n"));
	ASSERT_EQ(f->whole[1], 1);
	ASSERT_EQ(f->unwatched[1], 0);
}

/* Heads that never end. */
TEST(endless_heads_cost_their_own_process)
{
	static char head[60000];
	const size_t conns = 2 * (PROTO_HELD_MAX / sizeof(head));
	uint64_t off[2] = { 0 };
	struct fleet f;

	begin_fleet(&f);
	victim(&f, off, false);
	memset(head, 'a', sizeof(head));
	memcpy(head, "GET / HTTP/1.1\r\nX: ", 19);
	for (size_t i = 0; i < conns; i++)
		feed(&f, 100 + i, 2, WIRE_OUT, &(uint64_t){ 0 }, span_of(head, sizeof(head)));
	ASSERT(f.drops.n[DROP_HELD_FULL] >= conns / 2);
	ASSERT(f.drops.n[DROP_HELD_FULL] < conns / 2 + conns / 10);
	victim(&f, off, true);
	proto__free(f.p);
}

/* Events that never end; a connection that was let go is read on from its next request. */
TEST(endless_events_cost_their_own_process)
{
	static char text[PIECE];
	const size_t conns = PROTO_HELD_MAX / PROTO_EVENT_MAX + 4;
	uint64_t off[2] = { 0 }, theirs[32][2] = { { 0 } };
	struct fleet f;

	ASSERT(conns < 32);
	begin_fleet(&f);
	victim(&f, off, false);
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < conns; i++) {
		feed(&f, 100 + i, 2, WIRE_OUT, &theirs[i][0], SPAN(REQUEST));
		feed(&f, 100 + i, 2, WIRE_IN, &theirs[i][1], SPAN(STREAM "ffffff\r\ndata: "));
	}
	for (size_t n = 0; n < PROTO_EVENT_MAX - 2 * PIECE; n += PIECE)
		for (size_t i = 0; i < conns; i++)
			feed(&f, 100 + i, 2, WIRE_IN, &theirs[i][1], span_of(text, PIECE));
	ASSERT(f.drops.n[DROP_HELD_FULL] >= 4);
	ASSERT_EQ(f.unwatched[2], f.drops.n[DROP_HELD_FULL]);
	victim(&f, off, true);
	feed(&f, 100, 2, WIRE_OUT, &theirs[0][0], SPAN(REQUEST));
	feed(&f, 100, 2, WIRE_IN, &theirs[0][1],
	     SPAN("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
	ASSERT_EQ(f.whole[2], 1);
	proto__free(f.p);
	ASSERT_EQ(f.ended[2], conns + 1);
}

/* Requests without an answer: what is known of each counts, too. */
TEST(open_exchanges_cost_their_own_process)
{
	const size_t conns = PROTO_HELD_MAX / PROTO_EXCHANGE_BYTES / PROTO_PIPELINE_MAX + 100;
	uint64_t off[2] = { 0 };
	struct fleet f;

	begin_fleet(&f);
	victim(&f, off, false);
	for (size_t i = 0; i < conns; i++) {
		uint64_t theirs = 0;

		for (size_t n = 0; n < PROTO_PIPELINE_MAX; n++)
			feed(&f, 100 + i, 2, WIRE_OUT, &theirs, SPAN(REQUEST));
	}
	ASSERT(f.drops.n[DROP_HELD_FULL] >= 100);
	ASSERT(f.asked[2] - f.ended[2] <= PROTO_HELD_MAX / PROTO_EXCHANGE_BYTES);
	victim(&f, off, true);
	proto__free(f.p);
}

TEST_MAIN()
