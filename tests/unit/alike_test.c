// SPDX-License-Identifier: BSD-2-Clause
#include "provider/alike.h"
#include "test.h"

/* The text stands behind this key. */
#define KEY "\"content\":\""

static struct alike a;
static const int stream, other;

static void learn(const char *name, const char *event)
{
	struct span data = test_guard(span_str(event));
	const uint8_t *at = span__find(data, SPAN(KEY));

	alike__learn(&a, &stream, 1, span_str(name), data, at + sizeof(KEY) - 1, false);
	test_unguard(data);
}

/* The text of an event that is like the one that was learnt; NULL: it is not. */
static const char *text_of(const char *name, const char *event)
{
	static char text[128];
	struct span data = test_guard(span_str(event)), found;
	bool order, is = alike__is(&a, &stream, 1, span_str(name), data, &found, &order);

	if (is)
		span__copy(found, text, sizeof(text));
	test_unguard(data);
	return is ? text : NULL;
}

TEST(they_differ_in_their_text)
{
	learn("", "{\"id\":1,\"content\":\"Hel\",\"usage\":null}");
	ASSERT_STR(text_of("", "{\"id\":1,\"content\":\"lo\",\"usage\":null}"), "lo");
	ASSERT_STR(text_of("", "{\"id\":1,\"content\":\" \\\"x\\\\\",\"usage\":null}"),
		   " \\\"x\\\\");
	/* What stands around it is another. */
	ASSERT(!text_of("", "{\"id\":2,\"content\":\"lo\",\"usage\":null}"));
	ASSERT(!text_of("", "{\"id\":1,\"content\":\"lo\",\"usage\":{\"in\":1}}"));
	ASSERT(!text_of("", "{\"id\":1,\"content\":\"lo\",\"x\":1,\"usage\":null}"));
	ASSERT(!text_of("", "{\"id\":1,\"content\":\"lo\",\"usage\":null} "));
	ASSERT(!text_of("delta", "{\"id\":1,\"content\":\"lo\",\"usage\":null}"));
	/* There is none. */
	ASSERT(!text_of("", "{\"id\":1,\"content\":\"\",\"usage\":null}"));
	ASSERT(!text_of("", "{\"id\":1,\"content\":null,\"usage\":null}"));
}

TEST(padding_is_none_of_it)
{
	learn("", "{\"content\":\"Hel\",\"usage\":null,\"obfuscation\":\"zqJ\"}");
	ASSERT_STR(text_of("", "{\"content\":\"lo\",\"usage\":null,\"obfuscation\":\"1\"}"), "lo");
	ASSERT_STR(text_of("", "{\"content\":\"lo\",\"usage\":null,\"obfuscation\":\"\"}"), "lo");
	ASSERT(!text_of("", "{\"content\":\"lo\",\"usage\":1,\"obfuscation\":\"zqJ\"}"));
	learn("", "{\"obfuscation\":\"zqJ\",\"content\":\"Hel\",\"usage\":null}");
	ASSERT_STR(text_of("", "{\"obfuscation\":\"x\",\"content\":\"lo\",\"usage\":null}"), "lo");
}

TEST(it_is_of_one_stream_and_key)
{
	struct span data = SPAN("{\"content\":\"lo\"}"), text;
	bool order;

	learn("", "{\"content\":\"Hel\"}");
	ASSERT(alike__is(&a, &stream, 1, SPAN(""), data, &text, &order));
	ASSERT(!alike__is(&a, &stream, 2, SPAN(""), data, &text, &order));
	ASSERT(!alike__is(&a, &other, 1, SPAN(""), data, &text, &order));
	alike__forget(&a, &stream);
	ASSERT(!alike__is(&a, &stream, 1, SPAN(""), data, &text, &order));
}

/* Two choices of an answer take turns; of three kinds the last two are held. */
TEST(two_kinds_are_held)
{
	learn("", "{\"index\":0,\"content\":\"a\"}");
	learn("", "{\"index\":1,\"content\":\"a\"}");
	ASSERT_STR(text_of("", "{\"index\":0,\"content\":\"b\"}"), "b");
	ASSERT_STR(text_of("", "{\"index\":1,\"content\":\"c\"}"), "c");
	learn("", "{\"index\":2,\"content\":\"a\"}");
	ASSERT(!text_of("", "{\"index\":0,\"content\":\"b\"}"));
	ASSERT_STR(text_of("", "{\"index\":1,\"content\":\"c\"}"), "c");
	ASSERT_STR(text_of("", "{\"index\":2,\"content\":\"d\"}"), "d");
	alike__forget(&a, &stream);
	ASSERT(!text_of("", "{\"index\":1,\"content\":\"c\"}"));
	ASSERT(!text_of("", "{\"index\":2,\"content\":\"d\"}"));
}

/* Each prefix of an event is another event; so is one that is learnt cut short. */
TEST(a_part_of_one_is_not_like_it)
{
	static const char event[] =
		"{\"content\":\"a\\\"b\",\"x\":1,\"obfuscation\":\"c\\\\\",\"y\":2}";
	char part[sizeof(event)];

	for (size_t n = 0; n < sizeof(event) - 1; n++) {
		learn("", event);
		memcpy(part, event, n);
		part[n] = '\0';
		ASSERT(!text_of("", part));
		alike__forget(&a, &stream);
		if (n < sizeof("{" KEY) - 1)
			continue;
		learn("", part);
		ASSERT(!text_of("", event));
	}
	learn("", event);
	ASSERT_STR(text_of("", event), "a\\\"b");
}

TEST(what_is_too_long_is_not_learnt)
{
	char event[2 * ALIKE_MAX];

	memset(event, ' ', sizeof(event));
	memcpy(event, "{\"content\":\"a\"", 14);
	event[sizeof(event) - 1] = '\0';
	learn("", event);
	ASSERT(!text_of("", event));
	event[ALIKE_MAX] = '\0';
	learn("", event);
	ASSERT_STR(text_of("", event), "a");
}

TEST_MAIN()
