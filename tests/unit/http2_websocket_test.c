// SPDX-License-Identifier: BSD-2-Clause
/* Streams of HTTP/2 that become WebSockets (RFC 8441). */
#include "http2_story.h"

#define CONNECT(protocol)                                             \
	":method: CONNECT\n:protocol: " protocol "\n:scheme: https\n" \
	":path: /v1/realtime?model=x\n:authority: api.openai.com\n"   \
	"sec-websocket-version: 13\n"
#define AGREED	":status: 200\n"
#define DEFLATE AGREED "sec-websocket-extensions: permessage-deflate\n"
#define BEGUN	"\n#0 CONNECT /v1/realtime host=api.openai.com\n 200 "
/* "Hello" from the client, masked (RFC 6455 5.7); compressed from the server (RFC 7692 7.2.3). */
#define ASKED  "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
#define PACKED "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"
#define CLOSE  "\x88\x02\x03\xe8"

/* One direction's turn: bytes in DATA frames of at most two bytes, so that frames cross frames. */
struct turn {
	struct span bytes;
	bool end; /* of the stream */
};

struct session {
	const char *ask, *answer;
	struct turn turns[6]; /* from the client first */
	const char *told;
};

#define LIT(lit)                                        \
	{                                               \
		(const uint8_t *)(lit), sizeof(lit) - 1 \
	}

static const struct session sessions[] = {
	{ CONNECT("websocket"),
	  AGREED,
	  { { LIT(ASKED), false },
	    { LIT("\x81\x02hi\x81\x03you"), false },
	    { LIT(ASKED), false },
	    { LIT(CLOSE), true },
	    { LIT(""), true } },
	  BEGUN "\n sent Hello\n event |hi\n event |you\n sent Hello\n end asked answered" },
	/* Ended, but not closed: what was asked last has no answer. */
	{ CONNECT("WebSocket"),
	  DEFLATE,
	  { { LIT(ASKED), false }, { LIT(PACKED), false } },
	  BEGUN "\n sent Hello\n event |Hello\n end aborted" },
	{ CONNECT("websocket"),
	  AGREED,
	  { { LIT(""), false }, { LIT("\xff\xff"), false }, { LIT(ASKED), true } },
	  BEGUN "\n sent Hello\n end asked aborted broken" },
	{ CONNECT("websocket"),
	  ":status: 403\n",
	  { { LIT(""), true }, { LIT("no"), true } },
	  "\n#0 CONNECT /v1/realtime host=api.openai.com\n 403 \n <no\n end asked answered" },
	/* Another protocol's bytes are no messages. */
	{ CONNECT("connect-udp"),
	  AGREED,
	  { { LIT(""), false }, { LIT("\x81\x02hi"), true }, { LIT(""), true } },
	  BEGUN "\n <\x81\x02hi\n end asked answered" },
};

static void put_turn(struct conn *c, uint8_t dir, const struct turn *t)
{
	for (size_t at = 0; at < t->bytes.n; at += 2)
		put_frame(&c->wire[dir], HTTP2_DATA, 0, 1, t->bytes.p + at,
			  t->bytes.n - at < 2 ? t->bytes.n - at : 2);
	if (t->end)
		put_frame(&c->wire[dir], HTTP2_DATA, HTTP2_END_STREAM, 1, "", 0);
}

TEST(messages_are_told_however_they_are_cut)
{
	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++)
		for (size_t piece = 1; piece < 100; piece += 3) {
			const struct session *w = &sessions[i];
			struct story s;
			struct proto *p = begin(&s);
			uint64_t off[2] = { 0 };
			struct conn c;

			conn_open(&c);
			put_headers(&c.wire[WIRE_OUT], c.hd[WIRE_OUT], 0, 1, w->ask);
			send(p, &c, off, WIRE_OUT, piece);
			put_headers(&c.wire[WIRE_IN], c.hd[WIRE_IN], 0, 1, w->answer);
			send(p, &c, off, WIRE_IN, piece);
			for (uint8_t t = 0; t < 6; t++) {
				put_turn(&c, t & 1, &w->turns[t]);
				send(p, &c, off, t & 1, piece);
			}
			end(p, off);
			proto__free(p);
			conn_close(&c);
			if (strcmp(s.text, w->told))
				TEST_FAIL("session %zu in pieces of %zu:%s", i, piece, s.text);
			ASSERT_EQ(s.open, 0);
			ASSERT(!s.broken_rule);
		}
}

/* Beside other streams; a gap of unknown size costs a message, and the next one is found. */
TEST(a_gap_is_told_and_the_rest_is_read)
{
	struct story s;
	struct proto *p = begin(&s);
	uint64_t off[2] = { 0 };
	struct conn c;

	conn_open(&c);
	put_headers(&c.wire[WIRE_OUT], c.hd[WIRE_OUT], 0, 1, CONNECT("websocket"));
	send(p, &c, off, WIRE_OUT, 1000);
	put_headers(&c.wire[WIRE_IN], c.hd[WIRE_IN], 0, 1, AGREED);
	put_data(&c.wire[WIRE_IN], 0, 1, "\x81\x02{}");
	send(p, &c, off, WIRE_IN, 1000);
	lose(p, off, WIRE_IN, 1000);
	put_data(&c.wire[WIRE_IN], 0, 1, "\x81\x04[{}]");
	send(p, &c, off, WIRE_IN, 1000);
	ask(&c, 3, ASK_HEAD("/a"), NULL);
	send(p, &c, off, WIRE_OUT, 1000);
	answer(&c, 3, ":status: 200\n", "x");
	send(p, &c, off, WIRE_IN, 1000);
	end(p, off);
	proto__free(p);
	conn_close(&c);
	ASSERT_STR(s.text, BEGUN "\n event |{}\n event |[{}]\n#1 POST /a host=api.openai.com\n 200 "
				 "\n <x\n end asked answered\n end gap aborted");
}

static void on_unclaimed(void *ctx, const struct exchange_event *ev)
{
	unsigned int *told = ctx;

	*told += ev->kind != EXCHANGE_EV_REQUEST && ev->kind != EXCHANGE_EV_RESPONSE &&
		 ev->kind != EXCHANGE_EV_END;
}

TEST(one_that_nobody_claims_is_not_read)
{
	struct drops drops = { { 0 } };
	unsigned int told = 0;
	struct proto *p = proto__new(on_unclaimed, &told, &drops);
	uint64_t off[2] = { 0 };
	struct conn c;

	conn_open(&c);
	put_headers(&c.wire[WIRE_OUT], c.hd[WIRE_OUT], 0, 1, CONNECT("websocket"));
	put_data(&c.wire[WIRE_OUT], 0, 1, ASKED);
	send(p, &c, off, WIRE_OUT, 1000);
	put_headers(&c.wire[WIRE_IN], c.hd[WIRE_IN], 0, 1, AGREED);
	put_data(&c.wire[WIRE_IN], 0, 1, "\x81\x02{}");
	send(p, &c, off, WIRE_IN, 1000);
	end(p, off);
	proto__free(p);
	conn_close(&c);
	ASSERT_EQ(told, 0);
}

TEST_MAIN()
