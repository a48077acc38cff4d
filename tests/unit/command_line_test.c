// SPDX-License-Identifier: BSD-2-Clause
#include "attribute/command_line.h"
#include "test.h"

static const uint8_t key[COMMAND_LINE_KEY_BYTES] = "a key", other[COMMAND_LINE_KEY_BYTES] = "b key";

/* With the NUL at the end, as the kernel has it. */
#define ARGS(lit)                                   \
	{                                           \
		(const uint8_t *)(lit), sizeof(lit) \
	}

static const struct {
	struct span args;
	const char *told;
} lines[] = {
	{ ARGS("python3\0agent.py\0--queue\0mail\0-v"), "python3 agent.py --queue mail -v" },
	{ ARGS("a\0--api-key\0abc\0--next\0word"), "a --api-key *** --next word" },
	{ ARGS("a\0--API_TOKEN=abc\0x"), "a --API_TOKEN=*** x" },
	{ ARGS("a\0OPENAI_API_KEY=abc\0x"), "a OPENAI_API_KEY=*** x" },
	{ ARGS("a\0-p\0sk-proj-1"), "a -p ***" },
	{ ARGS("a\0--password\0--next"), "a --password --next" },
	{ ARGS("curl\0-H\0Authorization: Bearer abc\0https://h/x"),
	  "curl -H Authorization:*** https://h/x" },
	{ ARGS("a\0postgres://me:pw@db:5432/x"), "a postgres://***@db:5432/x" },
	{ ARGS("a\0https://user@host/a@b"), "a https://***@host/a@b" },
	{ ARGS("a\0https://host/a@b"), "a https://host/a@b" },
	{ ARGS("a\0--url=https://u:p@h/"), "a --url=https://***@h/" },
	{ ARGS("a\0Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5"), "a ***" },
	{ ARGS("a\0/usr/lib/python3.11/site-packages/x1"),
	  "a /usr/lib/python3.11/site-packages/x1" },
	{ ARGS("a\0eyJhbGciOiJIUzI1NiJ9.e30.x"), "a ***" },
	{ ARGS("a\0\0b"), "a  b" },
	{ ARGS(""), "" },
};

TEST(secrets_are_blotted_out)
{
	char told[256];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct span args = test_guard(lines[i].args);

		command_line_of(COMMAND_LINE_PLAIN, key, args, told, sizeof(told));
		test_unguard(args);
		ASSERT_STR(told, lines[i].told);
	}
}

TEST(a_hash_is_the_same_of_the_same)
{
	struct span args = ARGS("python3\0agent.py\0--token\0x"), more = ARGS("python3\0agent.pz");
	char a[64], b[64], c[64], d[64];

	command_line_of(COMMAND_LINE_HASHED, key, args, a, sizeof(a));
	command_line_of(COMMAND_LINE_HASHED, key, args, b, sizeof(b));
	command_line_of(COMMAND_LINE_HASHED, other, args, c, sizeof(c));
	command_line_of(COMMAND_LINE_HASHED, key, more, d, sizeof(d));
	ASSERT_EQ(strlen(a), 5 + 32);
	ASSERT_STR(a, b);
	ASSERT(strcmp(a, c) && strcmp(a, d));
	ASSERT(!strstr(a, "agent"));
}

TEST(off_is_off_and_every_buffer_is_kept)
{
	struct span args = ARGS("python3\0agent.py\0--token\0x");
	char told[64];

	command_line_of(COMMAND_LINE_OFF, key, args, told, sizeof(told));
	ASSERT_STR(told, "");
	for (size_t cap = 1; cap < sizeof(told); cap++) {
		memset(told, 'x', sizeof(told));
		command_line_of(COMMAND_LINE_PLAIN, key, args, told, cap);
		ASSERT(strlen(told) < cap && told[cap] == 'x');
		command_line_of(COMMAND_LINE_HASHED, key, args, told, cap);
		ASSERT(strlen(told) < cap);
	}
}

TEST_MAIN()
