// SPDX-License-Identifier: BSD-2-Clause
#include "provider/words.h"
#include "test.h"

static struct words words_of(struct span text, size_t piece)
{
	struct words w = { .run = 0 };

	for (size_t at = 0; at < text.n; at += piece) {
		struct span part =
			test_guard(span_of(text.p + at, text.n - at < piece ? text.n - at : piece));

		words__add(&w, part, 1);
		test_unguard(part);
	}
	words__end(&w, 1);
	return w;
}

static const struct {
	const char *text;
	uint32_t n[WORDS_PARTS];
} cases[] = {
	{ "", { 0 } },
	{ "a", { [WORDS_WORD] = 1 } },
	{ "hello world", { [WORDS_WORD] = 2 } }, /* a blank goes with the word behind it */
	{ "tokenizers", { [WORDS_WORD] = 1, [WORDS_LONG] = 4 } },
	{ "Hello WORLD", { [WORDS_WORD] = 1, [WORDS_CAPITAL] = 2, [WORDS_CAPITALS] = 1 } },
	{ "getUserName", { [WORDS_WORD] = 3, [WORDS_CAPITAL] = 2 } },
	{ "12 3456",
	  { [WORDS_FIGURE] = 2, [WORDS_DIGIT] = 4, [WORDS_THREE] = 1, [WORDS_APART] = 1 } },
	{ "a, b.", { [WORDS_WORD] = 2, [WORDS_MARK] = 2 } },
	{ "{\"a\":1}",
	  { [WORDS_WORD] = 1, [WORDS_MARK] = 3, [WORDS_MARKS] = 2, [WORDS_FIGURE] = 1 } },
	{ "a\n\n  b", { [WORDS_WORD] = 2, [WORDS_LINES] = 1, [WORDS_BLANKS] = 1 } },
	{ "caf\xc3\xa9", { [WORDS_WORD] = 1, [WORDS_LATIN] = 1 } },
	{ "\xd0\xb4\xd0\xb0 \xd0\xbd\xd0\xb5\xd1\x82", { [WORDS_CYRILLIC] = 2 } },
	{ "\xce\xb1\xce\xb2", { [WORDS_GREEK] = 1 } },
	{ "\xd7\xa9\xd7\x9c", { [WORDS_SEMITIC] = 2 } },
	{ "\xe0\xb8\x81\xe0\xb8\x82", { [WORDS_INDIC] = 2 } },
	{ "\xe3\x81\x82\xe4\xbd\xa0\xe5\xa5\xbd\xed\x95\x9c",
	  { [WORDS_KANA] = 1, [WORDS_HAN] = 2, [WORDS_HANGUL] = 1 } },
	{ "\xe2\x80\x94\xf0\x9f\x98\x80", { [WORDS_SIGN] = 1, [WORDS_PICTURE] = 1 } },
	/* nobody's word */
	{ "abcdefghijklmnopqrstuvwxyzabcdefghijklmn", { [WORDS_WORD] = 40 * 2 / 9 } },
};

static void check(const struct words *w, const uint32_t n[WORDS_PARTS], const char *text)
{
	for (int i = 0; i < WORDS_PARTS; i++)
		if (w->n[i] != n[i])
			TEST_FAIL("%s: part %d: %llu, want %llu", text, i,
				  (unsigned long long)w->n[i], (unsigned long long)n[i]);
}

TEST(a_text_in_pieces_is_the_same_text)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece < 8; piece++) {
			struct words w = words_of(span_str(cases[i].text), piece);

			check(&w, cases[i].n, cases[i].text);
		}
}

TEST(a_piece_stands_for_many)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct words w = { .run = 0 };
		uint32_t n[WORDS_PARTS];

		words__add(&w, span_str(cases[i].text), 9);
		words__end(&w, 9);
		for (int k = 0; k < WORDS_PARTS; k++)
			n[k] = 9 * cases[i].n[k];
		n[WORDS_WORD] += i + 1 == sizeof(cases) / sizeof(cases[0]) ? 8 : 0; /* 80 thirds */
		check(&w, n, cases[i].text);
	}
}

TEST(json_is_read_up_to_the_quote)
{
	static const struct {
		const char *json, *text;
	} escaped[] = {
		{ "a b\"c", "a b" },
		{ "a\\n\\tb", "a\n\tb" },
		{ "\\\"x\\\\\"", "\"x\\" },
		{ "\\u0041\\u00e9\\u0434\\u05e9\\u4f60", "A\xc3\xa9\xd0\xb4\xd7\xa9\xe4\xbd\xa0" },
		{ "\\ud83d\\ude00", "\xf0\x9f\x98\x80" },
		{ "cut\\u00", "cut " },
		{ "cut\\", "cut" },
		{ "cut", "cut" },
	};

	for (size_t i = 0; i < sizeof(escaped) / sizeof(escaped[0]); i++) {
		struct span json = test_guard(span_str(escaped[i].json));
		struct words w = { .run = 0 },
			     want = words_of(span_str(escaped[i].text), SIZE_MAX / 2);

		ASSERT(words__add_json(&w, json, 1));
		words__end(&w, 1);
		check(&w, want.n, escaped[i].json);
		test_unguard(json);
	}
	ASSERT(!words__add_json(&(struct words){ .run = 0 }, SPAN("\""), 1));
	ASSERT(!words__add_json(&(struct words){ .run = 0 }, SPAN(""), 1));
}

TEST_MAIN()
