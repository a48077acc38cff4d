// SPDX-License-Identifier: BSD-2-Clause
#include "provider/fields.h"
#include "test.h"

/* What is held without gaps is what an array of all would hold, in whatever order it is told. */
TEST(numbers_are_those_that_were_told)
{
	int64_t want[NUMBERS] = { 0 };
	struct fields f = { .known = 0 };
	uint64_t known = 0, step = 1;

	for (int i = 0; i < 2000; i++) {
		step = step * 6364136223846793005u + 1442695040888963407u;
		unsigned int n = (unsigned int)(step >> 33) % NUMBERS;

		if (step >> 60 == 0) {
			uint64_t gone = step << 20;

			fields__forget(&f, gone);
			known &= ~gone;
		} else {
			want[n] = (int64_t)(step >> 10);
			known |= NUMBER_BIT(n);
			fields__set(&f, n, want[n]);
		}
		for (unsigned int k = 0; k < NUMBERS; k++) {
			ASSERT_EQ(fields__knows(&f, k), !!(known & NUMBER_BIT(k)));
			ASSERT_EQ(fields__get(&f, k), known & NUMBER_BIT(k) ? want[k] : 0);
		}
	}
	fields__set(&f, N_INPUT, INT64_MAX);
	ASSERT_EQ(fields__get(&f, N_INPUT), FIELD_NUMBER_MAX);
	fields__forget(&f, UINT64_MAX);
	ASSERT_EQ(f.known, 0);
	fields__free(&f);
}

TEST(texts_are_those_that_were_told_last)
{
	static const char letters[TEXT_CAP + 20] =
		"abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz "
		"abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklm";
	char want[TEXTS][TEXT_CAP] = { "" };
	struct fields f = { .known = 0 };
	uint64_t step = 1;

	for (int i = 0; i < 2000; i++) {
		step = step * 6364136223846793005u + 1442695040888963407u;
		unsigned int t = (unsigned int)(step >> 33) % TEXTS;
		struct span s = span_of(letters + (step >> 60), (step >> 50) % TEXT_CAP);

		/* An empty one is none. */
		if (step >> 61 == 0)
			s.n = 0;
		span__copy(s, want[t], sizeof(want[t]));
		fields__set_text(&f, t, s);
		for (unsigned int k = 0; k < TEXTS; k++) {
			ASSERT_STR(fields__text(&f, k), want[k]);
			ASSERT_EQ(fields__told(&f, k), want[k][0] != '\0');
		}
	}
	fields__free(&f);
}

TEST(a_text_is_cut_and_ends_at_a_nul)
{
	char longer[2 * TEXT_CAP];
	struct fields f = { .known = 0 };

	memset(longer, 'x', sizeof(longer));
	fields__set_text(&f, T_ID, span_of(longer, sizeof(longer)));
	ASSERT_EQ(strlen(fields__text(&f, T_ID)), TEXT_CAP - 1);
	fields__set_text(&f, T_MODEL, SPAN("gpt\0-4o"));
	ASSERT_STR(fields__text(&f, T_MODEL), "gpt");
	fields__set_text(&f, T_ID, SPAN("\0x"));
	ASSERT(!fields__told(&f, T_ID));
	ASSERT_STR(fields__text(&f, T_MODEL), "gpt");
	fields__free(&f);
}

TEST(a_copy_is_its_own)
{
	struct fields a = { .stream = true }, b = { .known = 0 };

	fields__set(&a, N_INPUT, 12);
	fields__set_text(&a, T_MODEL, SPAN("gpt-4o"));
	ASSERT_EQ(fields__copy(&b, &a), 0);
	fields__set(&a, N_INPUT, 13);
	fields__free(&a);
	ASSERT_EQ(fields__get(&b, N_INPUT), 12);
	ASSERT_STR(fields__text(&b, T_MODEL), "gpt-4o");
	ASSERT(b.stream);
	ASSERT(!a.stream && !fields__knows(&a, N_INPUT) && !fields__told(&a, T_MODEL));
	fields__free(&b);
}

TEST_MAIN()
