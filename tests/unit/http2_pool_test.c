// SPDX-License-Identifier: BSD-2-Clause
/* Streams of HTTP/2 that many connections have open at once: a pool, by their owners. */
#include "http2_story.h"
#include "proto/http2.h"

struct fleet {
	struct proto *p;
	struct drops drops;
	size_t open[8], truncated[8]; /* exchanges by process */
};

static void on_exchange(void *ctx, const struct exchange_event *ev)
{
	struct fleet *f = ctx;
	size_t tgid = ev->x->proc.tgid;

	f->open[tgid] += ev->kind == EXCHANGE_EV_REQUEST;
	f->open[tgid] -= ev->kind == EXCHANGE_EV_END;
	f->truncated[tgid] +=
		ev->kind == EXCHANGE_EV_END && (ev->x->flags & EXCHANGE_TRUNCATED) != 0;
}

static void feed(struct fleet *f, uint64_t id, uint32_t tgid, struct conn *c, uint8_t dir)
{
	proto__feed(f->p, &(struct chunk){ .conn = id,
					   .proc.tgid = tgid,
					   .cgroup = 1 + tgid / 4,
					   .dir = dir,
					   .bytes = span_of(c->wire[dir].p, c->wire[dir].n),
					   .flags = CHUNK_CALL_FIRST });
	c->wire[dir].n = 0;
}

/* Connections from that id on, each with so many requests that are not answered. */
static void flood(struct fleet *f, uint64_t id, size_t conns, uint32_t tgid, uint32_t streams)
{
	for (size_t i = 0; i < conns; i++) {
		struct conn c;

		conn_open(&c);
		for (uint32_t s = 0; s < streams; s++)
			ask(&c, 2 * s + 1, ASK_HEAD("/a"), NULL);
		feed(f, id + i, tgid, &c, WIRE_OUT);
		conn_close(&c);
	}
}

TEST(a_flood_of_streams_costs_its_own_process)
{
	const size_t beyond = 100 - HTTP2_STREAMS_OWN, conns = PROTO_STREAMS_MAX / beyond + 50;
	struct fleet f = { .p = NULL };

	f.p = proto__new(on_exchange, &f, &f.drops);
	flood(&f, 1, 1, 1, 100);
	flood(&f, 1000, 3, 5, 100); /* of another tenant, beside the flood */
	flood(&f, 2000, conns, 6, 100);
	flood(&f, 9000, 1, 2, 100);
	ASSERT_EQ(f.open[1], 100);
	ASSERT_EQ(f.open[5], 300);
	ASSERT_EQ(f.open[2], 100);
	/* All connections have their own, and the pool is full. */
	ASSERT_EQ(f.open[6], conns * HTTP2_STREAMS_OWN + PROTO_STREAMS_MAX - 5 * beyond);
	ASSERT_EQ(f.truncated[6], conns * 100 - f.open[6]);
	ASSERT_EQ(f.drops.n[DROP_STREAMS_POOL_FULL], f.truncated[6]);
	ASSERT_EQ(f.truncated[1] + f.truncated[2] + f.truncated[5], 0);
	proto__free(f.p);
	for (size_t i = 0; i < 8; i++)
		ASSERT_EQ(f.open[i], 0);
}

/* Whoever ends his streams has room again: what was the pool's is given back. */
TEST(what_ends_is_given_back)
{
	struct fleet f = { .p = NULL };
	struct conn c;

	f.p = proto__new(on_exchange, &f, &f.drops);
	conn_open(&c);
	for (uint32_t round = 0; round < 3 * PROTO_STREAMS_MAX / 100; round++) {
		for (uint32_t s = 0; s < 100; s++)
			ask(&c, 200 * round + 2 * s + 1, ASK_HEAD("/a"), NULL);
		feed(&f, 1, 1, &c, WIRE_OUT);
		for (uint32_t s = 0; s < 100; s++)
			answer(&c, 200 * round + 2 * s + 1, ":status: 200\n", "x");
		feed(&f, 1, 1, &c, WIRE_IN);
		ASSERT_EQ(f.open[1], 0);
	}
	ASSERT_EQ(f.drops.n[DROP_STREAMS_POOL_FULL], 0);
	ASSERT_EQ(f.truncated[1], 0);
	conn_close(&c);
	proto__free(f.p);
}

TEST_MAIN()
