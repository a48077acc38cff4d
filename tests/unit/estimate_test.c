// SPDX-License-Identifier: BSD-2-Clause
#include "provider/estimate.h"
#include "provider/ops.h"
#include "test.h"

static struct estimate estimate;

static struct call call_of(const struct exchange *x, const char *model)
{
	struct call c = { .x = x,
			  .provider = "openai",
			  .api = "chat.completions",
			  .max_tokens = -1,
			  .result = CALL_OK };

	span__copy(span_str(model), c.served_model, sizeof(c.served_model));
	c.use.reasoning = -1;
	return c;
}

/* A text of so many words, as most have. */
static struct words so_many(uint64_t words)
{
	return (struct words){ .n = { [WORDS_WORD] = (uint32_t)words } };
}

static struct estimate_text text_of(const char *const *events, size_t count)
{
	struct estimate_text t = { .said = so_many(4200), .values = 3, .tools = 1 };

	for (size_t i = 0; i < count; i++) {
		struct span event = test_guard(span_str(events[i]));

		estimate_text__add(&t, event);
		test_unguard(event);
	}
	return t;
}

/* What the texts are made of, each of them ended. */
static void check(const struct words *got, const char *const *texts, size_t count)
{
	struct words want = { .run = 0 }, all = *got;

	for (size_t i = 0; i < count; i++) {
		words__add(&want, span_str(texts[i]), 1);
		words__end(&want, 1);
	}
	words__end(&all, 1);
	for (int i = 0; i < WORDS_PARTS; i++)
		ASSERT_EQ(all.n[i], want.n[i]);
}

#define CHECK(got, ...)                                              \
	do {                                                         \
		const char *const texts[] = { __VA_ARGS__ };         \
		check(got, texts, sizeof(texts) / sizeof(texts[0])); \
	} while (0)

/* What a tool found. */
#define TEN  " what a tool found about something or other"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

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

	static const char *const bedrock[] = {
		"{\"contentBlockIndex\":0,\"delta\":{\"text\":\"Hello\"},\"p\":\"abc\"}",
		"{\"contentBlockIndex\":1,\"delta\":{\"toolUse\":{\"input\":\"{\\\"a\\\":1}\"}}}",
	};
	static const char *const found[] = {
		"{\"type\":\"content_block_start\",\"content_block\":{\"type\":\"mcp_tool_result\","
		"\"content\":[{\"type\":\"text\",\"text\":\"" LONG "\"}]}}",
		"{\"delta\":{\"content\":\"\",\"annotations\":[{\"url_citation\":{\"content\":\"" LONG
		"\"}}]}}",
		"{\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}",
		"{\"candidates\":[{\"content\":{\"parts\":[{\"thought\": true,\"text\": \" Hm\"}]}}]}",
	};
	static const char *const none_found[] = {
		"{\"delta\":{\"role\":\"assistant\",\"annotations\":[],\"content\":\"" LONG "\"}}",
	};
	static const char *const thought[] = {
		"{\"choices\":[{\"delta\":{\"reasoning_content\":\"Hm.\"}}]}",
		"{\"choices\":[{\"delta\":{\"content\":\" Hello\"}}]}",
	};
	struct estimate_text t = text_of(chat, 5);

	/* A word that goes on in the next event is one. */
	CHECK(&t.text, "Hello a\n\xc3\xa9\"", " cut");
	CHECK(&t.json, "{}");
	ASSERT_EQ(t.pieces, 3);
	ASSERT_EQ(t.json_pieces, 1);
	t = text_of(responses, 2);
	CHECK(&t.text, "Hello");
	t = text_of(claude, 2);
	CHECK(&t.text, "Hello");
	CHECK(&t.json, "{\"a\":1}");
	ASSERT(!t.shows_thought);
	t = text_of(bedrock, 2);
	CHECK(&t.text, "Hello");
	CHECK(&t.json, "{\"a\":1}");
	t = text_of(found, 3);
	CHECK(&t.text, "Hello");
	ASSERT_EQ(t.pieces, 1);
	ASSERT(!t.shows_thought);
	t = text_of(found, 4);
	CHECK(&t.text, "Hello Hm");
	ASSERT(t.shows_thought);
	t = text_of(none_found, 1);
	CHECK(&t.text, LONG);
	t = text_of(thought, 2);
	CHECK(&t.text, "Hm. Hello");
	ASSERT(t.shows_thought);
}

/* Of a long stream a sample stands for the rest. */
TEST(a_long_stream_is_sampled)
{
	const char *const event = "{\"choices\":[{\"delta\":{\"content\":\" meter\"}}]}";
	struct estimate_text t = { 0 };

	for (int i = 0; i < 1000; i++)
		estimate_text__add(&t, span_str(event));
	ASSERT_EQ(t.pieces, 64 + 936);
	ASSERT_EQ(t.text.n[WORDS_WORD] + (t.text.run > 0), 1000);
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
	CHECK(&t.said, "Hello", "f", "{}", "a."); /* a number is as a word and a mark */
	ASSERT_EQ(t.tools, 1);
	ASSERT_EQ(t.tool_values, 2);
	CHECK(&t.beside->tool_said, "function", "f");
	CHECK(&t.beside->form, "json_object", "a.");
	estimate_text__reset(&t);
	ASSERT(!t.beside);
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
		{ "{\"contentBlockIndex\":1,\"start\":{\"toolUse\":{\"name\":\"f\",\"toolUseId\":\"t\"}}}",
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
		struct estimate_beside beside;
		struct estimate_text t;

		for (size_t k = 0; k < sizeof(n) / sizeof(n[0]); k++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			n[k] = random >> (random >> 58); /* of any size */
		}
		x.request_len = n[0];
		x.response_len = n[1];
		t = (struct estimate_text){ .text = so_many(n[2]),
					    .pieces = n[3],
					    .json = so_many(n[4]),
					    .calls = n[5],
					    .said = so_many(n[6]),
					    .values = n[7],
					    .tools = n[8],
					    .beside = &beside };
		beside = (struct estimate_beside){ .tool_said = so_many(n[4]) };
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
		ASSERT(c.output_range.high <= 0 || (c.output_range.low <= c.use.n[USAGE_OUTPUT] &&
						    c.use.n[USAGE_OUTPUT] <= c.output_range.high));
		ASSERT(c.max_tokens < 0 || c.output_range.high <= c.max_tokens);
		ASSERT(c.max_tokens < 0 || !usage__knows(&c.use, USAGE_OUTPUT) ||
		       c.use.n[USAGE_OUTPUT] <= c.max_tokens);
		ASSERT(c.usage_source != USAGE_REPORTED);
	}
}

TEST(what_was_told_stays_and_what_was_not_is_marked)
{
	struct exchange x = { .request_len = 9000, .response_len = 9000 };
	struct call c = call_of(&x, "unheard-of");
	struct estimate_text t = {
		.text = so_many(100), .pieces = 10, .said = so_many(4000), .values = 1
	};

	usage__set(&c.use, USAGE_INPUT, 7);
	c.usage_source = USAGE_REPORTED;
	estimate__fill(&estimate, &c, &t, 0);
	ASSERT_EQ(c.use.n[USAGE_INPUT], 7);
	/* 100 words are about as many tokens. */
	ASSERT(c.use.n[USAGE_OUTPUT] >= 95 && c.use.n[USAGE_OUTPUT] <= 102);
	ASSERT_EQ(c.use.estimated, 1u << USAGE_OUTPUT);
	ASSERT_EQ(c.usage_source, USAGE_ESTIMATED);
}

/* Told token by token, an answer has as many as there are pieces. */
TEST(a_piece_is_a_token_at_least)
{
	struct exchange x = { .request_len = 9000, .response_len = 9000 };
	struct call c = call_of(&x, "unheard-of");
	struct estimate_text t = { .text = so_many(130), .pieces = 100, .values = 1 };

	estimate__fill(&estimate, &c, &t, 0);
	ASSERT_EQ(c.use.n[USAGE_OUTPUT], 100);
}

/* Nothing came of what broke off; of what was not seen nobody knows. */
TEST(only_what_was_seen_to_break_off_has_no_output)
{
	static const uint32_t flags[] = { EXCHANGE_ABORTED, EXCHANGE_GAP, EXCHANGE_TRUNCATED,
					  EXCHANGE_BROKEN };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct exchange x = { .request_len = 9000, .flags = flags[i] };
		struct call c = call_of(&x, "unheard-of");
		struct estimate_text t = { .said = so_many(4000), .values = 1 };

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
	struct estimate_text t = { .text = so_many(UINT64_MAX / 2),
				   .said = so_many(4000),
				   .values = 1 };

	c.max_tokens = 64;
	estimate__fill(&estimate, &c, &t, 0);
	ASSERT_EQ(c.use.n[USAGE_OUTPUT], 64);
}

TEST(pictures_are_no_text)
{
	struct exchange x = { .request_len = 9000, .response_len = 9000 };
	struct call c = call_of(&x, "unheard-of"), seen = c;
	struct estimate_text t = {
		.text = so_many(8), .pieces = 2, .said = so_many(4000), .values = 1
	};
	int64_t text;

	estimate__fill(&estimate, &c, &t, -1);
	ASSERT(!usage__knows(&c.use, USAGE_INPUT));
	ASSERT_EQ(c.use.n[USAGE_OUTPUT], 8);
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
		t.said = so_many(1000 + i % 4 * 1000);
		t.text = so_many(500 + i % 4 * 500);
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
		t.said = so_many(1000 + (uint64_t)(i % 2) * 1000);
		usage__set(&told.use, USAGE_INPUT, i % 2 ? 2000 : 100);
		estimate__learn(&e, &told, &t, 0);
	}
	t.said = so_many(100);
	estimate__fill(&e, &c, &t, 0);
	ASSERT(c.use.n[USAGE_INPUT] >= 24);
}

/* A set has room for four models; who taught longest ago goes. */
TEST(models_have_room)
{
	static struct estimate e;
	struct exchange x = { .request_len = 90000, .response_len = 90000 };
	struct estimate_text t = { .said = so_many(1000), .values = 1 };
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
