// SPDX-License-Identifier: BSD-2-Clause
#include "provider/by_size.h"
#include "test.h"

#define MS 1000000ull

static struct sizes_model model;

static struct sizes sizes_of(const char *host, uint64_t sent, uint64_t received, bool streamed)
{
	return (struct sizes){ .x = { .request.host = span_str(host),
				      .proc = { .tgid = 7, .start_ns = 70 },
				      .t_request = 1000 * MS,
				      .t_last_byte = 2000 * MS },
			       .sent = sent,
			       .received = received,
			       .streamed = streamed };
}

static struct call estimate(const char *provider, const struct sizes *s)
{
	struct call c = { .x = &s->x, .provider = provider };

	sizes__fill(&model, s, &c);
	return c;
}

TEST(whatever_is_estimated_is_marked_and_within_its_range)
{
	static const char *const providers[] = { "openai",	"azure.ai.openai",
						 "anthropic",	"gcp.gemini",
						 "aws.bedrock", "groq",
						 "mistral_ai",	"x_ai" };
	static const uint64_t bytes[] = { 1, 200, 799, 800, 2000, 5000, 14999, 15000, 1 << 20, -1 };

	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		for (size_t k = 0; k < 2 * sizeof(bytes) / sizeof(bytes[0]); k++) {
			struct sizes s = sizes_of("api.example", bytes[k / 2], bytes[k / 2], k % 2);
			struct call c = estimate(providers[i], &s);
			int64_t in = c.use.n[USAGE_INPUT], out = c.use.n[USAGE_OUTPUT];

			ASSERT(c.from_sizes);
			ASSERT_EQ(c.usage_source, USAGE_ESTIMATED);
			ASSERT(!c.complete);
			ASSERT_EQ(c.use.known, 1u << USAGE_INPUT | 1u << USAGE_OUTPUT);
			ASSERT_EQ(c.use.estimated, c.use.known);
			ASSERT(in >= 1 && c.input_range.low <= in && in <= c.input_range.high);
			ASSERT(out >= 1 && c.output_range.low <= out && out <= c.output_range.high);
		}
}

/* A call of ours that was read: 4 bytes a token, then 8. */
static void teach(uint64_t sent, int64_t in, uint64_t received, int64_t out, bool streamed)
{
	struct sizes s = sizes_of("API.example", sent, received, streamed);
	struct call c = { .x = &s.x, .provider = "x", .complete = true, .result = CALL_OK };

	c.usage_source = USAGE_REPORTED;
	usage__set(&c.use, USAGE_INPUT, in);
	usage__set(&c.use, USAGE_OUTPUT, out);
	memset(model.told, 0, sizeof(model.told));
	sizes__told(&model, &c);
	sizes__learn(&model, &s);
}

TEST(calls_of_this_host_teach)
{
	struct sizes alike = sizes_of("api.example", 10000, 3000, true),
		     whole = sizes_of("api.example", 10000, 3000, false),
		     larger = sizes_of("api.example", 1000000, 3000, true);
	struct call before = estimate("x", &alike);

	memset(&model, 0, sizeof(model));
	for (int i = 0; i < 7; i++)
		teach(8000, 2000, 4000, 500, true);
	ASSERT_EQ(estimate("x", &alike).use.n[USAGE_INPUT], before.use.n[USAGE_INPUT]);
	teach(8000, 1000, 4000, 250, true);
	ASSERT_EQ(estimate("x", &alike).use.n[USAGE_INPUT], 2500);
	ASSERT_EQ(estimate("x", &alike).use.n[USAGE_OUTPUT], 375);
	/* Of another kind, or much larger, nothing was learnt. */
	ASSERT(estimate("x", &whole).use.n[USAGE_OUTPUT] != 375);
	ASSERT(estimate("x", &larger).use.n[USAGE_INPUT] != 250000);
	memset(&model, 0, sizeof(model));
}

TEST(what_may_be_another_call_teaches_nothing)
{
	struct sizes s = sizes_of("api.example", 8000, 4000, true);
	struct call c = { .x = &s.x, .provider = "x", .complete = true, .result = CALL_OK };

	memset(&model, 0, sizeof(model));
	c.usage_source = USAGE_REPORTED;
	usage__set(&c.use, USAGE_INPUT, 2000);
	usage__set(&c.use, USAGE_OUTPUT, 500);
	for (int i = 0; i < 20; i++) {
		sizes__told(&model, &c);
		sizes__told(&model, &c); /* two at once */
		sizes__learn(&model, &s);
	}
	ASSERT(estimate("x", &s).use.n[USAGE_OUTPUT] != 500);
	memset(&model, 0, sizeof(model));
	for (int i = 0; i < 20; i++) {
		c.usage_source = USAGE_ESTIMATED; /* or one that told nothing */
		sizes__told(&model, &c);
		sizes__learn(&model, &s);
	}
	ASSERT(estimate("x", &s).use.n[USAGE_OUTPUT] != 500);
}

TEST_MAIN()
