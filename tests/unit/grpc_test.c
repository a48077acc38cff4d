// SPDX-License-Identifier: BSD-2-Clause
/* gRPC over HTTP/2: messages of both directions, and what its trailers say. */
#include <zlib.h>

#include "http2_story.h"

#define GRPC_ASK                                                              \
	":method: POST\n:scheme: https\n:authority: g.example\n:path: /S/M\n" \
	"content-type: application/grpc\nte: trailers\n"
#define GRPC_HEAD ":status: 200\ncontent-type: application/grpc+proto\n"
#define TOLD_ASK  "\n#0 POST /S/M host=g.example"

static void put_bytes(struct buffer *b, uint8_t flags, uint32_t stream, const char *bytes, size_t n)
{
	put_frame(b, HTTP2_DATA, flags, stream, bytes, n);
}

static void grpc_ask(struct conn *c)
{
	put_headers(&c->wire[WIRE_OUT], c->hd[WIRE_OUT], 0, 1, GRPC_ASK);
	put_bytes(&c->wire[WIRE_OUT], HTTP2_END_STREAM, 1, "\0\0\0\0\3ask", 8);
	put_headers(&c->wire[WIRE_IN], c->hd[WIRE_IN], 0, 1, GRPC_HEAD);
}

static void trailers(struct conn *c, const char *lines)
{
	put_headers(&c->wire[WIRE_IN], c->hd[WIRE_IN], HTTP2_END_STREAM, 1, lines);
}

/* A message may span frames, a frame hold several, one be empty. */
TEST(messages_in_frames)
{
	struct buffer *in;
	struct conn c;

	conn_open(&c);
	in = &c.wire[WIRE_IN];
	grpc_ask(&c);
	put_bytes(in, 0, 1, "\0\0\0\0\2on\0\0\0\0\0\0\0", 14);
	put_bytes(in, 0, 1, "\0\0\4four", 7);
	put_bytes(in, 0, 1, "\0\0\0\0\3", 5);
	put_bytes(in, 0, 1, "abc", 3);
	trailers(&c, "grpc-status: 0\n");
	is_told(&c, TOLD_ASK "\n >ask\n 200 application/grpc+proto\n event |on\n event |"
			     "\n event |four\n event |abc\n end asked answered");
}

/* A message in gzip, with its prefix. Returns its length. */
static size_t compressed(const uint8_t *bytes, size_t n, uint8_t *ret_message, size_t room)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)bytes,
		       .avail_in = (uInt)n,
		       .next_out = ret_message + 5,
		       .avail_out = (uInt)room - 5 };

	deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	deflate(&z, Z_FINISH);
	ret_message[0] = 1;
	for (int i = 0; i < 4; i++)
		ret_message[1 + i] = (uint8_t)(z.total_out >> (24 - 8 * i));
	deflateEnd(&z);
	return 5 + z.total_out;
}

TEST(a_compressed_message)
{
	uint8_t message[1024];
	struct conn c;

	conn_open(&c);
	grpc_ask(&c);
	put_bytes(&c.wire[WIRE_IN], 0, 1, (char *)message,
		  compressed((const uint8_t *)"hello", 5, message, sizeof(message)));
	trailers(&c, "grpc-status: 0\n");
	is_told(&c, TOLD_ASK "\n >ask\n 200 application/grpc+proto\n event |hello"
			     "\n end asked answered");
}

/* Whatever byte of it is wrong, wherever it is cut: its exchange is not whole. */
TEST(a_broken_compressed_message_breaks_its_exchange)
{
	uint8_t message[1024];
	size_t n = compressed((const uint8_t *)"hello", 5, message, sizeof(message));

	for (size_t at = 5; at < 2 * n - 5; at++) {
		size_t cut = at < n ? n : at - n + 5;
		struct story s;
		struct conn c;

		/* gzip's time, extra flags and system say nothing (RFC 1952 2.3.1). */
		if (at >= 5 + 4 && at < 5 + 10)
			continue;
		conn_open(&c);
		grpc_ask(&c);
		if (at < n)
			message[at] ^= 0x55;
		message[4] = (uint8_t)(cut - 5);
		put_bytes(&c.wire[WIRE_IN], 0, 1, (char *)message, cut);
		message[4] = (uint8_t)(n - 5);
		if (at < n)
			message[at] ^= 0x55;
		trailers(&c, "grpc-status: 0\n");
		told(&c, &s, 1000);
		if (cut == 5 ? s.drops.n[DROP_BAD_RPC] != 0
			     : !strstr(s.text, "\n end asked answered broken"))
			TEST_FAIL("byte %zu of %zu: %s", at, cut, s.text);
		conn_close(&c);
	}
}

TEST(a_body_that_ends_within_a_message_is_broken)
{
	for (size_t n = 1; n < 8; n++) {
		struct story s;
		struct conn c;

		conn_open(&c);
		put_headers(&c.wire[WIRE_OUT], c.hd[WIRE_OUT], 0, 1, GRPC_ASK);
		put_bytes(&c.wire[WIRE_OUT], HTTP2_END_STREAM, 1, "\0\0\0\0\3ask", n);
		told(&c, &s, 1000);
		ASSERT(strstr(s.text, " broken"));
		ASSERT_EQ(s.drops.n[DROP_BAD_RPC], 1);
		conn_close(&c);
		conn_open(&c);
		grpc_ask(&c);
		put_bytes(&c.wire[WIRE_IN], 0, 1, "\0\0\0\0\3ask", n);
		trailers(&c, "grpc-status: 0\n");
		told(&c, &s, 1000);
		ASSERT(strstr(s.text, "\n end asked answered broken"));
		conn_close(&c);
	}
}

/* What a block refers to may be lost, the answer's type with it. */
TEST(an_answer_of_no_known_type_is_grpc_as_its_request_is)
{
	struct conn c;

	conn_open(&c);
	put_headers(&c.wire[WIRE_OUT], c.hd[WIRE_OUT], 0, 1, GRPC_ASK);
	put_bytes(&c.wire[WIRE_OUT], HTTP2_END_STREAM, 1, "\0\0\0\0\3ask", 8);
	put_headers(&c.wire[WIRE_IN], c.hd[WIRE_IN], 0, 1, ":status: 200\n");
	put_bytes(&c.wire[WIRE_IN], 0, 1, "\0\0\0\0\2on", 7);
	trailers(&c, "grpc-status: 0\n");
	is_told(&c, TOLD_ASK "\n >ask\n 200 \n event |on\n end asked answered");
}

/* The status of HTTP is 200; gRPC's comes behind. */
TEST(a_status_of_grpc_is_the_last_word)
{
	static const struct {
		const char *lines;
		uint16_t status;
	} cases[] = {
		{ "grpc-status: 0\n", 200 },  { "grpc-status: 8\ngrpc-message: quota\n", 429 },
		{ "grpc-status: 16\n", 401 }, { "grpc-status: 99\n", 500 },
		{ "grpc-status: x\n", 200 },  { "x-other: 1\n", 200 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct story s;
		struct conn c;

		conn_open(&c);
		grpc_ask(&c);
		trailers(&c, cases[i].lines);
		told(&c, &s, 1000);
		ASSERT_EQ(s.status, cases[i].status);
		conn_close(&c);
	}
}

/* Refused at once: there are no more headers than trailers. */
TEST(a_refusal_is_one_block)
{
	struct conn c;

	conn_open(&c);
	put_headers(&c.wire[WIRE_OUT], c.hd[WIRE_OUT], 0, 1, GRPC_ASK);
	put_bytes(&c.wire[WIRE_OUT], HTTP2_END_STREAM, 1, "\0\0\0\0\0", 5);
	trailers(&c, GRPC_HEAD "grpc-status: 7\n");
	is_told(&c, TOLD_ASK "\n >\n 403 application/grpc+proto\n end asked answered");
}

/* Behind a gap it is not known where a message begins; the next stream is read. */
TEST(a_gap_ends_the_messages)
{
	struct story s;
	struct proto *p = begin(&s);
	uint64_t off[2] = { 0 };
	struct conn c;

	conn_open(&c);
	grpc_ask(&c);
	send(p, &c, off, WIRE_OUT, 1000);
	put_bytes(&c.wire[WIRE_IN], 0, 1, "\0\0\0\0\3one\0\0\0\0\3two", 16);
	call(p, off, WIRE_IN, (char *)c.wire[WIRE_IN].p, c.wire[WIRE_IN].n - 2, 1000);
	lose(p, off, WIRE_IN, 2);
	c.wire[WIRE_IN].n = 0;
	put_bytes(&c.wire[WIRE_IN], 0, 1, "\0\0\0\0\5three", 10);
	trailers(&c, "grpc-status: 0\n");
	send(p, &c, off, WIRE_IN, 1000);
	proto__free(p);
	ASSERT_STR(s.text, TOLD_ASK "\n >ask\n 200 application/grpc+proto\n event |one"
				    "\n end asked answered gap");
	conn_close(&c);
}

TEST(what_is_too_large_is_passed_over)
{
	struct story s;
	struct conn c;

	conn_open(&c);
	grpc_ask(&c);
	put_bytes(&c.wire[WIRE_IN], 0, 1, "\0\xff\xff\xff\xff data", 10);
	trailers(&c, "grpc-status: 0\n");
	told(&c, &s, 1000);
	ASSERT_EQ(s.drops.n[DROP_EVENT_TOO_LARGE], 1);
	ASSERT(!strstr(s.text, "event"));
	ASSERT(strstr(s.text, " truncated"));
	conn_close(&c);
}

/* What stands behind the limit in a compressed message is no message. */
TEST(what_is_too_large_when_inflated_is_passed_over)
{
	const size_t whole = PROTO_EVENT_MAX + 100000;
	uint8_t *zeros = calloc(1, whole), message[16384];
	size_t n = compressed(zeros, whole, message, sizeof(message));
	struct story s;
	struct conn c;

	free(zeros);
	conn_open(&c);
	grpc_ask(&c);
	put_bytes(&c.wire[WIRE_IN], 0, 1, (char *)message, n);
	put_bytes(&c.wire[WIRE_IN], 0, 1, (char *)message,
		  compressed((const uint8_t *)"", 0, message, sizeof(message)));
	trailers(&c, "grpc-status: 0\n");
	told(&c, &s, 100000);
	ASSERT_EQ(s.drops.n[DROP_EVENT_TOO_LARGE], 1);
	ASSERT_STR(s.text, TOLD_ASK "\n >ask\n 200 application/grpc+proto\n event |"
				    "\n end asked answered truncated");
	conn_close(&c);
}

/* A request is as long as what it says. */
TEST(a_request_counts_inflated)
{
	uint8_t zeros[5000] = { 0 }, message[1024];
	struct story s;
	struct conn c;

	conn_open(&c);
	put_headers(&c.wire[WIRE_OUT], c.hd[WIRE_OUT], 0, 1, GRPC_ASK);
	put_bytes(&c.wire[WIRE_OUT], HTTP2_END_STREAM, 1, (char *)message,
		  compressed(zeros, sizeof(zeros), message, sizeof(message)));
	trailers(&c, GRPC_HEAD "grpc-status: 0\n");
	told(&c, &s, 1000);
	ASSERT_EQ(s.request_len, sizeof(zeros));
	conn_close(&c);
}

TEST_MAIN()
