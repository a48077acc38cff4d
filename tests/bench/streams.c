// SPDX-License-Identifier: BSD-2-Clause
/*
 * What open streams cost in memory: that many connections, each in the middle of a streamed answer,
 * fed in turn.
 *
 *   streams COUNT REQUEST_BYTES identity|gzip
 *   < {"streams":10000,"rss_anon_before":1900544,"rss_anon":31457280,"entries":10000,"let_go":0}
 *
 * rss_anon: with all of them open. entries: whole rows when they ended; let_go: connections that
 * there was no memory for (PROTO_HELD_MAX), and that were counted. Each is one of both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "feeder.h"
#include "script.h"

#define ANSWER 16384
#define PIECE  512 /* of an answer, a TLS call: two events */

/*
 * The same answer, its body in gzip: flushed after each event, as a server does that streams.
 */
static size_t gzip_answer(const char *plain, size_t n, char *out, size_t cap)
{
	static const char head[] =
		"HTTP/1.1 200 OK\r\n" SCRIPT_ANSWER_HEADERS "Content-Encoding: gzip\r\n\r\n";
	z_stream z = { 0 };
	const char *at = plain, *end = plain + n;
	size_t len = sizeof(head) - 1;

	memcpy(out, head, len);
	if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		exit(1);
	z.next_out = (Bytef *)out + len;
	z.avail_out = (uInt)(cap - len);
	while (at && at < end) {
		const char *event = strstr(at, "data: "), *stop = event ? strstr(event, "\n\n") : 0;

		if (!stop)
			break;
		z.next_in = (Bytef *)event;
		z.avail_in = (uInt)(stop + 2 - event);
		deflate(&z, Z_SYNC_FLUSH);
		at = stop + 2;
	}
	deflate(&z, Z_FINISH);
	len = cap - z.avail_out;
	deflateEnd(&z);
	return len;
}

int main(int argc, char **argv)
{
	size_t count = argc == 4 ? strtoul(argv[1], NULL, 10) : 0;
	size_t request_len = argc == 4 ? strtoul(argv[2], NULL, 10) : 0, answer_len = ANSWER, half;
	char *request, *answer, *packed;
	struct feeder_conn *conns;
	struct feeder f;
	long before, open;

	if (!count || request_len < SCRIPT_MIN) {
		fprintf(stderr, "usage: streams COUNT REQUEST_BYTES identity|gzip\n");
		return 2;
	}
	request = malloc(request_len + 1);
	answer = malloc(ANSWER + 1);
	packed = malloc(2 * ANSWER);
	conns = calloc(count, sizeof(*conns));
	if (!request || !answer || !packed || !conns)
		return 1;
	script_request(request, request_len, "api.openai.com", "/v1/chat/completions");
	script_answer(answer, ANSWER);
	if (!strcmp(argv[3], "gzip")) {
		answer_len = gzip_answer(answer, ANSWER, packed, 2 * ANSWER);
		answer = packed;
	}
	half = answer_len / 2;
	/* The bench's own pages are there before: what comes on top is the pipeline's. */
	for (size_t i = 0; i < count; i++)
		conns[i].id = i + 1;
	feeder__open(&f);
	before = feeder_rss_anon();
	for (size_t i = 0; i < count; i++)
		feeder__bytes(&f, &conns[i], WIRE_OUT, span_of(request, request_len), 16384);
	/* In turn, a piece each: as they come when thousands stream at once. */
	for (size_t at = 0; at < half; at += PIECE)
		for (size_t i = 0; i < count; i++)
			feeder__bytes(&f, &conns[i], WIRE_IN,
				      span_of(answer + at, half - at < PIECE ? half - at : PIECE),
				      PIECE);
	open = feeder_rss_anon();
	for (size_t i = 0; i < count; i++)
		feeder__bytes(&f, &conns[i], WIRE_IN, span_of(answer + half, answer_len - half),
			      16384);
	pipeline__finish(f.pipeline, 2);
	printf("{\"streams\":%zu,\"rss_anon_before\":%ld,\"rss_anon\":%ld,\"entries\":%llu,"
	       "\"let_go\":%llu}\n",
	       count, before, open, (unsigned long long)f.complete,
	       (unsigned long long)pipeline__drops(f.pipeline)->n[DROP_HELD_FULL]);
	feeder__close(&f);
	return 0;
}
