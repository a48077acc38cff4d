// SPDX-License-Identifier: BSD-2-Clause
#include <brotli/encode.h>
#include <errno.h>
#include <zlib.h>
#include <zstd.h>

#include "proto/coding.h"
#include "proto/proto.h"
#include "test.h"

#define TEXT "{\"usage\":{\"prompt_tokens\":12}} {\"usage\":{\"prompt_tokens\":12}} the end"

struct got {
	uint8_t bytes[65536];
	size_t n, total;
};

static void on_bytes(void *ctx, struct span b)
{
	struct got *g = ctx;

	g->total += b.n;
	if (g->n + b.n <= sizeof(g->bytes)) {
		memcpy(g->bytes + g->n, b.p, b.n);
		g->n += b.n;
	}
}

static size_t zlib_encode(const void *p, size_t n, int bits, uint8_t *dst, size_t cap)
{
	z_stream z = { 0 };

	deflateInit2(&z, 9, Z_DEFLATED, bits, 9, Z_DEFAULT_STRATEGY);
	z.next_in = (Bytef *)p;
	z.avail_in = (uInt)n;
	z.next_out = dst;
	z.avail_out = (uInt)cap;
	deflate(&z, Z_FINISH);
	deflateEnd(&z);
	return z.total_out;
}

static size_t gzip(const void *p, size_t n, uint8_t *dst, size_t cap)
{
	return zlib_encode(p, n, 31, dst, cap);
}

static size_t deflate_zlib(const void *p, size_t n, uint8_t *dst, size_t cap)
{
	return zlib_encode(p, n, 15, dst, cap);
}

static size_t deflate_bare(const void *p, size_t n, uint8_t *dst, size_t cap)
{
	return zlib_encode(p, n, -15, dst, cap);
}

static size_t brotli(const void *p, size_t n, uint8_t *dst, size_t cap)
{
	BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, n, p, &cap, dst);
	return cap;
}

static size_t zstd(const void *p, size_t n, uint8_t *dst, size_t cap)
{
	return ZSTD_compress(dst, cap, p, n, 3);
}

static const struct {
	const char *name;
	size_t (*encode)(const void *p, size_t n, uint8_t *dst, size_t cap);
} codings[] = {
	{ "gzip", gzip },
	{ "deflate", deflate_zlib },
	{ "DEFLATE", deflate_bare },
	{ "br", brotli },
	{ "zstd", zstd },
};

#define CODINGS (sizeof(codings) / sizeof(codings[0]))

static int decode(const char *name, const uint8_t *p, size_t n, size_t piece, struct got *g)
{
	bool known;
	struct coding *c = coding__new(span_str(name), &known);
	int err = 0;

	g->n = g->total = 0;
	for (size_t at = 0; !err && at < n; at += piece) {
		struct span b = test_guard(span_of(p + at, n - at < piece ? n - at : piece));

		err = coding__feed(c, b, on_bytes, g);
		test_unguard(b);
	}
	coding__free(c);
	return err;
}

TEST(every_coding_in_any_pieces)
{
	static struct got g;

	for (size_t i = 0; i < CODINGS; i++)
		for (size_t piece = 1; piece < 200; piece = piece * 2 + 1) {
			uint8_t body[1000];
			size_t n = codings[i].encode(TEXT, strlen(TEXT), body, sizeof(body));

			ASSERT_EQ(decode(codings[i].name, body, n, piece, &g), 0);
			ASSERT_SPAN(span_of(g.bytes, g.n), TEXT);
		}
}

TEST(what_came_before_the_end_is_there)
{
	static struct got g;

	for (size_t i = 0; i < CODINGS; i++) {
		uint8_t body[1000];
		size_t n = codings[i].encode(TEXT, strlen(TEXT), body, sizeof(body));

		for (size_t cut = 0; cut < n; cut++) {
			decode(codings[i].name, body, cut, 1000, &g);
			ASSERT(span__starts(SPAN(TEXT), span_of(g.bytes, g.n)));
		}
	}
}

TEST(junk_is_told)
{
	static struct got g;
	static const char junk[] =
		"\x1f\x8b\x99 this is not what it says it is, by any means at all";

	for (size_t i = 0; i < CODINGS; i++) {
		if (!strcmp(codings[i].name, "br"))
			continue; /* anything may be the start of brotli */
		ASSERT_EQ(decode(codings[i].name, (const uint8_t *)junk, sizeof(junk), 7, &g),
			  -EBADMSG);
	}
}

/* A gigabyte out of a megabyte: told up to where it shows to be a bomb, in bounded memory. */
TEST(a_bomb_ends_at_the_limit)
{
	static struct got g;
	static uint8_t zeros[1 << 20], body[4 << 20];

	for (size_t i = 0; i < CODINGS; i++) {
		bool known;
		struct coding *c = coding__new(span_str(codings[i].name), &known);
		size_t n = codings[i].encode(zeros, sizeof(zeros), body, sizeof(body));
		int err = 0;

		g.n = g.total = 0;
		if (codings[i].encode != gzip && codings[i].encode != zstd) {
			coding__free(c);
			continue; /* only these may be joined: member after member */
		}
		for (int k = 0; !err && k < 1000; k++)
			err = coding__feed(c, span_of(body, n), on_bytes, &g);
		coding__free(c);
		ASSERT_EQ(err, -EMSGSIZE);
		ASSERT(g.total <= PROTO_RATIO_FREE + (1 << 20) &&
		       g.total > PROTO_RATIO_FREE - (1 << 20));
	}
}

/* What repeats itself as no text does is no bomb, however long it is. */
TEST(a_long_body_is_none)
{
	static struct got g;
	static uint8_t text[1 << 20], body[4 << 20];
	size_t n = 0, packed;

	for (unsigned int i = 0; n + 64 < sizeof(text); i++)
		n += (size_t)snprintf((char *)text + n, 64, "data: {\"delta\":\"%u\"}\n\n", i);
	packed = gzip(text, n, body, sizeof(body));
	for (size_t piece = 1; piece < packed; piece = piece * 64 + 1) {
		bool known;
		struct coding *c = coding__new(SPAN("gzip"), &known);

		g.n = g.total = 0;
		for (int k = 0; k < 16; k++)
			for (size_t at = 0; at < packed; at += piece)
				ASSERT_EQ(coding__feed(c,
						       span_of(body + at, packed - at < piece
										  ? packed - at
										  : piece),
						       on_bytes, &g),
					  0);
		coding__free(c);
		ASSERT_EQ(g.total, 16 * n);
	}
}

/* A window is memory as far as it was written to: short answers take less than long ones. */
TEST(a_window_counts_as_it_fills)
{
	static struct got g;
	static uint8_t text[1 << 17], body[1 << 18];
	bool known;
	struct coding *c = coding__new(SPAN("gzip"), &known);
	size_t n = 0, packed, held = 0, state = 0;

	for (unsigned int i = 0; n + 64 < sizeof(text); i++)
		n += (size_t)snprintf((char *)text + n, 64, "data: {\"delta\":\"%u\"}\n\n", i);
	packed = gzip(text, n, body, sizeof(body));
	ASSERT_EQ(coding__held(c), 0);
	g.n = g.total = 0;
	for (size_t at = 0; at < packed; at++) {
		ASSERT_EQ(coding__feed(c, span_of(body + at, 1), on_bytes, &g), 0);
		ASSERT(coding__held(c) >= held);
		held = coding__held(c);
		state = g.total ? state : held;
		ASSERT(held <= state + g.total + 4096);
		ASSERT(held <= state + 32768);
	}
	ASSERT_EQ(g.total, n);
	ASSERT(state);
	ASSERT_EQ(held, state + 32768);
	coding__free(c);
}

TEST(names)
{
	bool known;

	ASSERT(coding_is_identity(SPAN("")));
	ASSERT(coding_is_identity(SPAN("Identity")));
	ASSERT(!coding_is_identity(SPAN("gzip")));
	ASSERT(!coding__new(SPAN("sdch"), &known));
	ASSERT(!known);
}

static size_t brotli_flushed(const uint8_t *p, size_t n, uint8_t *dst, size_t cap)
{
	BrotliEncoderState *e = BrotliEncoderCreateInstance(NULL, NULL, NULL);
	size_t room = cap;

	do
		BrotliEncoderCompressStream(e, BROTLI_OPERATION_FLUSH, &n, &p, &room, &dst, NULL);
	while (BrotliEncoderHasMoreOutput(e));
	BrotliEncoderDestroyInstance(e);
	return cap - room;
}

static size_t gzip_flushed(const uint8_t *p, size_t n, uint8_t *dst, size_t cap)
{
	z_stream z = {
		.next_in = (Bytef *)p, .avail_in = (uInt)n, .next_out = dst, .avail_out = (uInt)cap
	};

	deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY);
	deflate(&z, Z_SYNC_FLUSH);
	deflateEnd(&z);
	return z.total_out;
}

static size_t zstd_flushed(const uint8_t *p, size_t n, uint8_t *dst, size_t cap)
{
	ZSTD_inBuffer in = { p, n, 0 };
	ZSTD_outBuffer out = { dst, cap, 0 };
	ZSTD_CStream *z = ZSTD_createCStream();

	ZSTD_compressStream2(z, &out, &in, ZSTD_e_flush);
	ZSTD_freeCStream(z);
	return out.pos;
}

/* What a server has flushed is there, however much it is, though more is to come. */
TEST(what_is_flushed_is_told_at_once)
{
	static const struct {
		const char *name;
		size_t (*flush)(const uint8_t *p, size_t n, uint8_t *dst, size_t cap);
	} flushed[] = { { "br", brotli_flushed },
			{ "gzip", gzip_flushed },
			{ "zstd", zstd_flushed } };
	static uint8_t text[60000], coded[65536];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)("event: data\n"[i % 12] + (i / 997) % 5);
	for (size_t i = 0; i < sizeof(flushed) / sizeof(flushed[0]); i++)
		for (size_t n = 16300; n < sizeof(text); n += 211) {
			static struct got g;
			bool known;
			struct coding *c = coding__new(span_str(flushed[i].name), &known);
			size_t size = flushed[i].flush(text, n, coded, sizeof(coded));

			g.n = g.total = 0;
			ASSERT_EQ(coding__feed(c, span_of(coded, size), on_bytes, &g), 0);
			ASSERT_EQ(g.total, n);
			ASSERT(!memcmp(g.bytes, text, n));
			coding__free(c);
		}
}

TEST_MAIN()
