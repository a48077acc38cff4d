// SPDX-License-Identifier: BSD-2-Clause
#include "provider/estimate.h"
#include "test.h"

static struct estimate estimate;

static struct call call_of(const struct exchange *x, const char *model)
{
	struct call c = { .x = x, .provider = "openai", .max_tokens = -1, .result = CALL_OK };

	span__copy(span_str(model), c.served_model, sizeof(c.served_model));
	c.use.reasoning = -1;
	return c;
}

static struct estimate_text text_of(const char *const *events, size_t count)
{
	struct estimate_text t = { .request = 4200 };

	for (size_t i = 0; i < count; i++) {
		struct span event = test_guard(span_str(events[i]));

		estimate_text__add(&t, event);
		test_unguard(event);
	}
	return t;
}

TEST(text_is_counted_once_where_its_api_has_it)
{
	static const char *const chat[] = {
		"{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}",
		"{\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}",
		"{\"choices\":[{\"delta\":{\"content\": \"a\\n\\u00e9\\\"\"}}]}",
		"{\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":\"{}\"}}]}}]}",
		"{\"choices\":[{\"delta\":{\"content\":\"cut",
	};
	static const char *const responses[] = {
		"{\"type\":\"response.output_text.delta\",\"delta\":\"Hello\"}",
		"{\"type\":\"response.output_text.done\",\"text\":\"Hello\"}",
	};
	static const char *const claude[] = {
		"{\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}",
		"{\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":1}\"}}",
	};

	ASSERT_EQ(text_of(chat, 5).bytes, 5 + 5 + 2 + 3);
	ASSERT_EQ(text_of(responses, 2).bytes, 5);
	ASSERT_EQ(text_of(claude, 2).bytes, 5 + 7);
}

TEST(what_was_told_stays_and_what_was_not_is_marked)
{
	struct exchange x = { .request_len = 9000 };
	struct call c = call_of(&x, "unheard-of");
	struct estimate_text t = { .bytes = 420, .request = 4000 };

	usage__set(&c.use, USAGE_INPUT, 7);
	c.usage_source = USAGE_REPORTED;
	estimate__fill(&estimate, &c, &t, false);
	ASSERT_EQ(c.use.n[USAGE_INPUT], 7);
	ASSERT_EQ(c.use.n[USAGE_OUTPUT], 100);
	ASSERT_EQ(c.use.estimated, 1u << USAGE_OUTPUT);
	ASSERT_EQ(c.usage_source, USAGE_ESTIMATED);
}

TEST(no_more_than_was_allowed)
{
	struct exchange x = { .request_len = 9000 };
	struct call c = call_of(&x, "unheard-of");
	struct estimate_text t = { .bytes = UINT64_MAX / 2, .request = 4000 };

	c.max_tokens = 64;
	estimate__fill(&estimate, &c, &t, false);
	ASSERT_EQ(c.use.n[USAGE_OUTPUT], 64);
}

TEST(pictures_are_no_text)
{
	struct exchange x = { .request_len = 9000 };
	struct call c = call_of(&x, "unheard-of");
	struct estimate_text t = { .bytes = 42, .request = 4000 };

	estimate__fill(&estimate, &c, &t, true);
	ASSERT(!usage__knows(&c.use, USAGE_INPUT));
	ASSERT_EQ(c.use.n[USAGE_OUTPUT], 10);
}

TEST(nothing_is_made_of_nothing)
{
	struct exchange x = { 0 };
	struct call c = call_of(&x, "unheard-of");
	struct estimate_text t = { 0 };

	estimate__fill(&estimate, &c, &t, false);
	ASSERT_EQ(c.use.known, 0);
	ASSERT_EQ(c.usage_source, USAGE_NONE);
}

TEST(calls_that_told_teach)
{
	struct exchange x = { .request_len = 9000 };
	struct call told = call_of(&x, "gpt-x"), c = call_of(&x, "gpt-x");
	struct estimate_text t = { .bytes = 1000, .request = 10000 };

	told.complete = true;
	told.usage_source = USAGE_REPORTED;
	usage__set(&told.use, USAGE_INPUT, 3000);
	usage__set(&told.use, USAGE_CACHE_READ, 2000);
	usage__set(&told.use, USAGE_OUTPUT, 600);
	told.use.reasoning = 100; /* is no text */
	estimate__learn(&estimate, &told, &t, false);
	estimate__fill(&estimate, &c, &t, false);
	ASSERT_EQ(c.use.n[USAGE_INPUT], 5000);
	ASSERT_EQ(c.use.n[USAGE_OUTPUT], 500);
	/* What was estimated, or forged, teaches nothing. */
	told.usage_source = USAGE_IMPLAUSIBLE;
	usage__set(&told.use, USAGE_OUTPUT, 1 << 30);
	estimate__learn(&estimate, &told, &t, false);
	c = call_of(&x, "gpt-x");
	estimate__fill(&estimate, &c, &t, false);
	ASSERT_EQ(c.use.n[USAGE_OUTPUT], 500);
}

TEST_MAIN()
