// SPDX-License-Identifier: BSD-2-Clause
#include "provider/words.h"
#include "test.h"

static uint64_t words_of(struct span text, size_t piece)
{
	struct words w = { .run = 0 };

	for (size_t at = 0; at < text.n; at += piece) {
		struct span part =
			test_guard(span_of(text.p + at, text.n - at < piece ? text.n - at : piece));

		words__add(&w, part);
		test_unguard(part);
	}
	return words__end(&w);
}

static const struct {
	const char *text;
	uint64_t milli;
} cases[] = {
	{ "", 0 },
	{ "a", 1030 },
	{ "hello world", 2 * 1030 }, /* a blank goes with the word behind it */
	{ "tokenizers", 1030 + 4 * 180 },
	{ "12 3456", 1600 + 2 * 1600 }, /* three figures are one */
	{ "a, b.", 2 * 1030 + 2 * 700 },
	{ "{\"a\":1}", 700 + 1030 + 700 + 1600 + 700 },
	{ "a\n\n  b", 1030 + 100 + 1200 + 1030 },
	{ "caf\xc3\xa9", 1030 + 100 },
	{ "\xe4\xbd\xa0\xe5\xa5\xbd", 2 * 900 },
	{ "\xf0\x9f\x98\x80", 2000 },
	{ "abcdefghijklmnopqrstuvwxyzabcdefghijklmn", 40 * 220 }, /* nobody's word */
};

TEST(a_text_in_pieces_is_the_same_text)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ASSERT_EQ(words_of(span_str(cases[i].text), SIZE_MAX / 2), cases[i].milli);
	/* A character that is cut is told by its first byte. */
	for (size_t i = 0; i < 9; i++)
		for (size_t piece = 1; piece < 8; piece++)
			ASSERT_EQ(words_of(span_str(cases[i].text), piece), cases[i].milli);
}

TEST(json_is_read_up_to_the_quote)
{
	static const struct {
		const char *json, *text;
	} escaped[] = {
		{ "a b\"c", "a b" },	    { "a\\n\\tb", "a\n\tb" },
		{ "\\\"x\\\\\"", "\"x\\" }, { "\\u0041\\u00e9\\u4f60", "A\xc3\xa9\xe4\xbd\xa0" },
		{ "cut\\u00", "cut " },	    { "cut\\", "cut" },
		{ "cut", "cut" },
	};

	for (size_t i = 0; i < sizeof(escaped) / sizeof(escaped[0]); i++) {
		struct span json = test_guard(span_str(escaped[i].json));
		struct words w = { .run = 0 };

		ASSERT(words__add_json(&w, json));
		ASSERT_EQ(words__end(&w), words_of(span_str(escaped[i].text), SIZE_MAX / 2));
		test_unguard(json);
	}
	ASSERT(!words__add_json(&(struct words){ .run = 0 }, SPAN("\"")));
	ASSERT(!words__add_json(&(struct words){ .run = 0 }, SPAN("")));
}

TEST_MAIN()
