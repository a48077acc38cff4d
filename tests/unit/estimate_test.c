// SPDX-License-Identifier: BSD-2-Clause
#include "provider/estimate.h"
#include "provider/ops.h"
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
	struct estimate_text t = { .said = 4200000, .values = 3, .tools = 1 };

	for (size_t i = 0; i < count; i++) {
		struct span event = test_guard(span_str(events[i]));

		estimate_text__add(&t, event);
		test_unguard(event);
	}
	return t;
}

static uint64_t words_of(const char *text)
{
	struct words w = { .run = 0 };

	words__add(&w, span_str(text));
	return words__end(&w);
}

TEST(text_is_counted_once_where_its_api_has_it)
{
	static const char *const chat[] = {
		"{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}",
		"{\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}",
		"{\"choices\":[{\"delta\":{\"content\": \"lo a\\n\\u00e9\\\"\"}}]}",
		"{\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":\"{}\"}}]}}]}",
		"{\"choices\":[{\"delta\":{\"content\":\" cut",
	};
	static const char *const responses[] = {
		"{\"type\":\"response.output_text.delta\",\"delta\":\"Hello\"}",
		"{\"type\":\"response.output_text.done\",\"text\":\"Hello\"}",
	};
	static const char *const claude[] = {
		"{\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}",
		"{\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":1}\"}}",
	};

	struct estimate_text t = text_of(chat, 5);

	/* A word that goes on in the next event is one. */
	ASSERT_EQ(estimate_text__said(&t, 0), words_of("Hello a\n\xc3\xa9\"") + words_of(" cut"));
	ASSERT_EQ(estimate_text__said(&t, -1), words_of("{}"));
	ASSERT_EQ(t.pieces, 3);
	ASSERT_EQ(t.json_pieces, 1);
	t = text_of(responses, 2);
	ASSERT_EQ(estimate_text__said(&t, 0), words_of("Hello"));
	t = text_of(claude, 2);
	ASSERT_EQ(estimate_text__said(&t, 0), words_of("Hello"));
	ASSERT_EQ(estimate_text__said(&t, -1), words_of("{\"a\":1}"));
}

/* Of a long stream a sample stands for the rest. */
TEST(a_long_stream_is_sampled)
{
	const char *const event = "{\"choices\":[{\"delta\":{\"content\":\" meter\"}}]}";
	struct estimate_text t = { 0 };

	for (int i = 0; i < 1000; i++)
		estimate_text__add(&t, span_str(event));
	ASSERT_EQ(t.pieces, 64 + 936);
	ASSERT_EQ(estimate_text__said(&t, 0), 1000 * words_of(" meter"));
}

static void on_value(void *ctx, const struct json_value *v)
{
	estimate_text__request(ctx, v, estimate_text_at(v->path));
}

TEST(a_request_is_its_messages_tools_and_form)
{
	static const char request[] =
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"},"
		"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"type\":"
		"\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":7}],\"temperature\":1,"
		"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}}],"
		"\"response_format\":{\"type\":\"json_object\"}}";
	struct estimate_text t = { 0 };
	struct json_scan *s = json_scan__new(on_value, &t);

	ASSERT_EQ(json_scan__feed(s, SPAN(request)), 0);
	json_scan__free(s);
	ASSERT_EQ(t.messages, 3);
	ASSERT_EQ(t.past_calls, 1);
	ASSERT_EQ(t.said, words_of("Hello") + words_of("f") + words_of("{}") + 1700);
	ASSERT_EQ(t.tools, 1);
	ASSERT_EQ(t.tool_values, 2);
	ASSERT_EQ(t.tool_texts, words_of("function") + words_of("f"));
	ASSERT_EQ(t.form, 2000 + words_of("json_object"));
}

TEST(calls_of_tools_are_counted)
{
	static const struct {
		const char *event;
		uint64_t calls, json;
	} cases[] = {
		{ "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\","
		  "\"arguments\":\"\"}}]}}]}",
		  1, 0 },
		/* the pieces that follow have no name, or an empty one */
		{ "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":\"{}\"}}]}}]}",
		  0, 1 },
		{ "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"name\":\"\",\"arguments\":"
		  "\"{}\"}}]}}]}",
		  0, 1 },
		{ "{\"type\":\"content_block_start\",\"content_block\":{\"type\":\"tool_use\",\"name\":"
		  "\"f\",\"input\":{}}}",
		  1, 0 },
		{ "{\"type\":\"content_block_start\",\"content_block\":{\"type\":\"text\",\"text\":\"\"}}",
		  0, 0 },
		{ "{\"delta\":{\"stop_reason\":\"tool_use\"}}", 0, 0 },
		{ "{\"type\":\"response.output_item.added\",\"item\":{\"type\":\"function_call\","
		  "\"name\":\"f\"}}",
		  1, 0 },
		{ "{\"type\":\"response.function_call_arguments.delta\",\"delta\":\"{\"}", 0, 1 },
		{ "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\"}}]}}]}",
		  1, 0 },
		{ "{\"type\":\"tool-call-start\",\"delta\":{\"message\":{\"tool_calls\":{\"function\":{"
		  "\"name\":\"f\",\"arguments\":\"\"}}}}}",
		  1, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct estimate_text t = text_of(&cases[i].event, 1);

		if (t.calls != cases[i].calls || t.json_pieces != cases[i].json || t.pieces)
			TEST_FAIL("case %zu: %llu calls, %llu of JSON, %llu of text", i,
				  (unsigned long long)t.calls, (unsigned long long)t.json_pieces,
				  (unsigned long long)t.pieces);
	}
}

/* Never more than a request could cost at the worst, whatever passed and was learnt. */
TEST(an_estimate_is_within_the_worst_case)
{
	static struct estimate e;
	uint64_t random = 1;

	for (int i = 0; i < 20000; i++) {
		uint64_t n[10];
		struct exchange x = { 0 };
		struct call c, told;
		struct estimate_text t;

		for (size_t k = 0; k < sizeof(n) / sizeof(n[0]); k++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			n[k] = random >> (random >> 58); /* of any size */
		}
		x.request_len = n[0];
		x.response_len = n[1];
		t = (struct estimate_text){ .text = n[2],
					    .pieces = n[3],
					    .json = n[4],
					    .calls = n[5],
					    .said = n[6],
					    .values = n[7],
					    .tools = n[8],
					    .tool_texts = n[4] };
		told = call_of(&x, i % 2 ? "claude-x" : "gpt-x");
		told.complete = true;
		told.usage_source = USAGE_REPORTED;
		usage__set(&told.use, USAGE_INPUT, (int64_t)(n[9] >> 8));
		usage__set(&told.use, USAGE_OUTPUT, (int64_t)(n[9] >> 9));
		estimate__learn(&e, &told, &t, 0);
		c = call_of(&x, i % 2 ? "claude-x" : "gpt-x");
		c.max_tokens = i % 3 ? (int64_t)(n[9] % 100000) : -1;
		estimate__fill(&e, &c, &t, 0);
		ASSERT(!usage__knows(&c.use, USAGE_INPUT) ||
		       (c.use.n[USAGE_INPUT] >= 0 &&
			(uint64_t)c.use.n[USAGE_INPUT] <= plausible_input(x.request_len)));
		ASSERT(!usage__knows(&c.use, USAGE_OUTPUT) ||
		       (c.use.n[USAGE_OUTPUT] >= 0 &&
			(uint64_t)c.use.n[USAGE_OUTPUT] <= x.response_len));
		ASSERT(c.max_tokens < 0 || !usage__knows(&c.use, USAGE_OUTPUT) ||
		       c.use.n[USAGE_OUTPUT] <= c.max_tokens);
		ASSERT(c.usage_source != USAGE_REPORTED);
	}
}

TEST(what_was_told_stays_and_what_was_not_is_marked)
{
	struct exchange x = { .request_len = 9000, .response_len = 9000 };
	struct call c = call_of(&x, "unheard-of");
	struct estimate_text t = { .text = 100000, .pieces = 10, .said = 4000000, .values = 1 };

	usage__set(&c.use, USAGE_INPUT, 7);
	c.usage_source = USAGE_REPORTED;
	estimate__fill(&estimate, &c, &t, 0);
	ASSERT_EQ(c.use.n[USAGE_INPUT], 7);
	ASSERT_EQ(c.use.n[USAGE_OUTPUT], 102); /* of the text, and what any answer has */
	ASSERT_EQ(c.use.estimated, 1u << USAGE_OUTPUT);
	ASSERT_EQ(c.usage_source, USAGE_ESTIMATED);
}

/* Told token by token, an answer has as many as there are pieces. */
TEST(a_piece_is_a_token_at_least)
{
	struct exchange x = { .request_len = 9000, .response_len = 9000 };
	struct call c = call_of(&x, "unheard-of");
	struct estimate_text t = { .text = 130000, .pieces = 100, .values = 1 };

	estimate__fill(&estimate, &c, &t, 0);
	ASSERT_EQ(c.use.n[USAGE_OUTPUT], 102);
}

/* Nothing came of what broke off; of what was not seen nobody knows. */
TEST(only_what_was_seen_to_break_off_has_no_output)
{
	static const uint32_t flags[] = { EXCHANGE_ABORTED, EXCHANGE_GAP, EXCHANGE_TRUNCATED,
					  EXCHANGE_BROKEN };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct exchange x = { .request_len = 9000, .flags = flags[i] };
		struct call c = call_of(&x, "unheard-of");
		struct estimate_text t = { .said = 4000000, .values = 1 };

		c.result = CALL_ABORTED;
		estimate__fill(&estimate, &c, &t, 0);
		ASSERT_EQ(usage__knows(&c.use, USAGE_OUTPUT), flags[i] == EXCHANGE_ABORTED);
		ASSERT_EQ(c.use.n[USAGE_OUTPUT], 0);
	}
}

TEST(no_more_than_was_allowed)
{
	struct exchange x = { .request_len = 9000, .response_len = 9000 };
	struct call c = call_of(&x, "unheard-of");
	struct estimate_text t = { .text = UINT64_MAX / 2, .said = 4000000, .values = 1 };

	c.max_tokens = 64;
	estimate__fill(&estimate, &c, &t, 0);
	ASSERT_EQ(c.use.n[USAGE_OUTPUT], 64);
}

TEST(pictures_are_no_text)
{
	struct exchange x = { .request_len = 9000, .response_len = 9000 };
	struct call c = call_of(&x, "unheard-of"), seen = c;
	struct estimate_text t = { .text = 8000, .pieces = 2, .said = 4000000, .values = 1 };
	int64_t text;

	estimate__fill(&estimate, &c, &t, -1);
	ASSERT(!usage__knows(&c.use, USAGE_INPUT));
	ASSERT_EQ(c.use.n[USAGE_OUTPUT], 10); /* 8, and what any answer has */
	/* Those that are counted stand beside it, however few bytes they have. */
	estimate__fill(&estimate, &seen, &t, 0);
	text = seen.use.n[USAGE_INPUT];
	seen.use.known = 0;
	estimate__fill(&estimate, &seen, &t, 20000);
	ASSERT_EQ(seen.use.n[USAGE_INPUT], text + 20000);
}

TEST(nothing_is_made_of_nothing)
{
	struct exchange x = { 0 };
	struct call c = call_of(&x, "unheard-of");
	struct estimate_text t = { 0 };

	estimate__fill(&estimate, &c, &t, 0);
	ASSERT_EQ(c.use.known, 0);
	ASSERT_EQ(c.usage_source, USAGE_NONE);
}

/* What is around each request of a service, and its tokenizer, is learnt from a few of its calls.
 */
TEST(calls_that_told_teach)
{
	struct exchange x = { .request_len = 90000, .response_len = 90000 };
	struct call told = call_of(&x, "gpt-x"), c = call_of(&x, "gpt-x");
	struct estimate_text t = { .pieces = 100, .values = 1 };

	told.complete = true;
	told.usage_source = USAGE_REPORTED;
	told.use.reasoning = 100; /* is no text */
	for (uint64_t i = 0; i < 40; i++) {
		t.said = 1000000 + i % 4 * 1000000;
		t.text = 500000 + i % 4 * 500000;
		usage__set(&told.use, USAGE_INPUT, 500 + (int64_t)(i % 4) * 1000);
		usage__set(&told.use, USAGE_CACHE_READ, 1200);
		usage__set(&told.use, USAGE_OUTPUT, 100 + 250 + (int64_t)(i % 4) * 250);
		estimate__learn(&estimate, &told, &t, 0);
	}
	estimate__fill(&estimate, &c, &t, 0);
	ASSERT(c.use.n[USAGE_INPUT] > 4600 && c.use.n[USAGE_INPUT] < 4950);
	ASSERT(c.use.n[USAGE_OUTPUT] > 950 && c.use.n[USAGE_OUTPUT] < 1500);
	/* What was estimated, or forged, teaches nothing. */
	told.usage_source = USAGE_IMPLAUSIBLE;
	usage__set(&told.use, USAGE_OUTPUT, 1 << 30);
	estimate__learn(&estimate, &told, &t, 0);
	told = c;
	c = call_of(&x, "gpt-x");
	estimate__fill(&estimate, &c, &t, 0);
	ASSERT_EQ(c.use.n[USAGE_OUTPUT], told.use.n[USAGE_OUTPUT]);
}

/* A line through long requests ends below short ones: they are no nothing. */
TEST(what_is_short_is_not_nothing)
{
	static struct estimate e;
	struct exchange x = { .request_len = 90000, .response_len = 90000 };
	struct call told = call_of(&x, "gpt-x"), c = call_of(&x, "gpt-x");
	struct estimate_text t = { .values = 1 };

	told.complete = true;
	told.usage_source = USAGE_REPORTED;
	for (int i = 0; i < 20; i++) {
		t.said = 1000000 + (uint64_t)(i % 2) * 1000000;
		usage__set(&told.use, USAGE_INPUT, i % 2 ? 2000 : 100);
		estimate__learn(&e, &told, &t, 0);
	}
	t.said = 100000;
	estimate__fill(&e, &c, &t, 0);
	ASSERT(c.use.n[USAGE_INPUT] >= 25);
}

/* A set has room for four models; who taught longest ago goes. */
TEST(models_have_room)
{
	static struct estimate e;
	struct exchange x = { .request_len = 90000, .response_len = 90000 };
	struct estimate_text t = { .said = 1000000, .values = 1 };
	unsigned int known = 0;
	char name[32];

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 300; i++) {
			struct call c;

			snprintf(name, sizeof(name), "model-%d", i);
			c = call_of(&x, name);
			if (!round) {
				c.complete = true;
				c.usage_source = USAGE_REPORTED;
				usage__set(&c.use, USAGE_INPUT, 4000);
				estimate__learn(&e, &c, &t, 0);
				continue;
			}
			estimate__fill(&e, &c, &t, 0);
			known += c.use.n[USAGE_INPUT] > 2000;
		}
	ASSERT(known > 250);
}

TEST_MAIN()
