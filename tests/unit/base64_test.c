// SPDX-License-Identifier: BSD-2-Clause
#include "base/base64.h"
#include "test.h"

static const struct {
	const char *text, *plain; /* NULL: not base64 */
} cases[] = {
	{ "", "" },
	{ "YQ==", "a" },
	{ "YQ", "a" },
	{ "YWI=", "ab" },
	{ "YWJj", "abc" },
	{ "Pz8/", "??"
		  "?" },
	{ "YW Jj", NULL },
	{ "=YQ", NULL },
	{ "YWJj\n", NULL },
};

TEST(text_of_base64)
{
	uint8_t plain[16];
	size_t n;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int err = base64_decode(span_str(cases[i].text), plain, &n);

		if (!err != (cases[i].plain != NULL))
			TEST_FAIL("\"%s\": %d", cases[i].text, err);
		if (!err)
			ASSERT(span__eq(span_of(plain, n), span_str(cases[i].plain)));
	}
}

TEST_MAIN()
