// SPDX-License-Identifier: BSD-2-Clause
#include <locale.h>

#include "base/columns.h"
#include "base/text.h"
#include "test.h"

static char dst[4096];

TEST(columns_are_no_bytes)
{
	ASSERT_EQ(text_columns(""), 0);
	ASSERT_EQ(text_columns("abc"), 3);
	ASSERT_EQ(text_columns("d\u00e9j\u00e0"), 4);
	ASSERT_EQ(text_columns("\u65e5\u672c"), 4);
	ASSERT_EQ(text_columns("e\u0301"), 1);
}

TEST(a_text_is_cut_or_filled)
{
	ASSERT_STR(text_fit("abc", 5, false, dst, sizeof(dst)), "abc  ");
	ASSERT_STR(text_fit("abc", 3, false, dst, sizeof(dst)), "abc");
	ASSERT_STR(text_fit("abcdef", 4, false, dst, sizeof(dst)), "abc\u2026");
	ASSERT_STR(text_fit("abcdef", 4, true, dst, sizeof(dst)), "ab..");
	ASSERT_STR(text_fit("", 2, false, dst, sizeof(dst)), "  ");
	ASSERT_STR(text_fit("abc", 0, false, dst, sizeof(dst)), "");
	ASSERT_STR(text_fit("abc", 1, false, dst, sizeof(dst)), "\u2026");
}

TEST(a_wide_character_is_not_cut_in_two)
{
	ASSERT_STR(text_fit("\u65e5\u672c\u8a9e", 6, false, dst, sizeof(dst)),
		   "\u65e5\u672c\u8a9e");
	ASSERT_STR(text_fit("\u65e5\u672c\u8a9e", 5, false, dst, sizeof(dst)),
		   "\u65e5\u672c\u2026");
	ASSERT_STR(text_fit("\u65e5\u672c\u8a9e", 4, false, dst, sizeof(dst)), "\u65e5\u2026 ");
	ASSERT_STR(text_fit("\u65e5\u672c", 4, true, dst, sizeof(dst)), "??  ");
}

TEST(accents_do_not_stack_up)
{
	char zalgo[400] = "a";

	for (int i = 0; i < 100; i++)
		strcat(zalgo, "\u0301");
	ASSERT_STR(text_fit(zalgo, 2, false, dst, sizeof(dst)), "a\u0301\u0301 ");
	/* one without a letter would sit on what stands before the cell */
	ASSERT_STR(text_fit("\u0301a", 3, false, dst, sizeof(dst)), "?a ");
}

/* Whatever a text is: exactly as many columns, and no byte beyond the room. */
TEST(any_text_has_its_columns)
{
	static const char *const pieces[] = { "a",	"\u00e9", "\u65e5",  "\u0301", "\U0001f600",
					      "\u200d", "\xff",	  "\x1b[2J", "\n",     "\u202e" };
	unsigned int lot = 1;

	for (int round = 0; round < 2000; round++) {
		char text[600] = "", clean[2000];
		size_t columns = round % 37;

		for (int i = 0; i < round % 50; i++) {
			lot = lot * 1103515245 + 12345;
			strcat(text, pieces[lot / 65536 % 10]);
		}
		text_terminal(span_str(text), clean, sizeof(clean));
		text_fit(clean, columns, round % 2, dst, 10 * columns + 8);
		ASSERT_EQ(text_columns(dst), columns);
		ASSERT(!strchr(dst, 27));
		ASSERT(!strchr(dst, '\n'));
		ASSERT(!strstr(dst, "\u202e"));
	}
}

__attribute__((constructor)) static void widths(void)
{
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		exit(2);
}

TEST_MAIN()
