// SPDX-License-Identifier: BSD-2-Clause
#include "http2_story.h"

TEST(a_request_and_its_answer)
{
	struct conn c;

	conn_open(&c);
	ask(&c, 1, ASK_HEAD("/v1/x?y=1"), "hello");
	answer(&c, 1, ":status: 200\ncontent-type: application/json\n", "{}");
	is_told(&c, "\n#0 POST /v1/x host=api.openai.com\n >hello\n 200 application/json\n <{}"
		    "\n end asked answered");
}

TEST(streams_in_between_each_other)
{
	struct buffer *in;
	struct conn c;

	conn_open(&c);
	in = &c.wire[WIRE_IN];
	ask(&c, 1, ASK_HEAD("/a"), "A");
	ask(&c, 3, ASK_HEAD("/b"), NULL);
	put_headers(in, c.hd[WIRE_IN], 0, 3, ":status: 200\ncontent-type: text/event-stream\n");
	put_data(in, 0, 3, "data: 1\n\nda");
	put_headers(in, c.hd[WIRE_IN], 0, 1, ":status: 429\n");
	put_data(in, 0, 3, "ta: 2\n\n");
	put_data(in, HTTP2_END_STREAM, 1, "no");
	put_data(in, HTTP2_END_STREAM, 3, "");
	is_told(&c, "\n#0 POST /a host=api.openai.com\n >A\n#1 POST /b host=api.openai.com"
		    "\n 200 text/event-stream\n event |1\n 429 \n event |2\n <no"
		    "\n end asked answered\n end asked answered");
}

/* 1xx, trailers, padding, priority, CONTINUATION, frames of other kinds, a push. */
TEST(what_else_may_come)
{
	struct buffer *in, *out, block;
	struct conn c;

	conn_open(&c);
	in = &c.wire[WIRE_IN];
	out = &c.wire[WIRE_OUT];
	block = block_of(c.hd[WIRE_OUT], ASK_HEAD("/a"));
	put_frame(out, HTTP2_PRIORITY, 0, 1, "\0\0\0\0\x10", 5);
	{
		uint8_t padded[64] = { 2, 0, 0, 0, 0, 16 };

		memcpy(padded + 6, block.p, 10);
		put_frame(out, HTTP2_HEADERS, HTTP2_PADDED | HTTP2_WITH_PRIORITY, 1, padded, 18);
	}
	put_frame(out, HTTP2_CONTINUATION, 0, 1, block.p + 10, 3);
	put_frame(out, HTTP2_CONTINUATION, 0, 1, NULL, 0);
	put_frame(out, HTTP2_CONTINUATION, HTTP2_END_HEADERS, 1, block.p + 13, block.n - 13);
	buffer__free(&block);
	put_frame(out, HTTP2_DATA, HTTP2_PADDED, 1, "\3hel\0\0\0", 7);
	put_frame(out, HTTP2_DATA, HTTP2_PADDED, 1, "\0", 1);
	put_data(out, 0, 1, "lo");
	put_headers(out, c.hd[WIRE_OUT], HTTP2_END_STREAM, 1, "x-checksum: 1\n");

	put_frame(in, HTTP2_PING, 0, 0, "12345678", 8);
	put_headers(in, c.hd[WIRE_IN], 0, 1, ":status: 100\n");
	put_headers(in, c.hd[WIRE_IN], 0, 1, ":status: 103\nlink: x\n");
	block = block_of(c.hd[WIRE_IN], ":method: GET\n:path: /pushed\nx-new: 1\n");
	{
		uint8_t promise[128] = { 0, 0, 0, 2 };

		memcpy(promise + 4, block.p, block.n);
		put_frame(in, HTTP2_PUSH_PROMISE, HTTP2_END_HEADERS, 1, promise, 4 + block.n);
	}
	buffer__free(&block);
	put_headers(in, c.hd[WIRE_IN], HTTP2_END_STREAM, 2, ":status: 200\nx-new: 1\n");
	put_frame(in, 0xfa, 0xff, 0x7fffffff, "grease", 6);
	put_headers(in, c.hd[WIRE_IN], 0, 1, ":status: 200\nx-new: 1\ncontent-type: text/plain\n");
	put_frame(in, HTTP2_WINDOW_UPDATE, 0, 1, "\0\0\1\0", 4);
	put_data(in, 0, 1, "answer");
	put_headers(in, c.hd[WIRE_IN], HTTP2_END_STREAM, 1, "x-new: 1\n");
	is_told(&c, "\n#0 POST /a host=api.openai.com\n >hello\n 200 text/plain\n <answer"
		    "\n end asked answered");
}

/* A client that has enough, a server that is going away, a connection that breaks. */
TEST(streams_that_are_cut_off)
{
	struct buffer *in;
	struct conn c;

	conn_open(&c);
	in = &c.wire[WIRE_IN];
	for (uint32_t i = 1; i <= 9; i += 2)
		ask(&c, i, ASK_HEAD("/a"), NULL);
	put_headers(in, c.hd[WIRE_IN], 0, 1, ":status: 200\n");
	put_frame(in, HTTP2_RST_STREAM, 0, 1, "\0\0\0\2", 4);
	put_frame(in, HTTP2_GOAWAY, 0, 0, "\0\0\0\5\0\0\0\0why", 11);
	put_headers(in, c.hd[WIRE_IN], HTTP2_END_STREAM, 3, ":status: 204\n");
	is_told(&c, "\n#0 POST /a host=api.openai.com\n#1 POST /a host=api.openai.com"
		    "\n#2 POST /a host=api.openai.com\n#3 POST /a host=api.openai.com"
		    "\n#4 POST /a host=api.openai.com\n 200 \n end asked aborted"
		    "\n end asked aborted\n end asked aborted\n 204 \n end asked answered"
		    "\n end asked aborted");
}

/* Nobody saw those that were open break off; an answer that was whole is. */
TEST(watching_that_stops)
{
	struct story s;
	struct proto *p = begin(&s);
	uint64_t off[2] = { 0 };
	struct conn c;

	conn_open(&c);
	put_headers(&c.wire[WIRE_OUT], c.hd[WIRE_OUT], 0, 1, ASK_HEAD("/a"));
	ask(&c, 3, ASK_HEAD("/b"), NULL);
	ask(&c, 5, ASK_HEAD("/c"), NULL);
	send(p, &c, off, WIRE_OUT, 100);
	answer(&c, 1, ":status: 401\n", "no");
	put_headers(&c.wire[WIRE_IN], c.hd[WIRE_IN], 0, 3, ":status: 200\n");
	put_data(&c.wire[WIRE_IN], 0, 3, "{part");
	send(p, &c, off, WIRE_IN, 100);
	unwatch(p, off);
	proto__free(p);
	ASSERT_STR(s.text, "\n#0 POST /a host=api.openai.com\n#1 POST /b host=api.openai.com"
			   "\n#2 POST /c host=api.openai.com\n 401 \n <no\n 200 \n <{part"
			   "\n end answered\n end asked unwatched\n end asked unwatched");
	conn_close(&c);
}

/* An answer that is whole before its request is: the exchange waits for the rest. */
TEST(an_early_answer)
{
	struct story s;
	struct proto *p = begin(&s);
	uint64_t off[2] = { 0 };
	struct conn c;

	conn_open(&c);
	put_headers(&c.wire[WIRE_OUT], c.hd[WIRE_OUT], 0, 1, ASK_HEAD("/a"));
	send(p, &c, off, WIRE_OUT, 100);
	answer(&c, 1, ":status: 401\n", "no");
	send(p, &c, off, WIRE_IN, 100);
	put_data(&c.wire[WIRE_OUT], HTTP2_END_STREAM, 1, "late");
	send(p, &c, off, WIRE_OUT, 100);
	ASSERT_STR(s.text,
		   "\n#0 POST /a host=api.openai.com\n 401 \n <no\n >late\n end asked answered");
	proto__free(p);
	conn_close(&c);
}

/* A client that has what was announced closes, and never sees the stream's end. */
TEST(an_announced_length_ends_it_too)
{
	struct conn c;

	conn_open(&c);
	ask(&c, 1, ASK_HEAD("/a"), NULL);
	ask(&c, 3, ASK_HEAD("/b"), NULL);
	put_headers(&c.wire[WIRE_IN], c.hd[WIRE_IN], 0, 1, ":status: 200\ncontent-length: 5\n");
	put_data(&c.wire[WIRE_IN], 0, 1, "he");
	put_data(&c.wire[WIRE_IN], 0, 1, "llo");
	put_headers(&c.wire[WIRE_IN], c.hd[WIRE_IN], 0, 3, ":status: 200\ncontent-length: 5\n");
	put_data(&c.wire[WIRE_IN], 0, 3, "hell");
	put_data(&c.wire[WIRE_IN], HTTP2_END_STREAM, 1, "");
	is_told(&c, "\n#0 POST /a host=api.openai.com\n#1 POST /b host=api.openai.com"
		    "\n 200 \n <hello\n end asked answered\n 200 \n end asked aborted");
}

TEST(every_prefix_ends_clean)
{
	struct buffer in = { .n = 0 };
	struct conn c;
	size_t n;

	conn_open(&c);
	ask(&c, 1, ASK_HEAD("/a"), "A");
	answer(&c, 1, ":status: 200\ncontent-type: text/event-stream\n", "data: 1\n\n");
	put(&in, c.wire[WIRE_IN].p, c.wire[WIRE_IN].n);
	for (n = in.n; n > 0; n--) {
		struct story s;

		c.wire[WIRE_IN].n = n;
		told(&c, &s, 1000);
		ASSERT_EQ(s.open, 0);
		ASSERT(!s.broken_rule);
	}
	buffer__free(&in);
	conn_close(&c);
}

TEST(a_server_is_told_from_a_caller)
{
	struct story s;
	struct proto *p = begin(&s);
	uint64_t off[2] = { 0 };
	struct conn c;

	conn_open(&c);
	ask(&c, 1, ASK_HEAD("/a"), NULL);
	answer(&c, 1, ":status: 200\n", "x");
	call(p, off, WIRE_IN, (char *)c.wire[WIRE_OUT].p, c.wire[WIRE_OUT].n, 1000);
	call(p, off, WIRE_OUT, (char *)c.wire[WIRE_IN].p, c.wire[WIRE_IN].n, 1000);
	ASSERT_STR(s.text,
		   "\n#0 POST /a host=api.openai.com\n 200 \n <x\n end asked answered served");
	proto__free(p);
	conn_close(&c);
}

/* What breaks the framing costs what is open; what comes behind it is read. */
TEST(broken_frames)
{
	static const struct {
		uint8_t type, flags;
		uint32_t stream;
		size_t n;
	} bad[] = {
		{ HTTP2_DATA, 0, 0, 5 },	 { HTTP2_PING, 0, 0, 7 },
		{ HTTP2_SETTINGS, 0, 0, 5 },	 { HTTP2_RST_STREAM, 0, 1, 3 },
		{ HTTP2_CONTINUATION, 4, 1, 2 }, { HTTP2_DATA, HTTP2_PADDED, 1, 1 },
		{ HTTP2_GOAWAY, 0, 0, 7 },	 { HTTP2_HEADERS, 4 | HTTP2_WITH_PRIORITY, 1, 4 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct story s;
		struct proto *p = begin(&s);
		uint64_t off[2] = { 0 };
		struct conn c;

		conn_open(&c);
		ask(&c, 1, ASK_HEAD("/a"), NULL);
		send(p, &c, off, WIRE_OUT, 1000);
		put_headers(&c.wire[WIRE_IN], c.hd[WIRE_IN], 0, 1, ":status: 200\n");
		put_frame(&c.wire[WIRE_IN], bad[i].type, bad[i].flags, bad[i].stream,
			  "\xff\xff\xff\xff\xff\xff\xff\xff", bad[i].n);
		send(p, &c, off, WIRE_IN, 1000);
		ask(&c, 3, ASK_HEAD("/b"), NULL);
		send(p, &c, off, WIRE_OUT, 1000);
		answer(&c, 3, ":status: 200\n", "next");
		send(p, &c, off, WIRE_IN, 1000);
		ASSERT_EQ(s.drops.n[DROP_BAD_HTTP2], 1);
		if (!strstr(s.text, "\n#1 POST /b host=api.openai.com\n 200 \n <next"
				    "\n end asked answered"))
			TEST_FAIL("frame %zu:%s", i, s.text);
		end(p, off);
		ASSERT(strstr(s.text, "aborted broken"));
		proto__free(p);
		conn_close(&c);
	}
}

TEST(no_more_streams_than_the_limit)
{
	struct story s;
	struct proto *p = begin(&s);
	uint64_t off[2] = { 0 };
	struct conn c;

	conn_open(&c);
	for (uint32_t i = 0; i < 1100; i++) {
		ask(&c, 2 * i + 1, ASK_HEAD("/a"), NULL);
		send(p, &c, off, WIRE_OUT, 1000);
	}
	ASSERT_EQ(s.open, 1024);
	ASSERT_EQ(s.drops.n[DROP_STREAMS_FULL], 1100 - 1024);
	answer(&c, 1, ":status: 200\n", "x");
	send(p, &c, off, WIRE_IN, 1000);
	ASSERT_EQ(s.open, 1023);
	proto__free(p);
	ASSERT_EQ(s.open, 0);
	conn_close(&c);
}

TEST(a_head_over_the_limit)
{
	static char part[16384];
	struct story s;
	struct proto *p = begin(&s);
	uint64_t off[2] = { 0 };
	struct conn c;

	conn_open(&c);
	put_frame(&c.wire[WIRE_OUT], HTTP2_HEADERS, 0, 1, part, sizeof(part));
	for (int i = 0; i < 4; i++)
		put_frame(&c.wire[WIRE_OUT], HTTP2_CONTINUATION, i == 3 ? HTTP2_END_HEADERS : 0, 1,
			  part, sizeof(part));
	ask(&c, 3, ":method: POST\n:path: /b\n", NULL);
	send(p, &c, off, WIRE_OUT, 1000);
	ASSERT_EQ(s.drops.n[DROP_HEAD_TOO_LARGE], 1);
	ASSERT(strstr(s.text, "POST /b"));
	proto__free(p);
	ASSERT_EQ(s.open, 0);
	conn_close(&c);
}

TEST_MAIN()
