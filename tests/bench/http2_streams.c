// SPDX-License-Identifier: BSD-2-Clause
/*
 * What HTTP/2's streams cost in memory where more are open than fit: that many connections, with so
 * many streams each, every one in the middle of its answer.
 *
 *   http2_streams CONNECTIONS STREAMS
 *   <
 * {"open":96384,"let_go":903616,"rss_anon_before":1900544,"rss_anon":314572800,"entries":1000000}
 *
 * entries: rows when all ended, those of streams that were let go too.
 */
#include <stdio.h>
#include <stdlib.h>

#include "feeder.h"

#define BODY \
	"{\"model\":\"gpt-4o\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define EVENT \
	"data: {\"id\":\"c-1\",\"model\":\"gpt-4o\",\"choices\":[{\"delta\":{\"content\":\"yes\"}}]}\n\n"

enum { DATA = 0, HEADERS = 1, SETTINGS = 4, END_STREAM = 1, END_HEADERS = 4 };

struct bytes {
	size_t n;
	uint8_t p[WIRE_CHUNK_MAX];
};

static void put(struct bytes *b, const void *p, size_t n)
{
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void put_frame(struct bytes *b, uint8_t type, uint8_t flags, uint32_t stream, const void *p,
		      size_t n)
{
	uint8_t head[] = { (uint8_t)(n >> 16),
			   (uint8_t)(n >> 8),
			   (uint8_t)n,
			   type,
			   flags,
			   (uint8_t)(stream >> 24),
			   (uint8_t)(stream >> 16),
			   (uint8_t)(stream >> 8),
			   (uint8_t)stream };

	put(b, head, sizeof(head));
	put(b, p, n);
}

/* A field that is in no table (RFC 7541 6.2.2). */
static void put_field(struct bytes *b, const char *name, const char *value)
{
	uint8_t head[] = { 0, (uint8_t)strlen(name) }, n = (uint8_t)strlen(value);

	put(b, head, sizeof(head));
	put(b, name, head[1]);
	put(b, &n, 1);
	put(b, value, n);
}

static void ask(struct bytes *b, uint32_t stream)
{
	struct bytes block = { .n = 0 };

	put_field(&block, ":method", "POST");
	put_field(&block, ":scheme", "https");
	put_field(&block, ":authority", "api.openai.com");
	put_field(&block, ":path", "/v1/chat/completions");
	put_field(&block, "content-type", "application/json");
	put_frame(b, HEADERS, END_HEADERS, stream, block.p, block.n);
	put_frame(b, DATA, END_STREAM, stream, BODY, sizeof(BODY) - 1);
}

static void answer(struct bytes *b, uint32_t stream)
{
	struct bytes block = { .n = 0 };

	put_field(&block, ":status", "200");
	put_field(&block, "content-type", "text/event-stream");
	put_frame(b, HEADERS, END_HEADERS, stream, block.p, block.n);
	put_frame(b, DATA, 0, stream, EVENT, sizeof(EVENT) - 1);
}

int main(int argc, char **argv)
{
	size_t count = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	uint32_t streams = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	struct feeder_conn *conns = calloc(count + 1, sizeof(*conns));
	static struct bytes asked, answered;
	unsigned long long followed;
	long before, open;
	struct feeder f;

	/* All that a connection asks has to fit into one record. */
	if (!count || !streams || streams > 200 || !conns) {
		fprintf(stderr, "usage: http2_streams CONNECTIONS STREAMS\n");
		return 2;
	}
	put(&asked, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
	put_frame(&asked, SETTINGS, 0, 0, NULL, 0);
	put_frame(&answered, SETTINGS, 0, 0, NULL, 0);
	for (uint32_t i = 0; i < streams; i++) {
		ask(&asked, 2 * i + 1);
		answer(&answered, 2 * i + 1);
	}
	for (size_t i = 0; i < count; i++)
		conns[i].id = i + 1;
	feeder__open(&f);
	before = feeder_rss_anon();
	for (size_t i = 0; i < count; i++) {
		feeder__bytes(&f, &conns[i], WIRE_OUT, span_of(asked.p, asked.n), WIRE_CHUNK_MAX);
		feeder__bytes(&f, &conns[i], WIRE_IN, span_of(answered.p, answered.n),
			      WIRE_CHUNK_MAX);
	}
	open = feeder_rss_anon();
	followed = count * streams - f.entries;
	pipeline__finish(f.pipeline, 2);
	printf("{\"open\":%llu,\"rss_anon_before\":%ld,\"rss_anon\":%ld,\"entries\":%llu}\n",
	       followed, before, open, (unsigned long long)f.entries);
	feeder__close(&f);
	free(conns);
	return 0;
}
