// SPDX-License-Identifier: BSD-2-Clause
/*
 * Cloudflare's Workers AI (https://developers.cloudflare.com/workers-ai), by itself and through its
 * gateway: the model is the end of the path, and what it answers is wrapped, but for the events of
 * a stream. Newer models answer as OpenAI's chats or responses do.
 *
 *   POST /client/v4/accounts/A/ai/run/@cf/meta/llama-3.1-8b-instruct
 *   POST /v1/A/GATEWAY/workers-ai/@cf/meta/llama-3.1-8b-instruct
 *   {"result":{"response":"Hi.","usage":{"prompt_tokens":21,"completion_tokens":4,
 *    "total_tokens":25}},"success":true,"errors":[]}
 *   data: {"response":"","usage":{"prompt_tokens":21,"completion_tokens":4,"total_tokens":25}}
 */
#include "provider/shapes.h"

static const struct field run_request[] = {
	FIELD_NUMBER("max_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("max_output_tokens", N_MAX_TOKENS),
	FIELD_END,
};

#define RUN_FIELDS(at)                                                                            \
	FIELD_FIRST(at "id", T_ID), FIELD_FIRST(at "choices[].finish_reason", T_FINISH),          \
		FIELD_NUMBER(at "usage.prompt_tokens", N_INPUT),                                  \
		FIELD_NUMBER(at "usage.completion_tokens", N_OUTPUT),                             \
		FIELD_NUMBER(at "usage.input_tokens", N_INPUT),                                   \
		FIELD_NUMBER(at "usage.output_tokens", N_OUTPUT),                                 \
		FIELD_NUMBER(at "usage.total_tokens", N_TOTAL),                                   \
		FIELD_NUMBER(at "usage.prompt_tokens_details.cached_tokens", N_CACHED),           \
		FIELD_NUMBER(at "usage.input_tokens_details.cached_tokens", N_CACHED),            \
		FIELD_NUMBER(at "usage.completion_tokens_details.reasoning_tokens", N_REASONING), \
		FIELD_NUMBER(at "usage.output_tokens_details.reasoning_tokens", N_REASONING)

static const struct field run[] = {
	RUN_FIELDS("result."),
	RUN_FIELDS(""),
	FIELD_TEXT("errors[].message", T_ERROR),
	FIELD_END,
};

static enum event_worth judge_run(const struct fields *f, struct span name, struct span data)
{
	static const struct span keys[] = {
		{ (const uint8_t *)"\"usage\"", 7 },
		{ (const uint8_t *)"\"finish_reason\"", 15 },
		{ (const uint8_t *)"\"errors\"", 8 },
	};

	if (span__eq(data, SPAN("[DONE]")))
		return EVENT_LAST;
	return event_has(data, keys, sizeof(keys) / sizeof(keys[0])) ? EVENT_READ : EVENT_SKIP;
}

#define RUN(models) "*/ai/run/" models " */workers-ai/" models

const struct provider_ops provider_cloudflare_embed = {
	.provider = "cloudflare",
	.operation = "embeddings",
	.api = "ai.run",
	.path = RUN("@cf/baai/bge-*") " " RUN("@cf/*embed*"),
	.model_after = "/@",
	.model_to_end = true,
	.request = run_request,
	.response = run,
	.judge = judge_run,
	.settle = openai_settle,
};

/* {"result":{"image":"iVBO..."},"success":true}; some answer the picture itself. */
static void note_drawn(struct fields *f, const struct json_value *v)
{
	if (v->kind == JSON_STRING && v->text.n && span__eq(v->path, SPAN("result.image")))
		fields__set(f, N_IMAGES, 1);
}

const struct provider_ops provider_cloudflare_images = {
	.provider = "cloudflare",
	.operation = "image_generation",
	.api = "ai.run",
	.path = RUN("@cf/black-forest-labs/*") " " RUN("@cf/leonardo/*") " " RUN(
		"@cf/*stable-diffusion*"),
	.model_after = "/@",
	.model_to_end = true,
	.request = run_request,
	.response = run,
	.note = note_drawn,
	.judge = judge_run,
	.settle = settle_pictures,
};

const struct provider_ops provider_cloudflare_run = {
	.provider = "cloudflare",
	.operation = "chat",
	.api = "ai.run",
	.path = RUN("@cf/*") " " RUN("@hf/*"),
	.model_after = "/@",
	.model_to_end = true,
	.request = run_request,
	.response = run,
	.judge = judge_run,
	.settle = openai_settle,
};
