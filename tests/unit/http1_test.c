// SPDX-License-Identifier: BSD-2-Clause
#include <zlib.h>

#include "http1_story.h"

static const struct {
	const char *name, *out, *in, *story;
} cases[] = {
	{ "length", "POST /v1/x?y=1 HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
	  OK "Content-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}",
	  "\n#0 POST /v1/x host=api.openai.com\n >hello\n 200 application/json\n <{}"
	  "\n end asked answered" },
	{ "chunked, with extension and trailer",
	  "POST / HTTP/1.1\r\n" HOST
	  "Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n",
	  OK "transfer-encoding: gzip, chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
	  "\n#0 POST / host=api.openai.com\n >abcde\n 200 \n <0123456789\n end asked answered" },
	{ "keep-alive", "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
	  OK "Content-Length: 1\r\n\r\nA" OK "Content-Length: 1\r\n\r\nB",
	  "\n#0 GET /a host=\n#1 GET /b host=\n 200 \n <A\n end asked answered\n 200 \n <B"
	  "\n end asked answered" },
	{ "until close", "GET /a HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nall of it",
	  "\n#0 GET /a host=\n 200 \n <all of it\n end asked answered" },
	{ "no body: HEAD, 204, 304",
	  "HEAD /a HTTP/1.1\r\n\r\nPOST /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n\r\n",
	  OK
	  "Content-Length: 99\r\n\r\n"
	  "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
	  "\n#0 HEAD /a host=\n#1 POST /b host=\n#2 GET /c host=\n 200 \n end asked answered"
	  "\n 204 \n end asked answered\n 304 \n end asked answered" },
	{ "100 and 103 come before the answer", "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
	  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK
	  "Content-Length: 0\r\n\r\n",
	  "\n#0 POST / host=\n >x\n 200 \n end asked answered" },
	{ "server-sent events", "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
	  OK "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
	     "a\r\nevent: a\nd\r\n9\r\nata: 1\n\nd\r\n7\r\nata: 2\n\r\n0\r\n\r\n",
	  "\n#0 POST / host=\n 200 text/event-stream\n event a|1\n event |2\n end asked answered" },
	{ "bare line feeds, folded and repeated headers",
	  "POST / HTTP/1.1\nHost: a\n b\nContent-Length: 3\nContent-Length: 3\n\nabc",
	  "HTTP/1.1 200\nContent-Length: 1, 1\n\nx",
	  "\n#0 POST / host=a  b\n >abc\n 200 \n <x\n end asked answered" },
	{ "absolute form", "GET http://h.example:8080/p/q?r HTTP/1.1\r\nHost: proxy\r\n\r\n",
	  OK "Content-Length: 0\r\n\r\n",
	  "\n#0 GET /p/q host=h.example\n 200 \n end asked answered" },
	{ "abandoned by the client", "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
	  OK "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
	     "9\r\ndata: 1\n\n\r\n9\r\ndata: 2",
	  "\n#0 POST / host=\n 200 text/event-stream\n event |1\n end asked aborted" },
	{ "unanswered", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", "",
	  "\n#0 POST / host=\n >abc\n end aborted" },
	{ "lengths that contradict each other",
	  "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
	  OK "Content-Length: 0\r\n\r\n", "" },
	{ "a chunk size that is none", "GET / HTTP/1.1\r\n\r\n",
	  OK "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
	  "\n#0 GET / host=\n 200 \n end asked broken" },
	{ "a coding that is not known", "GET / HTTP/1.1\r\n\r\n",
	  OK "Content-Encoding: sdch\r\nContent-Length: 3\r\n\r\n???",
	  "\n#0 GET / host=\n 200 \n end asked answered truncated" },
	{ "an upgrade ends HTTP",
	  "GET /v1/realtime HTTP/1.1\r\nUpgrade: other\r\n\r\n\x81\x05hello",
	  "HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x02hi",
	  "\n#0 GET /v1/realtime host=\n 101 \n end asked answered" },
};

TEST(messages_however_they_are_cut)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece < 300; piece = piece * 2 + 1) {
			struct story s;
			struct proto *p = begin(&s);
			uint64_t off[2] = { 0 };
			/* an upgrade's frames are sent only behind the answer */
			const char *out = cases[i].out, *head = strstr(out, "\r\n\r\n");
			size_t n = strlen(out), first = n;

			if (strstr(out, "Upgrade:"))
				first = (size_t)(head + 4 - out);
			call(p, off, WIRE_OUT, out, first, piece);
			call(p, off, WIRE_IN, cases[i].in, strlen(cases[i].in), piece);
			call(p, off, WIRE_OUT, out + first, n - first, piece);
			end(p, off);
			proto__free(p);
			if (strcmp(s.text, cases[i].story))
				TEST_FAIL("%s, in pieces of %zu:%s\nexpected:%s", cases[i].name,
					  piece, s.text, cases[i].story);
			ASSERT_EQ(s.open, 0);
			ASSERT(!s.broken_rule);
		}
}

TEST(every_prefix_ends_clean)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t n = 0; n < strlen(cases[i].in); n++) {
			struct story s;
			struct proto *p = begin(&s);
			uint64_t off[2] = { 0 };

			call(p, off, WIRE_OUT, cases[i].out, strlen(cases[i].out), 1000);
			call(p, off, WIRE_IN, cases[i].in, n, 1000);
			end(p, off);
			proto__free(p);
			ASSERT_EQ(s.open, 0);
			ASSERT(!s.broken_rule);
		}
}

TEST(what_is_no_http_is_ignored)
{
	static const struct {
		const char *first;
		size_t n;
		enum drop why;
	} junk[] = {
		{ "PRI * HTTP/2.0\r\n\r\n", 18, DROP_COUNT },
		{ "\x16\x03\x01\x02\x00", 5, DROP_NOT_HTTP },
		{ "EHLO example.org\r\n", 18, DROP_NOT_HTTP },
		{ "GET", 3, DROP_COUNT }, /* not yet */
		{ "get / HTTP/1.1\r\n\r\n", 18, DROP_NOT_HTTP },
	};

	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
		for (size_t piece = 1; piece < 30; piece++) {
			struct story s;
			struct proto *p = begin(&s);
			uint64_t off[2] = { 0 };
			enum proto_verdict v =
				call(p, off, WIRE_OUT, junk[i].first, junk[i].n, piece);

			if (junk[i].why == DROP_NOT_HTTP) {
				ASSERT_EQ(v, PROTO_FOLLOW);
				v = call(p, off, WIRE_IN, "220 ready\r\n", 11, piece);
			}
			proto__free(p);
			ASSERT_EQ(v, junk[i].why == DROP_COUNT ? PROTO_FOLLOW : PROTO_IGNORE);
			if (junk[i].why != DROP_COUNT)
				ASSERT_EQ(s.drops.n[junk[i].why], 1);
			ASSERT_STR(s.text, "");
		}
}

/* Eight bytes that begin with a 0 may be those of a frame of HTTP/2: not if there are no more. */
TEST(what_is_too_short_to_tell_is_no_http_when_it_is_over)
{
	static const char asks[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const char says[] = { 0, 1, 2, 3, 4, 5, 6, 7 };

	for (size_t piece = 1; piece <= sizeof(says); piece++)
		for (int short_ask = 0; short_ask < 2; short_ask++) {
			struct story s;
			struct proto *p = begin(&s);
			uint64_t off[2] = { 0 };

			call(p, off, WIRE_OUT, short_ask ? says : asks, sizeof(asks), piece);
			call(p, off, WIRE_IN, says, sizeof(says), piece);
			ASSERT_EQ(s.drops.n[DROP_NOT_HTTP], 0);
			end(p, off);
			proto__free(p);
			ASSERT_EQ(s.drops.n[DROP_NOT_HTTP], 1);
			ASSERT_STR(s.text, "");
		}
}

TEST(what_only_goes_out_and_is_no_http_is_given_up)
{
	static char lines[16384];
	struct story s;
	struct proto *p = begin(&s);
	uint64_t off[2] = { 0 };
	enum proto_verdict v = PROTO_FOLLOW;

	memset(lines, 'a', sizeof(lines));
	for (int i = 0; i < 1000 && v == PROTO_FOLLOW; i++)
		v = call(p, off, WIRE_OUT, lines, sizeof(lines), sizeof(lines));
	proto__free(p);
	ASSERT_EQ(v, PROTO_IGNORE);
	ASSERT(off[WIRE_OUT] > 1 << 20);
	ASSERT_EQ(s.drops.n[DROP_NOT_HTTP], 1);
}

TEST(heads_have_a_limit)
{
	static char head[PROTO_HEAD_MAX + 1000];
	struct story s;
	struct proto *p = begin(&s);
	uint64_t off[2] = { 0 };
	size_t n = (size_t)sprintf(head, "GET / HTTP/1.1\r\nX: ");

	memset(head + n, 'a', sizeof(head) - n);
	call(p, off, WIRE_OUT, head, sizeof(head), 16384);
	call(p, off, WIRE_OUT, NEXT, strlen(NEXT), 16384);
	call(p, off, WIRE_IN, NEXT_OK, strlen(NEXT_OK), 16384);
	proto__free(p);
	ASSERT_EQ(s.drops.n[DROP_HEAD_TOO_LARGE], 1);
	ASSERT_STR(s.text, "\n#0 POST /2 host=\n 200 \n <!\n end asked answered");
}

static size_t deflate_all(const char *text, int bits, char *dst, size_t cap)
{
	z_stream z = { 0 };

	deflateInit2(&z, 9, Z_DEFLATED, bits, 9, Z_DEFAULT_STRATEGY);
	z.next_in = (Bytef *)text;
	z.avail_in = (uInt)strlen(text);
	z.next_out = (Bytef *)dst;
	z.avail_out = (uInt)cap;
	deflate(&z, Z_FINISH);
	deflateEnd(&z);
	return z.total_out;
}

TEST(gzip_and_both_deflates)
{
	static const struct {
		const char *name;
		int bits;
	} codings[] = { { "gzip", 31 }, { "deflate", 15 }, { "deflate", -15 } };

	for (size_t i = 0; i < 3; i++)
		for (size_t piece = 1; piece < 40; piece += 3) {
			char answer[400], body[200];
			size_t len = deflate_all("{\"a\":\"hello hello\"}", codings[i].bits, body,
						 sizeof(body));
			size_t n = (size_t)snprintf(answer, sizeof(answer),
						    OK "Content-Encoding: %s\r\n"
						       "Content-Length: %zu\r\n\r\n",
						    codings[i].name, len);
			struct story s;
			struct proto *p = begin(&s);
			uint64_t off[2] = { 0 };

			memcpy(answer + n, body, len);
			call(p, off, WIRE_OUT, NEXT, strlen(NEXT), piece);
			call(p, off, WIRE_IN, answer, n + len, piece);
			proto__free(p);
			ASSERT_STR(s.text, "\n#0 POST /2 host=\n 200 \n <{\"a\":\"hello hello\"}"
					   "\n end asked answered");
		}
}

TEST(a_broken_gzip_is_counted_and_the_next_is_fine)
{
	const char *answer = OK "Content-Encoding: gzip\r\nContent-Length: 8\r\n\r\n\x1f\x8bjunk!!";
	struct story s;

	with_gap(&s,
		 OK "Content-Encoding: gzip\r\nContent-Length: 8\r\n\r\n\x1f\x8b"
		    "junk!!",
		 strlen(answer), 0);
	ASSERT_EQ(s.drops.n[DROP_BAD_CODING], 1);
	ASSERT(span__ends(span_str(s.text), SPAN(NEXT_END)));
}

TEST(pipelining_has_a_limit)
{
	struct story s;
	struct proto *p = begin(&s);
	uint64_t off[2] = { 0 };

	for (int i = 0; i < PROTO_PIPELINE_MAX + 5; i++)
		call(p, off, WIRE_OUT, NEXT, strlen(NEXT), 1000);
	end(p, off);
	proto__free(p);
	ASSERT(s.drops.n[DROP_TOO_DEEP_QUEUE] > 0);
	ASSERT_EQ(s.open, 0);
}

TEST_MAIN()
