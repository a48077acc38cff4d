// SPDX-License-Identifier: BSD-2-Clause
/* HTTP/1 of which a part was not seen: gaps, connections joined in the middle. */
#include "http1_story.h"

TEST(a_gap_within_a_length_keeps_the_framing)
{
	size_t body = strlen(ANSWER) - 10;
	struct story s;

	ASSERT_STR(with_gap(&s, ANSWER, body + 3, 4),
		   "\n#0 POST /1 host=\n >ab\n 200 \n <012789\n end asked answered gap" NEXT_END);
	ASSERT_STR(with_gap(&s, ANSWER, body + 3, 7),
		   "\n#0 POST /1 host=\n >ab\n 200 \n <012\n end asked answered gap" NEXT_END);
}

TEST(a_gap_anywhere_costs_one_exchange)
{
	static const char *const answers[] = {
		ANSWER,
		OK "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n3\r\nefg\r\n0\r\n\r\n",
		OK "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
		   "9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n",
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		for (size_t at = 0; at < strlen(answers[i]); at++)
			for (size_t n = 1; at + n <= strlen(answers[i]); n++) {
				struct story s;
				const char *text = with_gap(&s, answers[i], at, n);

				if (!span__ends(span_str(text), SPAN(NEXT_END)))
					TEST_FAIL("%zu bytes at %zu of answer %zu:%s", n, at, i,
						  text);
				ASSERT(strstr(text, "gap"));
				ASSERT_EQ(s.open, 0);
			}
}

TEST(a_lost_request_costs_one_exchange)
{
	for (size_t at = 0; at < strlen(ASK); at++)
		for (size_t n = 1; at + n <= strlen(ASK); n++) {
			struct story s;
			struct proto *p = begin(&s);
			uint64_t off[2] = { 0 };

			call(p, off, WIRE_OUT, ASK, at, 1000);
			lose(p, off, WIRE_OUT, n);
			rest(p, off, WIRE_OUT, ASK + at + n);
			call(p, off, WIRE_IN, ANSWER, strlen(ANSWER), 1000);
			call(p, off, WIRE_OUT, NEXT, strlen(NEXT), 1000);
			call(p, off, WIRE_IN, NEXT_OK, strlen(NEXT_OK), 1000);
			end(p, off);
			proto__free(p);
			if (!strstr(s.text, "POST /2 host=\n 200 \n <!\n end asked answered"))
				TEST_FAIL("%zu bytes at %zu:%s", n, at, s.text);
			ASSERT_EQ(s.open, 0);
		}
}

/* What the process reads are requests: it is the server. */
TEST(a_server_is_told_from_a_caller)
{
	struct story s;
	struct proto *p = begin(&s);
	uint64_t off[2] = { 0 };

	call(p, off, WIRE_IN, ASK, strlen(ASK), 1000);
	call(p, off, WIRE_OUT, ANSWER, strlen(ANSWER), 1000);
	proto__free(p);
	ASSERT_STR(s.text,
		   "\n#0 POST /1 host=\n >ab\n 200 \n <0123456789\n end asked answered served");
}

/* Offsets count from where a connection was first seen, which need not be its beginning. */
TEST(joined_in_the_middle_of_an_answer)
{
	for (size_t piece = 1; piece < 100; piece += 7) {
		struct story s;
		struct proto *p = begin(&s);
		uint64_t off[2] = { 0 };

		call(p, off, WIRE_IN, ANSWER + 30, strlen(ANSWER) - 30, piece);
		call(p, off, WIRE_OUT, NEXT, strlen(NEXT), piece);
		call(p, off, WIRE_IN, NEXT_OK, strlen(NEXT_OK), piece);
		end(p, off);
		proto__free(p);
		ASSERT_STR(s.text, "\n#0 POST /2 host=\n 200 \n <!\n end asked answered");
		ASSERT_EQ(s.drops.n[DROP_MISSED_START], 1);
	}
}

TEST(joined_in_the_middle_of_a_request)
{
	for (size_t piece = 1; piece < 100; piece += 7) {
		struct story s;
		struct proto *p = begin(&s);
		uint64_t off[2] = { 0 };

		call(p, off, WIRE_OUT, ASK + 35, strlen(ASK) - 35, piece);
		call(p, off, WIRE_IN, ANSWER, strlen(ANSWER), piece);
		call(p, off, WIRE_OUT, NEXT, strlen(NEXT), piece);
		call(p, off, WIRE_IN, NEXT_OK, strlen(NEXT_OK), piece);
		end(p, off);
		proto__free(p);
		ASSERT_STR(s.text, "\n#0 POST /2 host=\n 200 \n <!\n end asked answered");
		ASSERT_EQ(s.drops.n[DROP_MISSED_START], 1);
	}
}

TEST_MAIN()
