// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenAI's APIs (https://platform.openai.com/docs/api-reference), which most others speak too.
 *
 *   {"id":"chatcmpl-1","model":"gpt-4o-2024-08-06","usage":{"prompt_tokens":19,
 *    "completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":0}}}
 *
 * Input includes what was read from and written to a cache, output includes reasoning.
 */
#include "provider/shapes.h"

const struct field openai_request[] = {
	FIELD_TEXT("model", T_REQUEST_MODEL),
	FIELD_TEXT("model_id", T_REQUEST_MODEL), /* watsonx */
	FIELD_NUMBER("max_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("max_completion_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("max_output_tokens", N_MAX_TOKENS),
	FIELD_END,
};

const struct field openai_chat[] = {
	FIELD_FIRST("model", T_MODEL),
	FIELD_FIRST("id", T_ID),
	FIELD_TEXT("service_tier", T_TIER),
	FIELD_FIRST("choices[].finish_reason", T_FINISH),
	FIELD_TEXT("error.type", T_ERROR),
	FIELD_TEXT("error.message", T_ERROR),
	FIELD_TEXT("error.code", T_CODE),
	FIELD_NUMBER("usage.prompt_tokens", N_INPUT),
	FIELD_NUMBER("usage.completion_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.total_tokens", N_TOTAL),
	FIELD_NUMBER("usage.prompt_tokens_details.cached_tokens", N_CACHED),
	FIELD_NUMBER("usage.prompt_tokens_details.cache_write_tokens", N_CACHE_WRITE),
	FIELD_NUMBER("usage.prompt_tokens_details.audio_tokens", N_AUDIO_IN),
	FIELD_NUMBER("usage.prompt_tokens_details.image_tokens", N_IMAGE_IN),
	FIELD_NUMBER("usage.completion_tokens_details.reasoning_tokens", N_REASONING),
	FIELD_NUMBER("usage.completion_tokens_details.audio_tokens", N_AUDIO_OUT),
	FIELD_NUMBER("usage.completion_tokens_details.rejected_prediction_tokens", N_REJECTED),
	/* Dialects. Groq tells figures also to who did not ask for them. */
	FIELD_NUMBER("x_groq.usage.prompt_tokens", N_INPUT),
	FIELD_NUMBER("x_groq.usage.completion_tokens", N_OUTPUT),
	FIELD_NUMBER("x_groq.usage.total_tokens", N_TOTAL),
	FIELD_NUMBER("x_groq.usage.prompt_tokens_details.cached_tokens", N_CACHED),
	FIELD_NUMBER("x_groq.usage.completion_tokens_details.reasoning_tokens", N_REASONING),
	/* DeepSeek; Together and Moonshot; Mistral */
	FIELD_NUMBER("usage.prompt_cache_hit_tokens", N_CACHED),
	FIELD_NUMBER("usage.cached_tokens", N_CACHED),
	FIELD_NUMBER("usage.num_cached_tokens", N_CACHED),
	FIELD_FIRST("model_id", T_MODEL), /* watsonx */
	/* Moonshot's older streams tell them in the choice. */
	FIELD_NUMBER("choices[].usage.prompt_tokens", N_INPUT),
	FIELD_NUMBER("choices[].usage.completion_tokens", N_OUTPUT),
	FIELD_NUMBER("choices[].usage.total_tokens", N_TOTAL),
	FIELD_NUMBER("choices[].usage.cached_tokens", N_CACHED),
	/* What it costs, as the provider says: OpenRouter and gateways; xAI; Perplexity */
	FIELD_MONEY("usage.cost", N_COST),
	FIELD_MONEY("usage.cost_details.upstream_inference_cost", N_COST_UPSTREAM),
	FIELD_NUMBER("usage.is_byok", N_OWN_KEY),
	FIELD_NUMBER("usage.cost_in_usd_ticks", N_COST_TICKS),
	FIELD_MONEY("usage.cost.total_cost", N_COST),
	/* llama.cpp tells how long it worked:
	 * "timings":{"cache_n":236,"prompt_n":1,"prompt_ms":30.9,"predicted_n":35,"predicted_ms":661.0}
	 */
	FIELD_NANO("timings.prompt_ms", N_PREFILL_NS),
	FIELD_NANO("timings.predicted_ms", N_DECODE_NS),
	FIELD_END,
};

enum event_worth openai_judge_chat(const struct fields *f, struct span name, struct span data)
{
	static const struct span keys[] = {
		{ (const uint8_t *)"\"usage\"", 7 },
		{ (const uint8_t *)"\"finish_reason\"", 15 },
		{ (const uint8_t *)"\"error\"", 7 },
		{ (const uint8_t *)"\"timings\"", 9 },
	};

	if (span__eq(data, SPAN("[DONE]")))
		return EVENT_LAST;
	if (!fields__told(f, T_MODEL) || event_has(data, keys, sizeof(keys) / sizeof(keys[0])))
		return EVENT_READ;
	return EVENT_SKIP;
}

/*
 * Some who speak this API leave reasoning out of the output (xAI; Gemini's compatible endpoint
 * leaves it out of everything but the total): the total tells.
 */
static int64_t output_with_reasoning(const struct fields *f)
{
	int64_t in = fields__get(f, N_INPUT), out = fields__get(f, N_OUTPUT),
		reasoning = fields__get(f, N_REASONING), total = fields__get(f, N_TOTAL);

	if (reasoning > 0 && total == in + out + reasoning)
		return out + reasoning;
	if (total > in + out && !fields__knows(f, N_REASONING) && fields__knows(f, N_OUTPUT) &&
	    !fields__knows(f, N_AUDIO_IN))
		return total - in;
	return out;
}

/*
 * Mistral tells sound beside the prompt:
 *
 *   "prompt_tokens":3,"completion_tokens":11,"total_tokens":389,"prompt_tokens_details":
 *   {"cached_tokens":0,"audio_tokens":375}
 */
static bool audio_beside(const struct fields *f)
{
	return fields__get(f, N_AUDIO_IN) > 0 &&
	       fields__get(f, N_TOTAL) == fields__get(f, N_INPUT) + fields__get(f, N_AUDIO_IN) +
						  fields__get(f, N_OUTPUT);
}

/*
 * A part may be larger than its whole. xAI's models on Azure count a prompt of their own among
 * cached tokens only, and charge for the others:
 *
 *   "prompt_tokens":7,"completion_tokens":1,"total_tokens":8,"prompt_tokens_details":
 *   {"cached_tokens":163,...}
 */
void openai_settle(const struct fields *f, struct usage *ret_use)
{
	struct usage u = { .reasoning = -1 };
	int64_t in = fields__get(f, N_INPUT), out = output_with_reasoning(f);

	if (audio_beside(f))
		in += fields__get(f, N_AUDIO_IN);
	settle_split(f, N_CACHED, &in, &u, USAGE_CACHE_READ);
	settle_split(f, N_CACHE_WRITE, &in, &u, USAGE_CACHE_WRITE_5M);
	settle_split(f, N_AUDIO_IN, &in, &u, USAGE_AUDIO_IN);
	settle_split(f, N_IMAGE_IN, &in, &u, USAGE_IMAGE_IN);
	settle_split(f, N_AUDIO_OUT, &out, &u, USAGE_AUDIO_OUT);
	if (fields__knows(f, N_REASONING))
		u.reasoning = fields__get(f, N_REASONING);
	settle_split(f, N_IMAGE_OUT, &out, &u, USAGE_IMAGE_OUT);
	if (fields__knows(f, N_INPUT))
		usage__set(&u, USAGE_INPUT, in);
	if (fields__knows(f, N_OUTPUT))
		usage__set(&u, USAGE_OUTPUT, out);
	*ret_use = u;
}

/*
 * /v1/chat/completions, /openai/deployments/NAME/chat/completions, any host's; and what MiniMax,
 * Snowflake, watsonx and Databricks call it.
 */
const struct provider_ops provider_openai_chat = {
	.provider = "openai",
	.operation = "chat",
	.api = "chat.completions",
	.path = "*/chat/completions */text/chatcompletion_v2 */cortex/inference:complete "
		"*/ml/v1/text/chat */ml/v1/text/chat_stream */serving-endpoints/*/invocations",
	.model_after = "/deployments/",
	.request = openai_request,
	.response = openai_chat,
	.judge = openai_judge_chat,
	.finish_ends = true,
	.settle = openai_settle,
	.tool_sign = { SPAN_OF("\"tool_calls\"") },
};

const struct provider_ops provider_openai_completions = {
	.provider = "openai",
	.operation = "text_completion",
	.api = "completions",
	.path = "*/completions",
	.model_after = "/deployments/",
	.request = openai_request,
	.response = openai_chat,
	.judge = openai_judge_chat,
	.finish_ends = true,
	.settle = openai_settle,
};

/* Where only a total is told, all of it went in: {"usage":{"total_tokens":12}} (Voyage). */
static void settle_embeddings(const struct fields *f, struct usage *ret_use)
{
	openai_settle(f, ret_use);
	if (!ret_use->known)
		settle_take(f, N_TOTAL, ret_use, USAGE_INPUT);
}

const struct provider_ops provider_openai_embeddings = {
	.provider = "openai",
	.operation = "embeddings",
	.api = "embeddings",
	.path = "*/embeddings",
	.model_after = "/deployments/",
	.request = openai_request,
	.response = openai_chat,
	.judge = openai_judge_chat,
	.settle = settle_embeddings,
};

/* Says what is wrong with a text: https://platform.openai.com/docs/guides/moderation, no charge. */
const struct provider_ops provider_openai_moderations = {
	.provider = "openai",
	.operation = "moderation",
	.api = "moderations",
	.free = true,
	.path = "*/moderations",
	.request = openai_request,
	.response = openai_chat,
	.judge = openai_judge_chat,
	.settle = openai_settle,
};

/* Mistral's models on Vertex AI: their own API's body, the model in the path. */
const struct provider_ops provider_mistral_vertex = {
	.provider = "gcp.vertex_ai",
	.operation = "chat",
	.api = "chat.completions",
	.path = "*/publishers/mistralai/models/*:rawPredict "
		"*/publishers/mistralai/models/*:streamRawPredict",
	.model_after = "/models/",
	.request = openai_request,
	.response = openai_chat,
	.judge = openai_judge_chat,
	.finish_ends = true,
	.settle = openai_settle,
	.tool_sign = { SPAN_OF("\"tool_calls\"") },
};

/*
 * Mistral's conversations: the figures of a chat, no model in the answer.
 *
 *   event: conversation.response.done
 *   data: {"type":"conversation.response.done","usage":{"prompt_tokens":9,"completion_tokens":2}}
 */
const struct provider_ops provider_mistral_conversations = {
	.provider = "mistral_ai",
	.operation = "chat",
	.api = "conversations",
	.loose = true,
	.path = "*/v1/conversations */v1/conversations/*",
	.request = openai_request,
	.response = openai_chat,
	.judge = openai_judge_chat,
	.body_ends = true,
	.settle = openai_settle,
};
