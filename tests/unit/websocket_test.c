// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "proto/proto.h"
#include "proto/websocket.h"
#include "test.h"

/* What was told, as text: "Hello|" for a message, "close|". */
struct heard {
	struct drops drops;
	char text[512];
	size_t n, bytes;
	int err;
};

static void put(struct heard *h, struct span s)
{
	size_t n = s.n < 64 ? s.n : 64;

	h->bytes += s.n;
	if (h->n + n + 2 > sizeof(h->text))
		return;
	memcpy(h->text + h->n, s.p, n);
	h->n += n;
	h->text[h->n++] = '|';
	h->text[h->n] = '\0';
}

static void on_message(void *ctx, struct span message)
{
	/* borrowed bytes are read to their end */
	uint8_t *copy = malloc(message.n + 1);

	if (message.n)
		memcpy(copy, message.p, message.n);
	put(ctx, span_of(copy, message.n));
	free(copy);
}

static void on_close(void *ctx)
{
	put(ctx, SPAN("close"));
}

static const struct websocket_terms plain, takeover = { .deflate = true },
					   fresh = { .deflate = true, .fresh = { true, true } };

static struct websocket *start(struct heard *h, bool masked, const struct websocket_terms *terms)
{
	struct websocket_to to = { .message = on_message, .close = on_close, .ctx = h };

	*h = (struct heard){ .n = 0 };
	return websocket__new(masked, terms, &to, &h->drops);
}

static void feed(struct websocket *w, struct heard *h, struct span bytes, size_t piece)
{
	for (size_t at = 0; at < bytes.n; at += piece) {
		size_t n = bytes.n - at < piece ? bytes.n - at : piece;
		int err = websocket__feed(w, span_of(bytes.p + at, n), !at);

		h->err = err ? err : h->err;
	}
}

struct frames_case {
	bool masked;
	const struct websocket_terms *terms;
	struct span bytes;
	const char *heard;
	int err;
};

#define HELLO	"Hello"
#define MASKED	"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
#define DEFLATE "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"

/* RFC 6455 5.7, RFC 7692 7.2.3 */
static const struct frames_case cases[] = {
	{ false, &plain, SPAN("\x81\x05" HELLO), "Hello|", 0 },
	{ true, &plain, SPAN(MASKED MASKED), "Hello|Hello|", 0 },
	{ false, &plain, SPAN("\x82\x05" HELLO "\x81\x00"), "Hello||", 0 },
	{ false, &plain, SPAN("\x01\x03Hel\x89\x04ping\x80\x02lo\x88\x02\x03\xe8"), "Hello|close|",
	  0 },
	{ false, &plain, SPAN("\x01\x00\x00\x00\x80\x02lo"), "lo|", 0 },
	{ false, &takeover, SPAN(DEFLATE DEFLATE), "Hello|Hello|", 0 },
	{ false, &takeover, SPAN(DEFLATE "\xc1\x05\xf2\x00\x11\x00\x00"), "Hello|Hello|", 0 },
	{ false, &takeover, SPAN("\x41\x03\xf2\x48\xcd\x89\x01x\x80\x04\xc9\xc9\x07\x00"), "Hello|",
	  0 },
	{ false, &takeover, SPAN(DEFLATE "\x81\x05" HELLO "\xc1\x05\xf2\x00\x11\x00\x00"),
	  "Hello|Hello|Hello|", 0 },
	{ false, &takeover, SPAN("\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), "Hello|",
	  0 },
	{ false, &takeover, SPAN("\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00" DEFLATE),
	  "Hello|Hello|", 0 },
	{ false, &takeover, SPAN("\xc1\x01\x00"), "|", 0 },
	/* Without takeover what refers back is no deflate, and what follows is read. */
	{ false, &fresh, SPAN(DEFLATE "\xc1\x05\xf2\x00\x11\x00\x00" DEFLATE), "Hello|Hello|",
	  -EBADMSG },
	/* With it, nothing compressed can be read behind what is no deflate. */
	{ false, &takeover, SPAN(DEFLATE "\xc1\x02\xff\xff" DEFLATE "\x81\x02ok"), "Hello|ok|",
	  -EBADMSG },
	{ true, &plain, SPAN("\x81\x05" HELLO), "", -EBADMSG },
	{ false, &plain, SPAN(MASKED), "", -EBADMSG },
	{ false, &plain, SPAN(DEFLATE), "", -EBADMSG },
	{ false, &plain, SPAN("\xa1\x00"), "", -EBADMSG },
	{ false, &plain, SPAN("\x83\x00"), "", -EBADMSG },
	{ false, &plain, SPAN("\x8b\x00"), "", -EBADMSG },
	{ false, &plain, SPAN("\x80\x02lo"), "", -EBADMSG },
	{ false, &plain, SPAN("\x01\x01x\x81\x01y"), "", -EBADMSG },
	{ false, &plain, SPAN("\x09\x00"), "", -EBADMSG },
	{ false, &plain, SPAN("\x89\x7e\x00\x7e"), "", -EBADMSG },
	{ false, &plain, SPAN("\x81\x7e\x00\x05" HELLO), "", -EBADMSG },
	{ false, &plain, SPAN("\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff"), "", -EBADMSG },
	{ false, &plain, SPAN("\x81\x7f\xff\x00\x00\x00\x00\x00\x00\x00"), "", -EBADMSG },
	{ false, &takeover, SPAN("\x01\x00\xc0\x00"), "", -EBADMSG },
};

TEST(frames_become_messages_however_they_are_cut)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece <= cases[i].bytes.n; piece++) {
			struct heard h;
			struct websocket *w = start(&h, cases[i].masked, cases[i].terms);

			feed(w, &h, cases[i].bytes, piece);
			websocket__free(w);
			if (strcmp(h.text, cases[i].heard) || h.err != cases[i].err)
				TEST_FAIL("case %zu in pieces of %zu: \"%s\", %d", i, piece, h.text,
					  h.err);
			ASSERT_EQ(h.drops.n[DROP_BAD_WEBSOCKET], cases[i].err != 0);
		}
}

TEST(a_prefix_tells_no_more_than_the_whole)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t n = 0; n < cases[i].bytes.n; n++) {
			struct heard h;
			struct websocket *w = start(&h, cases[i].masked, cases[i].terms);

			feed(w, &h, span_of(cases[i].bytes.p, n), n ? n : 1);
			websocket__free(w);
			ASSERT(!strncmp(h.text, cases[i].heard, h.n));
		}
}

/* A frame of a server's, its length in the shortest form. */
static size_t frame(uint8_t *dst, uint8_t first, const uint8_t *payload, size_t n)
{
	size_t at = 2;

	dst[0] = first;
	dst[1] = (uint8_t)(n < 126 ? n : n < 65536 ? 126 : 127);
	if (n >= 126)
		for (int shift = n < 65536 ? 8 : 56; shift >= 0; shift -= 8)
			dst[at++] = (uint8_t)((uint64_t)n >> shift);
	memcpy(dst + at, payload, n);
	return at + n;
}

TEST(long_messages_pass_up_to_a_limit)
{
	static const size_t sizes[] = {
		125, 126, 65535, 65536, PROTO_EVENT_MAX, PROTO_EVENT_MAX + 1
	};
	uint8_t *payload = calloc(1, PROTO_EVENT_MAX + 1), *bytes = malloc(PROTO_EVENT_MAX + 32);

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t piece = 16384; piece < 2 * PROTO_EVENT_MAX; piece *= 1024) {
			bool fits = sizes[i] <= PROTO_EVENT_MAX;
			struct heard h;
			struct websocket *w = start(&h, false, &plain);
			size_t n = frame(bytes, 0x81, payload, sizes[i]);

			feed(w, &h, span_of(bytes, n), piece);
			feed(w, &h, SPAN("\x81\x01x"), 1);
			websocket__free(w);
			ASSERT_EQ(h.err, fits ? 0 : -EMSGSIZE);
			ASSERT_EQ(h.bytes, (fits ? sizes[i] : 0) + 1);
			ASSERT_EQ(h.drops.n[DROP_EVENT_TOO_LARGE], !fits);
		}
	free(payload);
	free(bytes);
}

/* Compresses as a server does; the stream goes on from message to message. */
static size_t deflated(z_stream *z, uint8_t *dst, size_t cap, struct span text)
{
	z->next_in = (Bytef *)text.p;
	z->avail_in = (uInt)text.n;
	z->next_out = dst;
	z->avail_out = (uInt)cap;
	deflate(z, Z_SYNC_FLUSH);
	return cap - z->avail_out - 4;
}

TEST(a_message_that_inflates_too_far_is_passed_over_and_the_next_is_read)
{
	size_t large = PROTO_EVENT_MAX + 1, cap = 1 << 20;
	uint8_t *zeros = calloc(1, large), *packed = malloc(cap), *bytes = malloc(cap + 32);
	z_stream z = { 0 };
	struct heard h;
	struct websocket *w = start(&h, false, &takeover);
	size_t n;

	ASSERT_EQ(deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
	n = deflated(&z, packed, cap, span_of(zeros, large));
	feed(w, &h, span_of(bytes, frame(bytes, 0xc1, packed, n)), 4096);
	ASSERT_EQ(h.err, -EMSGSIZE);
	ASSERT_STR(h.text, "");
	n = deflated(&z, packed, cap, SPAN("back at work"));
	feed(w, &h, span_of(bytes, frame(bytes, 0xc1, packed, n)), 4096);
	ASSERT_STR(h.text, "back at work|");
	ASSERT_EQ(h.drops.n[DROP_EVENT_TOO_LARGE], 1);
	deflateEnd(&z);
	websocket__free(w);
	free(zeros);
	free(packed);
	free(bytes);
}

#define ONE "\x81\x09{\"a\":\"1\"}"
#define TWO "\x81\x09{\"a\":\"2\"}"

TEST(a_gap_costs_what_it_falls_into)
{
	static const char both[] = ONE TWO;
	size_t len = strlen(ONE);

	for (size_t at = 0; at < 2 * len; at++)
		for (size_t n = 1; at + n <= 2 * len; n++) {
			struct heard h;
			struct websocket *w = start(&h, false, &plain);

			feed(w, &h, span_of(both, at), 100);
			websocket__gap(w, n);
			if (at + n < 2 * len)
				websocket__feed(w, span_of(both + at + n, 2 * len - at - n), false);
			/* The next call of the library begins with a frame. */
			feed(w, &h, SPAN(ONE), 100);
			websocket__free(w);
			if (!span__ends(span_of(h.text, h.n), SPAN("{\"a\":\"1\"}|")))
				TEST_FAIL("%zu bytes at %zu: \"%s\"", n, at, h.text);
			ASSERT_EQ(!!strstr(h.text, "2"), at + n <= len && at >= 2);
			ASSERT_EQ(h.err, 0);
		}
}

TEST(reading_goes_on_at_what_can_only_be_a_frame)
{
	/* What a call of the library brings, what follows it in the next, what is heard. */
	static const struct {
		struct span first, next;
		const char *heard;
	} starts[] = {
		{ SPAN(ONE TWO), SPAN(""), "{\"a\":\"1\"}|{\"a\":\"2\"}|" },
		{ SPAN(ONE "\x81"), SPAN("\x02{}"), "{\"a\":\"1\"}|{}|" },
		{ SPAN("\x81\x09{\"a\""), SPAN(":\"1\"}"), "{\"a\":\"1\"}|" },
		{ SPAN("\x89\x02hi" ONE), SPAN(""), "{\"a\":\"1\"}|" },
		{ SPAN("\x81\x03 no"), SPAN(""), " no|" },
		{ SPAN("\x81\x03not"), SPAN(ONE), "" },
		{ SPAN("\x81"), SPAN("\x02{}"), "" },
		{ SPAN(ONE "\xff\xff"), SPAN(ONE), "" },
		{ SPAN("\x80\x02{}"), SPAN(ONE), "" },
		{ SPAN("{\"a\":1}"), SPAN(ONE), "" },
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct heard h;
		struct websocket *w = start(&h, false, &plain);

		websocket__gap(w, 1);
		websocket__feed(w, starts[i].first, false);
		ASSERT_STR(h.text, "");
		websocket__feed(w, starts[i].first, true);
		websocket__feed(w, starts[i].next, false);
		websocket__free(w);
		if (strcmp(h.text, starts[i].heard))
			TEST_FAIL("start %zu: \"%s\"", i, h.text);
	}
}

TEST(a_gap_in_what_is_compressed_ends_it_where_messages_refer_back)
{
	for (int takes_over = 0; takes_over < 2; takes_over++) {
		struct heard h;
		struct websocket *w = start(&h, false, takes_over ? &takeover : &fresh);

		feed(w, &h, span_of(DEFLATE, 4), 100);
		websocket__gap(w, 3);
		feed(w, &h, span_of(DEFLATE + 7, 2), 100);
		feed(w, &h, SPAN(DEFLATE "\x81\x02ok"), 100);
		websocket__free(w);
		ASSERT_STR(h.text, takes_over ? "ok|" : "Hello|ok|");
		ASSERT_EQ(h.drops.n[DROP_WEBSOCKET_LOST], takes_over);
	}
}

TEST(terms_are_read_as_they_are_written)
{
	static const struct {
		const char *value;
		bool deflate, client, server;
	} terms[] = {
		{ "", false, false, false },
		{ "permessage-deflate", true, false, false },
		{ "x-other;a=b , Permessage-Deflate ;server_no_context_takeover", true, false,
		  true },
		{ "permessage-deflate; client_no_context_takeover; client_max_window_bits=9", true,
		  true, false },
		{ "permessage-deflate-2", false, false, false },
		{ "permessage-deflate, x; server_no_context_takeover", true, false, false },
	};

	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		struct websocket_terms t = websocket_terms_of(span_str(terms[i].value));

		ASSERT_EQ(t.deflate, terms[i].deflate);
		ASSERT_EQ(t.fresh[0], terms[i].client);
		ASSERT_EQ(t.fresh[1], terms[i].server);
	}
}

TEST_MAIN()
