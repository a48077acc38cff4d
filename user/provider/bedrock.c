// SPDX-License-Identifier: BSD-2-Clause
/*
 * AWS Bedrock (https://docs.aws.amazon.com/bedrock/latest/APIReference). The path names the model:
 * /model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse. Converse is one shape for all:
 *
 *   {"output":{...},"stopReason":"end_turn","usage":{"inputTokens":12,"outputTokens":5,
 *    "totalTokens":17,"cacheReadInputTokens":0,"cacheWriteInputTokens":0}}
 *
 * Its stream has the figures in its last event, "metadata". Input excludes caches. Invoke has the
 * body of the model's maker, and figures in headers; its stream wraps that body's events:
 *
 *   chunk {"bytes":"eyJ0eXBlIjoibWVzc2FnZV9zdGFydCIs...","p":"abcdef"}
 */
#include "base/base64.h"
#include "provider/iterations.h"
#include "provider/shapes.h"

static const struct field converse_request[] = {
	FIELD_NUMBER("inferenceConfig.maxTokens", N_MAX_TOKENS),
	FIELD_END,
};

static const struct field converse_header[] = {
	FIELD_TEXT("x-amzn-requestid", T_ID),
	FIELD_TEXT("x-amzn-errortype", T_ERROR),
	FIELD_END,
};

static const struct field converse[] = {
	FIELD_TEXT("stopReason", T_FINISH),
	FIELD_TEXT("serviceTier.type", T_TIER),
	FIELD_TEXT("message", T_ERROR),
	FIELD_NUMBER("usage.inputTokens", N_INPUT),
	FIELD_NUMBER("usage.outputTokens", N_OUTPUT),
	FIELD_NUMBER("usage.cacheReadInputTokens", N_CACHED),
	FIELD_NUMBER("usage.cacheWriteInputTokens", N_CACHE_WRITE),
	FIELD_END,
};

/* Of what was written to a cache: "cacheDetails":[{"ttl":"1h","inputTokens":9}] */
static void converse_note(struct fields *f, const struct json_value *v)
{
	if (!span__starts(v->path, SPAN("usage.cacheDetails[]")))
		return;
	if (v->kind == JSON_ARRAY_NEXT) {
		f->element = 0;
		f->element_count = -1;
	} else if (span__ends(v->path, SPAN("].ttl"))) {
		f->element = span__eq(v->text, SPAN("1h"));
	} else if (span__ends(v->path, SPAN("].inputTokens")) &&
		   (json_int(v->text, &f->element_count) || f->element_count > FIELD_NUMBER_MAX)) {
		f->element_count = -1;
	}
	if (!f->element || f->element_count < 0)
		return;
	fields__set(f, N_CACHE_WRITE_1H, f->element_count);
}

static enum event_worth judge_converse(const struct fields *f, struct span name, struct span data)
{
	if (span__eq(name, SPAN("metadata")))
		return EVENT_READ_LAST;
	if (span__eq(name, SPAN("messageStop")) || span__ends(name, SPAN("Exception")))
		return EVENT_READ;
	return span__eq(name, SPAN("messageStart")) ? EVENT_IDLE : EVENT_SKIP;
}

const struct provider_ops provider_bedrock_converse = {
	.provider = "aws.bedrock",
	.operation = "chat",
	.api = "converse",
	.path = "*/model/*/converse */model/*/converse-stream",
	.model_after = "/model/",
	.request = converse_request,
	.header = converse_header,
	.response = converse,
	.note = converse_note,
	.judge = judge_converse,
	.settle = anthropic_settle,
	.tool_sign = { SPAN_OF("\"toolUse\"") },
};

static const struct field invoke_request[] = {
	FIELD_NUMBER("max_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("max_gen_len", N_MAX_TOKENS),
	FIELD_NUMBER("inferenceConfig.maxTokens", N_MAX_TOKENS),
	FIELD_NUMBER("inferenceConfig.max_new_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("textGenerationConfig.maxTokenCount", N_MAX_TOKENS),
	FIELD_END,
};

static const struct field invoke_header[] = {
	FIELD_NUMBER("x-amzn-bedrock-input-token-count", N_INPUT),
	FIELD_NUMBER("x-amzn-bedrock-output-token-count", N_OUTPUT),
	FIELD_NUMBER("x-amzn-bedrock-cache-read-input-token-count", N_CACHED),
	FIELD_NUMBER("x-amzn-bedrock-cache-write-input-token-count", N_CACHE_WRITE),
	FIELD_TEXT("x-amzn-bedrock-service-tier", T_TIER),
	FIELD_TEXT("x-amzn-errortype", T_ERROR),
	FIELD_END,
};

#define METRICS "amazon-bedrock-invocationMetrics."

/* Bodies of all makers, and their events; no two mean different things by one name. */
static const struct field invoke[] = {
	/* Bedrock's own count, with the last event of any maker's stream: the maker's comes first
	 */
	FIELD_WEAK(METRICS "inputTokenCount", N_INPUT),
	FIELD_WEAK(METRICS "outputTokenCount", N_OUTPUT),
	FIELD_WEAK(METRICS "cacheReadInputTokenCount", N_CACHED),
	FIELD_WEAK(METRICS "cacheWriteInputTokenCount", N_CACHE_WRITE),
	/* Anthropic */
	FIELD_FIRST("id", T_ID),
	FIELD_FIRST("model", T_MODEL),
	FIELD_TEXT("stop_reason", T_FINISH),
	FIELD_FIRST("message.id", T_ID),
	FIELD_FIRST("message.model", T_MODEL),
	FIELD_TEXT("delta.stop_reason", T_FINISH),
	FIELD_NUMBER("usage.input_tokens", N_INPUT),
	FIELD_NUMBER("usage.output_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.cache_read_input_tokens", N_CACHED),
	FIELD_NUMBER("usage.cache_creation_input_tokens", N_CACHE_WRITE),
	FIELD_NUMBER("usage.cache_creation.ephemeral_1h_input_tokens", N_CACHE_WRITE_1H),
	FIELD_NUMBER("usage.output_tokens_details.thinking_tokens", N_REASONING),
	FIELD_NUMBER("usage.server_tool_use.web_search_requests", N_SEARCHES),
	FIELD_NUMBER("message.usage.input_tokens", N_INPUT),
	FIELD_NUMBER("message.usage.output_tokens", N_OUTPUT_SO_FAR),
	FIELD_NUMBER("message.usage.cache_read_input_tokens", N_CACHED),
	FIELD_NUMBER("message.usage.cache_creation_input_tokens", N_CACHE_WRITE),
	FIELD_NUMBER("message.usage.cache_creation.ephemeral_1h_input_tokens", N_CACHE_WRITE_1H),
	/* Amazon Nova */
	FIELD_TEXT("stopReason", T_FINISH),
	FIELD_TEXT("messageStop.stopReason", T_FINISH),
	FIELD_NUMBER("usage.inputTokens", N_INPUT),
	FIELD_NUMBER("usage.outputTokens", N_OUTPUT),
	FIELD_NUMBER("usage.cacheReadInputTokenCount", N_CACHED),
	FIELD_NUMBER("usage.cacheWriteInputTokenCount", N_CACHE_WRITE),
	FIELD_NUMBER("metadata.usage.inputTokens", N_INPUT),
	FIELD_NUMBER("metadata.usage.outputTokens", N_OUTPUT),
	FIELD_NUMBER("metadata.usage.cacheReadInputTokenCount", N_CACHED),
	FIELD_NUMBER("metadata.usage.cacheWriteInputTokenCount", N_CACHE_WRITE),
	/* Amazon Titan */
	FIELD_NUMBER("inputTextTokenCount", N_INPUT),
	FIELD_NUMBER("results[].tokenCount", N_OUTPUT),
	FIELD_NUMBER("totalOutputTextTokenCount", N_OUTPUT),
	FIELD_TEXT("results[].completionReason", T_FINISH),
	FIELD_TEXT("completionReason", T_FINISH),
	/* Llama */
	FIELD_NUMBER("prompt_token_count", N_INPUT),
	FIELD_NUMBER("generation_token_count", N_OUTPUT),
	/* AI21, OpenAI, Mistral, DeepSeek, Qwen: as in chat completions */
	FIELD_FIRST("choices[].finish_reason", T_FINISH),
	FIELD_NUMBER("usage.prompt_tokens", N_INPUT),
	FIELD_NUMBER("usage.completion_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.completion_tokens_details.reasoning_tokens", N_REASONING),
	/* Cohere */
	FIELD_TEXT("finish_reason", T_FINISH),
	FIELD_TEXT("generations[].finish_reason", T_FINISH),
	FIELD_NUMBER("meta.billed_units.input_tokens", N_INPUT),
	FIELD_NUMBER("meta.billed_units.output_tokens", N_OUTPUT),
	FIELD_TEXT("error.type", T_ERROR),
	FIELD_END,
};

/* The event within, decoded into the buffer; the event itself where there is none. */
static struct span invoke_unwrap(struct span data, struct buffer *room)
{
	static const struct span key = { (const uint8_t *)"\"bytes\":\"", 9 };
	const uint8_t *p = span__find(data, key), *end;
	struct span text;
	size_t n;

	if (!p)
		return data;
	p += key.n;
	end = memchr(p, '"', (size_t)(data.p + data.n - p));
	if (!end)
		return data;
	text = span_of(p, (size_t)(end - p));
	room->n = 0;
	/* What is added is overwritten: this makes room for it. */
	if (buffer__add(room, data, SIZE_MAX) || base64_decode(text, room->p, &n))
		return data;
	return span_of(room->p, n);
}

static enum event_worth judge_invoke(const struct fields *f, struct span name, struct span data)
{
	static const struct span keys[] = {
		{ (const uint8_t *)"\"usage\"", 7 },
		{ (const uint8_t *)"\"message\"", 9 },
		{ (const uint8_t *)"\"stop_reason\"", 13 },
		{ (const uint8_t *)"\"stopReason\"", 12 },
		{ (const uint8_t *)"\"finish_reason\"", 15 },
		{ (const uint8_t *)"\"error\"", 7 },
	};

	if (span__find(data, SPAN("\"amazon-bedrock-invocationMetrics\"")))
		return EVENT_READ_LAST;
	if (span__ends(name, SPAN("Exception")) ||
	    event_has(data, keys, sizeof(keys) / sizeof(keys[0])))
		return EVENT_READ;
	return EVENT_SKIP;
}

/* An error that is an event: throttlingException {"message":"Too many requests"} */
static void invoke_note(struct fields *f, const struct json_value *v)
{
	iterations_note(f, v);
	if (v->kind == JSON_STRING && span__eq(v->path, SPAN("message")))
		fields__set_text(f, T_ERROR, v->text);
}

const struct provider_ops provider_bedrock_invoke = {
	.provider = "aws.bedrock",
	.operation = "chat",
	.api = "invoke",
	.path = "*/model/*/invoke */model/*/invoke-with-response-stream",
	.model_after = "/model/",
	.request = invoke_request,
	.header = invoke_header,
	.response = invoke,
	.note = invoke_note,
	.unwrap = invoke_unwrap,
	.judge = judge_invoke,
	.beside = iterations_tell,
	.settle = anthropic_settle,
};

/*
 * A talk with Nova Sonic, both ways at once: one call, whose sums so far are told again and again.
 *
 *   chunk {"bytes":"..."}, of {"event":{"usageEvent":{"sessionId":"x","totalInputTokens":118,
 *    "totalOutputTokens":74,"totalTokens":192,"details":{"delta":{...},"total":{
 *    "input":{"speechTokens":88,"textTokens":30},"output":{"speechTokens":60,"textTokens":14}}}}}}
 */
#define SONIC "event.usageEvent."

static const struct field sonic[] = {
	FIELD_FIRST(SONIC "sessionId", T_ID),
	FIELD_NUMBER(SONIC "totalInputTokens", N_INPUT),
	FIELD_NUMBER(SONIC "totalOutputTokens", N_OUTPUT),
	FIELD_NUMBER(SONIC "details.total.input.speechTokens", N_AUDIO_IN),
	FIELD_NUMBER(SONIC "details.total.output.speechTokens", N_AUDIO_OUT),
	FIELD_TEXT("message", T_ERROR),
	FIELD_END,
};

static enum event_worth judge_sonic(const struct fields *f, struct span name, struct span data)
{
	return span__ends(name, SPAN("Exception")) || span__find(data, SPAN("\"usageEvent\""))
		       ? EVENT_READ
		       : EVENT_SKIP;
}

const struct provider_ops provider_bedrock_sonic = {
	.provider = "aws.bedrock",
	.operation = "chat",
	.api = "invoke",
	.stream = true,
	.path = "*/model/*/invoke-with-bidirectional-stream",
	.model_after = "/model/",
	.request = invoke_request,
	.header = converse_header,
	.response = sonic,
	.unwrap = invoke_unwrap,
	.judge = judge_sonic,
	.body_ends = true,
	.settle = openai_settle,
};

/* Models that embed or rank have no output to be counted. */
const struct provider_ops provider_bedrock_embed = {
	.provider = "aws.bedrock",
	.operation = "embeddings",
	.api = "invoke",
	.path = "*/model/*embed*/invoke",
	.model_after = "/model/",
	.request = invoke_request,
	.header = invoke_header,
	.response = invoke,
	.note = invoke_note,
	.judge = judge_invoke,
	.settle = anthropic_settle,
};

/* Rankings are sold by the query, of so many documents and so long ones: nobody tells how many. */
const struct provider_ops provider_bedrock_rerank = {
	.provider = "aws.bedrock",
	.operation = "rerank",
	.api = "invoke",
	.path = "*/model/*rerank*/invoke",
	.model_after = "/model/",
	.request = invoke_request,
	.header = invoke_header,
	.response = invoke,
	.note = invoke_note,
	.judge = judge_invoke,
	.settle = anthropic_settle,
};

/* {"inputTokens":31}: a figure, but no usage. */
const struct provider_ops provider_bedrock_count_tokens = {
	.provider = "aws.bedrock",
	.operation = "count_tokens",
	.api = "count-tokens",
	.free = true,
	.path = "*/model/*/count-tokens",
	.model_after = "/model/",
	.request = converse_request,
	.header = converse_header,
	.response = converse,
	.judge = judge_converse,
	.settle = anthropic_settle,
};
