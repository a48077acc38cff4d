// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "provider/notices.h"
#include "provider/shapes.h"
#include "test.h"

static struct notices n;

static uint8_t who(const struct field *table, const char *path)
{
	struct span s = test_guard(span_str(path));
	uint8_t ret = notices__of(&n, table, s)->who;

	test_unguard(s);
	return ret;
}

TEST(each_path_has_its_readers)
{
	for (int again = 0; again < 2; again++) {
		ASSERT_EQ(who(openai_request, "max_tokens"), NOTICE_FIELD);
		ASSERT_EQ(who(openai_request, "model"), NOTICE_FIELD | NOTICE_OUTSIDE);
		ASSERT_EQ(who(openai_request, "messages[].content"),
			  NOTICE_PROMPTED | NOTICE_PROMPT | NOTICE_SYSTEM);
		ASSERT_EQ(who(openai_request, "user"), NOTICE_TAG);
		ASSERT_EQ(who(openai_request, "tools[].function.description"), 0);
		ASSERT_EQ(who(openai_request, ""), 0);
		/* Another table has other fields; of an array's elements those of an event. */
		ASSERT_EQ(who(openai_chat, "max_tokens"), 0);
		ASSERT_EQ(who(openai_chat, "usage.prompt_tokens"), NOTICE_FIELD);
		ASSERT_EQ(who(openai_chat, "[].usage.prompt_tokens"), NOTICE_FIELD);
	}
}

/* More paths than are held, of any length: what is told of one does not depend on the others. */
TEST(any_number_of_paths)
{
	char path[3 * NOTICE_PATH_MAX];

	for (int i = 0; i < 5000; i++) {
		int len = snprintf(path, sizeof(path), "%0*d.user_id", 1 + i % 200, i);

		ASSERT(len < (int)sizeof(path));
		ASSERT_EQ(who(openai_request, path), 0);
		ASSERT_EQ(who(openai_request, "metadata.user_id"), NOTICE_TAG);
		ASSERT_EQ(who(openai_request, "model"), NOTICE_FIELD | NOTICE_OUTSIDE);
	}
}

TEST_MAIN()
