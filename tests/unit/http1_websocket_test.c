// SPDX-License-Identifier: BSD-2-Clause
/* HTTP/1 connections that become WebSockets. */
#include "http1_story.h"

#define UPGRADE "GET /v1/realtime HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
#define SWITCH	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
#define DEFLATE SWITCH "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
#define BEGUN	"\n#0 GET /v1/realtime host=\n 101 "
/* "Hello" from the client, masked (RFC 6455 5.7); compressed from the server (RFC 7692 7.2.3). */
#define ASKED  "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
#define PACKED "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"

/* What goes out and comes in, in turns. */
struct turns {
	const char *said[6];
	const char *told;
};

/* Bytes that hold no NUL: what is compressed ends with one, and has it from the literal's end. */
static size_t size_of(const char *bytes)
{
	bool packed = span__ends(span_str(bytes), span_of(PACKED, sizeof(PACKED) - 2));

	return strlen(bytes) + packed;
}

static const struct turns stories[] = {
	{ { UPGRADE, SWITCH "\r\n", ASKED, "\x81\x02hi\x81\x03you", ASKED, "\x88\x01x" },
	  BEGUN "\n sent Hello\n event |hi\n event |you\n sent Hello\n end asked answered" },
	/* The server speaks first, behind its answer to the upgrade. */
	{ { UPGRADE, SWITCH "\r\n\x81\x02hi", ASKED },
	  BEGUN "\n event |hi\n sent Hello\n end asked aborted" },
	{ { UPGRADE, DEFLATE PACKED, "", "\xc1\x07\xf2\x48\xcd\xc9\xc9" },
	  BEGUN "\n event |Hello\n end asked aborted" },
	{ { UPGRADE, SWITCH "\r\n\xff\xff", ASKED },
	  BEGUN "\n sent Hello\n end asked aborted broken" },
	{ { UPGRADE, "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno" },
	  "\n#0 GET /v1/realtime host=\n 401 \n <no\n end asked answered" },
	/* Nobody asked for one. */
	{ { "GET /1 HTTP/1.1\r\n\r\n", SWITCH "\r\n\x81\x02hi" },
	  "\n#0 GET /1 host=\n 101 \n end asked answered" },
};

TEST(messages_are_told_however_they_are_cut)
{
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++)
		for (size_t piece = 1; piece < 200; piece++) {
			struct story s;
			struct proto *p = begin(&s);
			uint64_t off[2] = { 0 };

			for (uint8_t t = 0; t < 6 && stories[i].said[t]; t++)
				call(p, off, t & 1 ? WIRE_IN : WIRE_OUT, stories[i].said[t],
				     size_of(stories[i].said[t]), piece);
			end(p, off);
			proto__free(p);
			if (strcmp(s.text, stories[i].told))
				TEST_FAIL("story %zu in pieces of %zu:%s", i, piece, s.text);
			ASSERT_EQ(s.open, 0);
			ASSERT(!s.broken_rule);
		}
}

TEST(a_gap_is_told_and_the_rest_is_read)
{
	struct story s;
	struct proto *p = begin(&s);
	uint64_t off[2] = { 0 };

	call(p, off, WIRE_OUT, UPGRADE, strlen(UPGRADE), 1000);
	call(p, off, WIRE_IN, SWITCH "\r\n", strlen(SWITCH "\r\n"), 1000);
	lose(p, off, WIRE_IN, 1000);
	call(p, off, WIRE_IN, "\x81\x02{}", 4, 1000);
	end(p, off);
	proto__free(p);
	ASSERT_STR(s.text, BEGUN "\n event |{}\n end asked gap aborted");
}

TEST(watching_that_stops)
{
	struct story s;
	struct proto *p = begin(&s);
	uint64_t off[2] = { 0 };

	call(p, off, WIRE_OUT, UPGRADE, strlen(UPGRADE), 1000);
	call(p, off, WIRE_IN, SWITCH "\r\n\x81\x02hi", strlen(SWITCH "\r\n\x81\x02hi"), 1000);
	unwatch(p, off);
	proto__free(p);
	ASSERT_STR(s.text, BEGUN "\n event |hi\n end asked unwatched");
}

static void on_unclaimed(void *ctx, const struct exchange_event *ev)
{
	unsigned int *messages = ctx;

	*messages += ev->kind == EXCHANGE_EV_SENT || ev->kind == EXCHANGE_EV_SSE;
}

TEST(a_websocket_that_nobody_claims_is_let_go)
{
	struct drops drops = { { 0 } };
	unsigned int messages = 0;
	struct proto *p = proto__new(on_unclaimed, &messages, &drops);
	uint64_t off[2] = { 0 };

	call(p, off, WIRE_OUT, UPGRADE, strlen(UPGRADE), 1000);
	ASSERT_EQ(call(p, off, WIRE_IN, SWITCH "\r\n\x81\x02hi", strlen(SWITCH) + 6, 1000),
		  PROTO_IGNORE);
	end(p, off);
	proto__free(p);
	ASSERT_EQ(messages, 0);
}

TEST(one_that_was_open_before_is_counted_and_not_read)
{
	static const char *const answers[] = { "\x81\x02{}", "\x83\x02{}" };

	for (int i = 0; i < 2; i++) {
		struct story s;
		struct proto *p = begin(&s);
		uint64_t off[2] = { 0 };

		call(p, off, WIRE_OUT, ASKED, strlen(ASKED), 1000);
		ASSERT_EQ(call(p, off, WIRE_IN, answers[i], strlen(answers[i]), 1000),
			  PROTO_IGNORE);
		end(p, off);
		proto__free(p);
		ASSERT_STR(s.text, "");
		ASSERT_EQ(s.drops.n[DROP_WEBSOCKET_JOINED], i == 0);
		ASSERT_EQ(s.drops.n[DROP_NOT_HTTP], i == 1);
	}
}

TEST_MAIN()
