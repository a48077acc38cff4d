// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "http2_wire.h"
#include "proto/hpack.h"
#include "test.h"

#define BLOCKS 40

/* A block's headers as text. */
static void say(char *text, size_t cap, const struct hpack_block *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++)
		n += (size_t)snprintf(text + n, cap - n, "%.*s: %.*s\n", (int)b->headers[i].name.n,
				      (const char *)b->headers[i].name.p,
				      (int)b->headers[i].value.n,
				      (const char *)b->headers[i].value.p);
	text[n] = '\0';
}

/* Headers that come back, that change, that are new: as a client of some API sends them. */
static void lines_of(unsigned int i, char *text, size_t cap)
{
	snprintf(text, cap,
		 ":method: POST\n:path: /v1/chat/%u\n:authority: api.openai.com\n"
		 "authorization: Bearer sk-secret\nx-number: %u\nx-stainless-retry-count: %u\n"
		 "user-agent: OpenAI/Python %u\ncontent-type: application/json\n",
		 i % 3, i, i % 2, i / 10);
}

/* The blocks of one direction, with a table of some size that changes on the way. */
static void make(struct buffer blocks[BLOCKS], size_t table)
{
	nghttp2_hd_deflater *d = deflater(table);
	char text[1024];

	for (unsigned int i = 0; i < BLOCKS; i++) {
		if (i == BLOCKS / 2)
			nghttp2_hd_deflate_change_table_size(d, table / 2);
		lines_of(i, text, sizeof(text));
		blocks[i] = block_of(d, text);
	}
	nghttp2_hd_deflate_del(d);
}

static const size_t tables[] = { 0, 128, 300, 4096, 65536, 1 << 20 };

TEST(seen_from_the_start)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		struct hpack *h = hpack__new(true);
		struct buffer blocks[BLOCKS];
		char want[1024], got[1024];

		make(blocks, tables[t]);
		for (unsigned int i = 0; i < BLOCKS; i++) {
			struct span s = test_guard(span_of(blocks[i].p, blocks[i].n));
			struct hpack_block b;

			ASSERT_EQ(hpack__undo(h, s, &b), 0);
			test_unguard(s);
			lines_of(i, want, sizeof(want));
			say(got, sizeof(got), &b);
			ASSERT_STR(got, want);
			ASSERT(!b.holes && !b.cut);
			hpack_block__free(&b);
			buffer__free(&blocks[i]);
		}
		hpack__free(h);
	}
}

/* Every header that is told of a block is one of its, in order. */
static bool is_part(const char *got, const char *want)
{
	struct span g = span_str(got), w = span_str(want);

	while (g.n) {
		struct span line = span__cut(&g, '\n');

		do {
			if (!w.n)
				return false;
		} while (!span__eq(span__cut(&w, '\n'), line));
	}
	return true;
}

/* Joined at any block, or with a block lost: right or absent. */
TEST(joined_in_the_middle)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		struct buffer blocks[BLOCKS];
		char want[1024], got[1024];

		make(blocks, tables[t]);
		for (unsigned int from = 0; from < BLOCKS; from++) {
			struct hpack *h = hpack__new(from % 2);
			unsigned int whole = 0;

			if (from % 2)
				hpack__lose(h);
			for (unsigned int i = from; i < BLOCKS; i++) {
				struct hpack_block b;

				ASSERT_EQ(hpack__undo(h, span_of(blocks[i].p, blocks[i].n), &b), 0);
				lines_of(i, want, sizeof(want));
				say(got, sizeof(got), &b);
				if (!is_part(got, want))
					TEST_FAIL("table %zu, block %u from %u:\n%s", tables[t], i,
						  from, got);
				ASSERT_EQ(b.holes, strcmp(got, want) != 0);
				/* Of the static table, and what was put in since. */
				ASSERT(span__starts(span_str(got), SPAN(":method: POST\n")));
				whole += !b.holes;
				hpack_block__free(&b);
			}
			/* Without a table nothing refers to what came before. */
			ASSERT(tables[t] || whole == BLOCKS - from);
			hpack__free(h);
		}
		for (unsigned int i = 0; i < BLOCKS; i++)
			buffer__free(&blocks[i]);
	}
}

/* Whatever is cut short or broken is refused, and what comes behind is read. */
TEST(broken_blocks)
{
	struct buffer blocks[BLOCKS];
	struct hpack *h = hpack__new(true);
	struct hpack_block b;

	make(blocks, 4096);
	for (size_t n = 0; n < blocks[0].n; n++) {
		struct span s = test_guard(span_of(blocks[0].p, n));

		if (!hpack__undo(h, s, &b))
			hpack_block__free(&b);
		test_unguard(s);
	}
	for (unsigned int i = 0; i < blocks[1].n * 8; i++) {
		blocks[1].p[i / 8] ^= (uint8_t)(1u << i % 8);
		if (!hpack__undo(h, span_of(blocks[1].p, blocks[1].n), &b))
			hpack_block__free(&b);
		blocks[1].p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	ASSERT_EQ(hpack__undo(h, SPAN("\x80"), &b), -EBADMSG);			   /* index 0 */
	ASSERT_EQ(hpack__undo(h, SPAN("\xff\xff\xff\xff\xff\x7f"), &b), -EBADMSG); /* endless */
	ASSERT_EQ(hpack__undo(h, SPAN("\x83"), &b), 0);
	ASSERT_EQ(b.count, 1);
	hpack_block__free(&b);
	hpack__free(h);
	for (unsigned int i = 0; i < BLOCKS; i++)
		buffer__free(&blocks[i]);
}

/* One byte may stand for a header of kilobytes: what is held of a block is bounded. */
TEST(a_bomb)
{
	static uint8_t block[8192];
	struct hpack *h = hpack__new(true);
	struct hpack_block b;
	size_t n = 0;

	block[n++] = 0x40;
	block[n++] = 0x01;
	block[n++] = 'x';
	block[n++] = 0x7f; /* 3000 bytes */
	block[n++] = 0xb9;
	block[n++] = 0x16;
	memset(block + n, 'a', 3000);
	n += 3000;
	memset(block + n, 0xbe, sizeof(block) - n);
	ASSERT_EQ(hpack__undo(h, span_of(block, sizeof(block)), &b), 0);
	ASSERT(b.cut && b.count < 30);
	hpack_block__free(&b);
	hpack__free(h);
}

TEST_MAIN()
