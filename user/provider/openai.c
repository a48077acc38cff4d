// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenAI's APIs (https://platform.openai.com/docs/api-reference), which most others speak too.
 *
 *   {"id":"chatcmpl-1","model":"gpt-4o-2024-08-06","usage":{"prompt_tokens":19,
 *    "completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":0}}}
 *
 * Input includes what was read from and written to a cache, output includes reasoning.
 */
#include "provider/iterations.h"
#include "provider/shapes.h"

const struct field openai_request[] = {
	FIELD_TEXT("model", T_REQUEST_MODEL),
	FIELD_TEXT("model_id", T_REQUEST_MODEL), /* watsonx */
	FIELD_NUMBER("max_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("max_completion_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("max_output_tokens", N_MAX_TOKENS),
	FIELD_END,
};

#define IN_DETAILS "usage.prompt_tokens_details."

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
	FIELD_NUMBER("usage.completion_tokens_details.image_tokens", N_IMAGE_OUT),
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
	/*
	 * Claude's caches, as Databricks, Vercel's gateway and LiteLLM's proxy tell them, the last
	 * in both places; Qwen's own
	 */
	FIELD_NUMBER("usage.cache_read_input_tokens", N_CACHED),
	FIELD_NUMBER("usage.cache_creation_input_tokens", N_CACHE_WRITE),
	FIELD_NUMBER(IN_DETAILS "cache_creation_tokens", N_CACHE_WRITE),
	FIELD_NUMBER(IN_DETAILS "cache_creation_input_tokens", N_CACHE_WRITE),
	FIELD_NUMBER(IN_DETAILS "cache_creation_token_details.ephemeral_1h_input_tokens",
		     N_CACHE_WRITE_1H),
	/* What Claude searched, through LiteLLM's proxy and OpenRouter; Mistral: connectors */
	FIELD_NUMBER("usage.server_tool_use.web_search_requests", N_SEARCHES),
	FIELD_NUMBER("usage.connectors.web_search", N_SEARCHES),
	FIELD_NUMBER("usage.connector_tokens", N_TOOL_INPUT),
	FIELD_MILLI("usage.prompt_audio_seconds", N_PROMPT_MS),
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
	FIELD_NUMBER("usage.citation_tokens", N_CITED),
	FIELD_NUMBER("usage.reasoning_tokens", N_THOUGHT), /* SGLang too */
	/* What others reckon that it does: DeepInfra; Pydantic's gateway */
	FIELD_MONEY("usage.estimated_cost", N_COST_GATEWAY),
	FIELD_MONEY("usage.pydantic_ai_gateway.cost_estimate", N_COST_GATEWAY),
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
 * What input and output are as a whole. Some who speak this API leave a part out of both, and the
 * total tells which:
 *
 *   reasoning (xAI; Gemini's compatible endpoint tells it in the total alone)
 *   "prompt_tokens":9,"completion_tokens":7,"total_tokens":56,
 *    "completion_tokens_details":{"reasoning_tokens":40}
 *   sound in the prompt (Mistral; before it told tokens of it apart, its seconds alone)
 *   "prompt_tokens":3,"completion_tokens":11,"total_tokens":389,"prompt_tokens_details":
 *    {"cached_tokens":0,"audio_tokens":375}
 *   "prompt_audio_seconds":203,"prompt_tokens":4,"completion_tokens":635,"total_tokens":3264
 *   what tools brought into the prompt (Mistral)
 *   "prompt_tokens":188,"completion_tokens":55,"connector_tokens":7112,"total_tokens":7355
 *   what was read from and written to a cache
 *
 * And Perplexity's deep research leaves thought out of the total too:
 *   "prompt_tokens":33,"completion_tokens":7163,"total_tokens":7196,"citation_tokens":20016,
 *    "reasoning_tokens":73997
 */
struct wholes {
	int64_t in, out, audio_in; /* audio_in: a part of in that is not told apart */
};

static struct wholes wholes_of(const struct fields *f)
{
	struct wholes w = { .in = fields__get(f, N_INPUT), .out = fields__get(f, N_OUTPUT) };
	int64_t beside = fields__get(f, N_TOTAL) - w.in - w.out;
	int64_t audio = fields__get(f, N_AUDIO_IN), tool = fields__get(f, N_TOOL_INPUT);
	int64_t caches = fields__get(f, N_CACHED) + fields__get(f, N_CACHE_WRITE);

	if (fields__knows(f, N_CITED))
		w.out += fields__get(f, N_THOUGHT);
	if (beside <= 0)
		return w;
	if (beside == fields__get(f, N_REASONING))
		w.out += beside;
	else if (beside == audio || beside == tool || beside == caches)
		w.in += beside;
	else if (fields__get(f, N_PROMPT_MS) && !audio)
		w.in += w.audio_in = beside;
	else if (!fields__knows(f, N_REASONING) && fields__knows(f, N_OUTPUT) &&
		 !fields__knows(f, N_AUDIO_IN) && !tool)
		w.out += beside;
	return w;
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
	struct wholes w = wholes_of(f);
	int64_t in = w.in, out = w.out;

	settle_split(f, N_CACHED, &in, &u, USAGE_CACHE_READ);
	settle_split(f, N_CACHE_WRITE, &in, &u, USAGE_CACHE_WRITE_5M);
	if (usage__knows(&u, USAGE_CACHE_WRITE_5M))
		settle_split(f, N_CACHE_WRITE_1H, &u.n[USAGE_CACHE_WRITE_5M], &u,
			     USAGE_CACHE_WRITE_1H);
	settle_split(f, N_AUDIO_IN, &in, &u, USAGE_AUDIO_IN);
	settle_split(f, N_IMAGE_IN, &in, &u, USAGE_IMAGE_IN);
	settle_split(f, N_AUDIO_OUT, &out, &u, USAGE_AUDIO_OUT);
	if (fields__knows(f, N_REASONING) || fields__knows(f, N_THOUGHT))
		u.reasoning =
			fields__get(f, fields__knows(f, N_REASONING) ? N_REASONING : N_THOUGHT);
	settle_split(f, N_IMAGE_OUT, &out, &u, USAGE_IMAGE_OUT);
	if (w.audio_in && w.audio_in <= in) {
		usage__set(&u, USAGE_AUDIO_IN, w.audio_in);
		in -= w.audio_in;
	}
	if (fields__knows(f, N_INPUT))
		usage__set(&u, USAGE_INPUT, in);
	if (fields__knows(f, N_OUTPUT))
		usage__set(&u, USAGE_OUTPUT, out);
	*ret_use = u;
}

/*
 * Ollama says so, where it speaks OpenAI's API: {"system_fingerprint":"fp_ollama",...}
 */
static void note_chat(struct fields *f, const struct json_value *v)
{
	iterations_note_parts(f, v);
	f->ollama |= v->kind == JSON_STRING && span__eq(v->path, SPAN("system_fingerprint")) &&
		     span__eq(v->text, SPAN("fp_ollama"));
}

/* Searches are a fee beside the tokens of a chat. */
static void settle_chat(const struct fields *f, struct usage *ret_use)
{
	openai_settle(f, ret_use);
	settle_take(f, N_SEARCHES, ret_use, USAGE_SEARCHES);
}

/*
 * /v1/chat/completions, /openai/deployments/NAME/chat/completions, any host's; and what MiniMax,
 * Snowflake, watsonx, Databricks and Baidu call it.
 */
const struct provider_ops provider_openai_chat = {
	.provider = "openai",
	.operation = "chat",
	.api = "chat.completions",
	.path = "*/chat/completions */text/chatcompletion_v2 */cortex/inference:complete "
		"*/ml/v1/text/chat */ml/v1/text/chat_stream */ml/v1/deployments/*/text/chat "
		"*/ml/v1/deployments/*/text/chat_stream */serving-endpoints/*/invocations "
		"*/wenxinworkshop/chat/*",
	.model_after = "/deployments/",
	.request = openai_request,
	.response = openai_chat,
	.note = note_chat,
	.judge = openai_judge_chat,
	.finish_ends = true,
	.figures_end = true,
	.beside = iterations_tell,
	.settle = settle_chat,
	.tool_sign = { SPAN_OF("\"tool_calls\"") },
};

/* Writer's chat; Cohere's, of the same path, is another. */
const struct provider_ops provider_writer_chat = {
	.provider = "writer",
	.operation = "chat",
	.api = "chat",
	.at = "writer",
	.path = "/v1/chat",
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
	.note = note_chat,
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
	.path = "*/embeddings */multimodalembeddings */contextualizedembeddings "
		"*/embeddings/multimodal */cortex/inference:embed",
	.model_after = "/deployments/",
	.request = openai_request,
	.response = openai_chat,
	.judge = openai_judge_chat,
	.settle = settle_embeddings,
};

/* What vLLM and Jina make of texts beside vectors, with the figures of those. */
const struct provider_ops provider_openai_pooling = {
	.provider = "local",
	.operation = "embeddings",
	.api = "pooling",
	.loose = true,
	.path = "*/pooling */score */classify",
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

/* Mistral's, AI21's and Meta's models on Vertex AI: their own API's body, the model in the path. */
const struct provider_ops provider_mistral_vertex = {
	.provider = "gcp.vertex_ai",
	.operation = "chat",
	.api = "chat.completions",
	.path = "*/publishers/*/models/*:rawPredict */publishers/*/models/*:streamRawPredict",
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
 *   data: {"type":"conversation.response.done","usage":{"prompt_tokens":188,
 *          "completion_tokens":55,"total_tokens":7355,"connector_tokens":7112,
 *          "connectors":{"web_search":1}}}
 */
const struct provider_ops provider_mistral_conversations = {
	.provider = "mistral_ai",
	.operation = "chat",
	.api = "conversations",
	.at = "mistral_ai", /* OpenAI's, of that name, keep what is said: no model works on them */
	.path = "*/v1/conversations */v1/conversations/*",
	.request = openai_request,
	.response = openai_chat,
	.judge = openai_judge_chat,
	.body_ends = true,
	.settle = settle_chat,
};
