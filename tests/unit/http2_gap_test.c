// SPDX-License-Identifier: BSD-2-Clause
/* HTTP/2 of which a part was not seen: gaps, connections joined in the middle. */
#include "http2_story.h"

#define EVENTS_HEAD ":status: 200\ncontent-type: text/event-stream\n"

/* Two streams' answers, their DATA frames in turn; returns where the frames begin. */
static size_t two_answers(struct conn *c, size_t starts[16])
{
	struct buffer *in = &c->wire[WIRE_IN];
	size_t n = 0;

	in->n = 0;
	starts[n++] = in->n;
	put_headers(in, c->hd[WIRE_IN], 0, 1, EVENTS_HEAD);
	starts[n++] = in->n;
	put_headers(in, c->hd[WIRE_IN], 0, 3, EVENTS_HEAD);
	for (int i = 0; i < 3; i++)
		for (uint32_t stream = 1; stream <= 3; stream += 2) {
			starts[n++] = in->n;
			put_data(in, i == 2, stream, "data: 0123456789\n\n");
		}
	starts[n++] = in->n;
	return n;
}

/* What is left of it may be its error code, where the last stream's id was: it ends no stream. */
TEST(a_gap_within_goaway)
{
	static const char goaway[] = "\0\0\0\5\0\0\0\0why";
	const size_t whole = HTTP2_FRAME_HEAD + sizeof(goaway) - 1;

	for (size_t at = HTTP2_FRAME_HEAD; at < whole; at++)
		for (size_t n = 1; at + n <= whole; n++) {
			uint64_t off[2] = { 0 };
			struct buffer *in;
			struct story s;
			struct proto *p = begin(&s);
			struct conn c;

			conn_open(&c);
			in = &c.wire[WIRE_IN];
			ask(&c, 1, ASK_HEAD("/a"), NULL);
			ask(&c, 7, ASK_HEAD("/b"), NULL);
			send(p, &c, off, WIRE_OUT, 1000);
			send(p, &c, off, WIRE_IN, 1000);
			put_frame(in, HTTP2_GOAWAY, 0, 0, goaway, sizeof(goaway) - 1);
			call(p, off, WIRE_IN, (char *)in->p, at, 1000);
			lose(p, off, WIRE_IN, n);
			rest_of(p, off, WIRE_IN, span_of(in->p + at + n, whole - at - n));
			in->n = 0;
			answer(&c, 1, ":status: 200\n", "fine");
			send(p, &c, off, WIRE_IN, 1000);
			if (!strstr(s.text, "\n <fine\n end asked answered"))
				TEST_FAIL("%zu bytes at %zu:%s", n, at, s.text);
			/* The id is known where it passed before the gap. */
			ASSERT_EQ(s.open, at < HTTP2_FRAME_HEAD + 4);
			proto__free(p);
			conn_close(&c);
		}
}

#define NEXT_TOLD \
	"POST /next host=api.openai.com\n 200 application/json\n <fine\n end asked answered"

/* A third exchange, on a connection that went on. */
static void next(struct proto *p, struct conn *c, uint64_t off[2])
{
	ask(c, 5, ASK_HEAD("/next"), NULL);
	send(p, c, off, WIRE_OUT, 1000);
	answer(c, 5, ":status: 200\ncontent-type: application/json\n", "fine");
	send(p, c, off, WIRE_IN, 1000);
}

/* Loses n bytes at `at` of the answers. */
static void with_gap_in(struct story *s, size_t at, size_t n, struct proto **ret_p, struct conn *c,
			uint64_t off[2])
{
	struct proto *p = begin(s);
	size_t starts[16];

	conn_open(c);
	ask(c, 1, ASK_HEAD("/a"), NULL);
	ask(c, 3, ASK_HEAD("/b"), NULL);
	send(p, c, off, WIRE_OUT, 1000);
	send(p, c, off, WIRE_IN, 1000);
	two_answers(c, starts);
	call(p, off, WIRE_IN, (char *)c->wire[WIRE_IN].p, at, 1000);
	lose(p, off, WIRE_IN, n);
	rest_of(p, off, WIRE_IN, span_of(c->wire[WIRE_IN].p + at + n, c->wire[WIRE_IN].n - at - n));
	c->wire[WIRE_IN].n = 0;
	*ret_p = p;
}

TEST(a_gap_within_a_data_frame_costs_its_stream)
{
	size_t starts[16], count;
	struct conn c;

	conn_open(&c);
	count = two_answers(&c, starts);
	conn_close(&c);
	for (size_t f = 2; f + 1 < count; f++)
		for (size_t n = 1; n < 18; n++) {
			uint64_t off[2] = { 0 };
			struct proto *p;
			struct story s;

			with_gap_in(&s, starts[f] + HTTP2_FRAME_HEAD + 18 - n, n, &p, &c, off);
			next(p, &c, off);
			end(p, off);
			proto__free(p);
			ASSERT(strstr(s.text, NEXT_TOLD));
			/* Stream 1 has the even frames. */
			if (!strstr(s.text, "end asked answered gap\n") ||
			    !strstr(s.text, "end asked answered\n"))
				TEST_FAIL("%zu bytes of frame %zu:%s", n, f, s.text);
			conn_close(&c);
		}
}

TEST(a_gap_anywhere_costs_what_was_open)
{
	size_t starts[16], whole;
	struct conn c;

	conn_open(&c);
	whole = starts[two_answers(&c, starts) - 1];
	conn_close(&c);
	for (size_t at = 0; at < whole; at++)
		for (size_t n = 1; at + n <= whole; n += 1 + n / 4) {
			uint64_t off[2] = { 0 };
			struct proto *p;
			struct story s;
			char *text;

			with_gap_in(&s, at, n, &p, &c, off);
			next(p, &c, off);
			end(p, off);
			proto__free(p);
			ASSERT_EQ(s.open, 0);
			/* The type may refer to what was lost: then it is left out. */
			text = strstr(s.text, "POST /next host=api.openai.com\n 200 ");
			if (!text || !strstr(text, "\n <fine\n end asked answered"))
				TEST_FAIL("%zu bytes at %zu:%s", n, at, s.text);
			ASSERT(strstr(s.text, "gap"));
			conn_close(&c);
		}
}

/* Requests of which a part is lost: heads of later ones are right, or have holes. */
TEST(a_gap_in_the_requests)
{
	size_t whole;
	struct conn c;

	conn_open(&c);
	c.wire[WIRE_OUT].n = 0;
	ask(&c, 1, ASK_HEAD("/a"), "hello");
	whole = c.wire[WIRE_OUT].n;
	conn_close(&c);
	for (size_t at = 0; at < whole; at++)
		for (size_t n = 1; at + n <= whole; n++) {
			uint64_t off[2] = { 0 };
			struct story s;
			struct proto *p = begin(&s);

			conn_open(&c);
			send(p, &c, off, WIRE_OUT, 1000);
			send(p, &c, off, WIRE_IN, 1000);
			ask(&c, 1, ASK_HEAD("/a"), "hello");
			call(p, off, WIRE_OUT, (char *)c.wire[WIRE_OUT].p, at, 1000);
			lose(p, off, WIRE_OUT, n);
			rest_of(p, off, WIRE_OUT,
				span_of(c.wire[WIRE_OUT].p + at + n, whole - at - n));
			c.wire[WIRE_OUT].n = 0;
			next(p, &c, off);
			end(p, off);
			proto__free(p);
			ASSERT_EQ(s.open, 0);
			if (!strstr(s.text, "POST /next host=\n") &&
			    !strstr(s.text, "POST /next host=api.openai.com\n"))
				TEST_FAIL("%zu bytes at %zu:%s", n, at, s.text);
			ASSERT(strstr(s.text, "\n <fine\n end asked answered"));
			conn_close(&c);
		}
}

/*
 * Joined while a stream is open: that one is counted, whatever comes of it; a later one is told,
 * and of its head what it does not share with what was sent before.
 */
TEST(joined_in_the_middle)
{
	for (int first = 0; first < WIRE_DIRS; first++)
		for (size_t piece = 1; piece < 100; piece += 7) {
			struct story s;
			struct proto *p = begin(&s);
			uint64_t off[2] = { 0 };
			struct conn c;

			conn_open(&c);
			ask(&c, 1, ASK_HEAD("/same"), "hello");
			answer(&c, 1, EVENTS_HEAD, "data: 1\n\n");
			ask(&c, 3, ASK_HEAD("/same"), NULL);
			put_headers(&c.wire[WIRE_IN], c.hd[WIRE_IN], 0, 3, EVENTS_HEAD);
			c.wire[WIRE_OUT].n = c.wire[WIRE_IN].n = 0;

			put_data(&c.wire[WIRE_IN], 0, 3, "data: 2\n\n");
			if (first == WIRE_IN)
				send(p, &c, off, WIRE_IN, piece);
			ask(&c, 5, ASK_HEAD("/same"), NULL);
			ask(&c, 7, ASK_HEAD("/new"), "hello");
			send(p, &c, off, WIRE_OUT, piece);
			put_data(&c.wire[WIRE_IN], HTTP2_END_STREAM, 3, "data: 3\n\n");
			answer(&c, 5, EVENTS_HEAD, "data: 4\n\n");
			answer(&c, 7, EVENTS_HEAD, "data: 5\n\n");
			send(p, &c, off, WIRE_IN, piece);
			end(p, off);
			proto__free(p);
			ASSERT_STR(s.text, "\n#0 POST /same host=\n#1 POST /new host=\n >hello"
					   "\n 200 \n event |4\n end asked answered"
					   "\n 200 \n event |5\n end asked answered");
			ASSERT_EQ(s.drops.n[DROP_MISSED_START], 1);
			conn_close(&c);
		}
}

/* The process that serves is known by what its first seen request says. */
TEST(a_server_joined_in_the_middle)
{
	struct story s;
	struct proto *p = begin(&s);
	uint64_t off[2] = { 0 };
	struct conn c;

	conn_open(&c);
	c.wire[WIRE_OUT].n = c.wire[WIRE_IN].n = 0;
	put_frame(&c.wire[WIRE_IN], HTTP2_WINDOW_UPDATE, 0, 0, "\0\0\1\0", 4);
	put_data(&c.wire[WIRE_IN], 0, 7, "data: 1\n\n"); /* of one that began before */
	call(p, off, WIRE_OUT, (char *)c.wire[WIRE_IN].p, c.wire[WIRE_IN].n, 1000);
	c.wire[WIRE_IN].n = 0;
	ask(&c, 9, ASK_HEAD("/a"), NULL);
	call(p, off, WIRE_IN, (char *)c.wire[WIRE_OUT].p, c.wire[WIRE_OUT].n, 1000);
	put_data(&c.wire[WIRE_IN], 0, 7, "data: 2\n\n");
	answer(&c, 9, ":status: 200\n", "x");
	call(p, off, WIRE_OUT, (char *)c.wire[WIRE_IN].p, c.wire[WIRE_IN].n, 1000);
	proto__free(p);
	ASSERT_STR(s.text,
		   "\n#0 POST /a host=api.openai.com\n 200 \n <x\n end asked answered served");
	ASSERT_EQ(s.drops.n[DROP_MISSED_START], 0);
	conn_close(&c);
}

TEST_MAIN()
