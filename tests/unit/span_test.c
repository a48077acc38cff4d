// SPDX-License-Identifier: BSD-2-Clause
/* Finding bytes in bytes: the quick way says what the plain way does, at every length and place. */
#include "span_until.h"
#include "test.h"

static const struct span keys[] = {
	{ (const uint8_t *)"\"usage\"", 7 },
	{ (const uint8_t *)"\"error\"", 7 },
	{ (const uint8_t *)"\"u", 2 },
};

static const uint8_t *plain(struct span s, const struct span *needles, size_t count,
			    size_t *ret_which)
{
	for (size_t i = 0; i < s.n; i++)
		for (size_t k = 0; k < count; k++)
			if (span__starts(span_of(s.p + i, s.n - i), needles[k])) {
				*ret_which = k;
				return s.p + i;
			}
	return NULL;
}

/* The text lies flush against its end: an allocation of its size, for the sanitizer to watch. */
static void compare(const char *text, size_t n, const struct span *needles, size_t count)
{
	uint8_t *p = malloc(n ? n : 1);
	size_t which = 9, want_which = 9;
	struct span s = span_of(p, n);
	const uint8_t *want, *got;

	memcpy(p, text, n);
	want = plain(s, needles, count, &want_which);
	got = span__find_any(s, needles, count, &which);
	if (got != want || (got && which != want_which))
		TEST_FAIL("%.*s: at %td, needle %zu, expected %td, %zu", (int)n, text,
			  got ? got - p : -1, which, want ? want - p : -1, want_which);
	free(p);
}

TEST(the_first_of_several_keys)
{
	static const char text[] = "{\"x\":\"\",\"us\":0,\"erro\":1,\"errors\":2,\"usag\":3,"
				   "\"delta\":{\"content\":\"\\\"usage\\\"\"},\"usage\":null}";
	char buf[sizeof(text)];

	for (size_t from = 0; from < sizeof(text); from++)
		for (size_t n = 0; n <= sizeof(text) - 1 - from; n++)
			for (size_t count = 1; count <= 3; count++)
				compare(text + from, n, keys, count);
	/* At every place of an otherwise empty text, and alone. */
	for (size_t n = 7; n < sizeof(text); n++)
		for (size_t at = 0; at + 7 <= n; at++) {
			memset(buf, '"', sizeof(buf));
			memcpy(buf + at, "\"error\"", 7);
			compare(buf, n, keys, 2);
		}
}

TEST(until_the_first_of_two)
{
	/* Flush against the end of an allocation, at every length and place. */
	for (size_t n = 0; n < 70; n++)
		for (size_t at = 0; at <= n; at++) {
			uint8_t *p = malloc(n ? n : 1);

			memset(p, 'x', n);
			if (at < n)
				p[at] = at % 2 ? '\n' : '\r';
			if (at + 3 < n)
				p[at + 3] = '\n';
			ASSERT_EQ(span__until(span_of(p, n), '\n', '\r'), at);
			free(p);
		}
}

TEST(one_needle)
{
	struct span s = SPAN("a\r\nb\r\n\r\nc");

	ASSERT_EQ(span__find(s, SPAN("\r\n\r\n")) - s.p, 4);
	ASSERT_EQ(span__find(s, SPAN("c")) - s.p, 8);
	ASSERT_EQ(span__find(s, SPAN("a\r\nb\r\n\r\nc")) - s.p, 0);
	ASSERT_EQ(span__find(s, SPAN("d")) == NULL, true);
	ASSERT_EQ(span__find(s, SPAN("a\r\nb\r\n\r\ncd")) == NULL, true);
	ASSERT_EQ(span__find(s, (struct span){ NULL, 0 }) == NULL, true);
	ASSERT_EQ(span__find((struct span){ NULL, 0 }, SPAN("a")) == NULL, true);
}

TEST_MAIN()
