// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "base/protobuf.h"
#include "test.h"

#define MAX 4096
#define BYTES(lit)                                      \
	{                                               \
		(const uint8_t *)(lit), sizeof(lit) - 1 \
	}

static const char *const colours[] = { "NONE", "RED" };
static const struct protobuf_field inner[] = {
	{ .number = 1, .name = "text", .kind = PROTOBUF_TEXT },
	{ .number = 0 },
};
static const struct protobuf_field outer[] = {
	{ .number = 1, .name = "n", .kind = PROTOBUF_NUMBER },
	{ .number = 2, .name = "colour", .kind = PROTOBUF_ENUM, .names = colours, .values = 2 },
	{ .number = 3, .name = "text", .kind = PROTOBUF_TEXT },
	{ .number = 4, .name = "data", .kind = PROTOBUF_BYTES },
	{ .number = 5, .name = "one", .kind = PROTOBUF_MESSAGE, .message = inner },
	{ .number = 300, .name = "each", .kind = PROTOBUF_MESSAGE, .list = true, .message = inner },
	{ .number = 0 },
};

static const struct {
	struct span message;
	int err;
	const char *json;
} cases[] = {
	{ { NULL, 0 }, 0, "{}" },
	{ BYTES("\x08\x96\x01\x10\x01"), 0, "{\"n\":150,\"colour\":\"RED\"}" },
	{ BYTES("\x10\x07"), 0, "{\"colour\":7}" },
	{ BYTES("\x1a\x06\"\\\n\x01\xc3\xa4"), 0,
	  "{\"text\":\"\\u0022\\u005c\\u000a\\u0001\xc3\xa4\"}" },
	{ BYTES("\x22\x03\0\xff\x01"), 0, "{\"data\":\"AAA\"}" },
	{ BYTES("\x2a\x04\x0a\x02hi\xe2\x12\x03\x0a\x01x\xe2\x12\x00"), 0,
	  "{\"one\":{\"text\":\"hi\"},\"each\":[{\"text\":\"x\"}],\"each\":[{}]}" },
	/* Other fields, of each type; one whose type is another than told. */
	{ BYTES("\x31\1\2\3\4\5\6\7\x08\x3d\1\2\3\4\x40\x05\x4a\x01z\x0a\x01z\x0d\1\2\3\4"
		"\x08\x01"),
	  0, "{\"n\":1}" },
	/* -1 */
	{ BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 0, "{\"n\":null}" },
	{ BYTES("\x1a\x05hi"), -EBADMSG, NULL },				       /* cut */
	{ BYTES("\x0b\x0c"), -EBADMSG, NULL },					       /* a group */
	{ BYTES("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), -EBADMSG, NULL }, /* endless */
	{ BYTES("\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), -EBADMSG, NULL },
};

TEST(messages)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span s = test_guard(cases[i].message);
		struct buffer out = { .n = 0 };
		int err = protobuf_to_json(s, outer, &out, MAX);

		test_unguard(s);
		if (err != cases[i].err)
			TEST_FAIL("case %zu: %d, expected %d", i, err, cases[i].err);
		if (cases[i].json && !span__eq(span_of(out.p, out.n), span_str(cases[i].json)))
			TEST_FAIL("case %zu: %.*s, expected %s", i, (int)out.n, (char *)out.p,
				  cases[i].json);
		buffer__free(&out);
	}
}

TEST(every_prefix)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t n = 0; n < cases[i].message.n; n++) {
			struct span s = test_guard(span_of(cases[i].message.p, n));
			struct buffer out = { .n = 0 };

			protobuf_to_json(s, outer, &out, MAX);
			test_unguard(s);
			buffer__free(&out);
		}
}

TEST(no_more_than_the_limit)
{
	struct buffer out = { .n = 0 };

	for (size_t max = 0; max < 13; max++) {
		ASSERT_EQ(protobuf_to_json(SPAN("\x1a\x02hi"), outer, &out, max), -EMSGSIZE);
		ASSERT(out.n <= max);
		out.n = 0;
	}
	ASSERT_EQ(protobuf_to_json(SPAN("\x1a\x02hi"), outer, &out, 13), 0);
	buffer__free(&out);
}

TEST_MAIN()
