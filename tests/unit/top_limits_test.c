// SPDX-License-Identifier: BSD-2-Clause
/* The live table at its limits: hostile names, more than it holds, no room. */
#include "top_fixture.h"

TEST(hostile_names_are_shown_safely_and_in_line)
{
	static char longest[65537];
	static const char *const names[] = { "evil\x1b[2J\x1b]0;x\a\nname",
					     "\u65e5\u672c\u8a9e",
					     "a\u0301\u0301\u0301\u0301\u0301",
					     "\u202egnp.exe",
					     "\xff\xfe\x80",
					     "\xc2\x9b"
					     "31m",
					     "tab\there",
					     longest };
	struct top *t = begun();

	memset(longest, 'x', sizeof(longest) - 1);
	for (size_t i = 0; i < 8; i++)
		tell(t, call_of(names[i], 7, DOLLARS));
	screen(t, 80, 24);
	for (const char *p = shown; *p; p++)
		ASSERT((unsigned char)*p >= 0x20 || *p == '\n');
	ASSERT(!strstr(shown, "\u202e"));
	ASSERT(!strstr(shown, "\xc2\x9b"));
	/* each of the eight has its figures in the same columns */
	ASSERT_EQ(strncmp(line(shown, "evil"), "evil?[2J?]0;x??name     ", 24), 0);
	for (const char *at = strstr(shown, "services▾"), *end; at && (end = strchr(at, '\n'));
	     at = end + 1)
		ASSERT(end - at <= 80 + 60); /* bytes: columns are columns_test's */
	ASSERT_EQ(strlen(line(shown, "tab?here")), 80);
	top__free(t);
}

TEST(more_names_than_fit_are_others_and_no_dollar_is_lost)
{
	struct top *t = begun();
	char name[32];

	for (int i = 0; i < 5000; i++) {
		struct ledger_call c;

		snprintf(name, sizeof(name), "user-%d", i);
		c = call_of(name, 1, DOLLARS / 1000);
		c.key[VIEW_RUN] = name;
		tell(t, c);
	}
	screen(t, 80, 24);
	ASSERT(strstr(shown, "$5.00  5000 calls"));
	ASSERT(strstr(line(shown, "(others)"), " 0.9050 "));
	/* They are nobody's alone. */
	type(t, "r");
	ASSERT_EQ(strncmp(line(screen(t, 80, 24), "(others)"), "(others)      ", 14), 0);
	top__free(t);
}

TEST(more_calls_than_are_held_make_the_window_shorter)
{
	struct top *t = begun_as(&(struct top_opts){ .window = WINDOW_HOUR });

	for (int i = 0; i < (1 << 18) + 1000; i++)
		tell(t, call_of("shop", 1000 - i / 300, 1));
	screen(t, 120, 24);
	ASSERT(strstr(shown, "262k calls"));
	ASSERT(strstr(shown, "shortened: more calls than are held"));
	top__free(t);
}

TEST(no_size_is_too_small)
{
	struct top *t = begun();

	top__run(t, "run r1\n1    gpt-x\n", NULL);
	for (int i = 0; i < 30; i++)
		tell(t, call_of(i % 2 ? "shop" : "desk", i, DOLLARS));
	top__lost(t, "ring_full", 12);
	top__lost(t, "a name that is longer than any", 99999999);
	for (int w = 1; w < 250; w += 7)
		for (int h = 1; h < 60; h += 5) {
			screen(t, w, h);
			type(t, "?");
			screen(t, w, h);
			type(t, "x");
		}
	ASSERT(strstr(screen(t, 100, 24), "lost: 12 ring_full, "));
	top__free(t);
}

TEST_MAIN()
