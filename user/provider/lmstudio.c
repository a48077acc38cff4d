// SPDX-License-Identifier: BSD-2-Clause
/*
 * LM Studio's own chat (https://lmstudio.ai/docs/developer/rest/chat), beside OpenAI's and
 * Anthropic's; a stream has the same in its last event.
 *
 *   POST /api/v1/chat
 *   {"model_instance_id":"qwen3","output":[...],"stats":{"input_tokens":33,
 *    "total_output_tokens":12,"reasoning_output_tokens":2},"response_id":"resp_x"}
 *   event: chat.end
 *   data: {"type":"chat.end","result":{"model_instance_id":"qwen3","stats":{...}}}
 */
#include "provider/shapes.h"

static const struct field lmstudio_request[] = {
	FIELD_TEXT("model", T_REQUEST_MODEL),
	FIELD_NUMBER("max_output_tokens", N_MAX_TOKENS),
	FIELD_END,
};

#define CHAT_FIELDS(at)                                                                   \
	FIELD_FIRST(at "model_instance_id", T_MODEL), FIELD_TEXT(at "response_id", T_ID), \
		FIELD_NUMBER(at "stats.input_tokens", N_INPUT),                           \
		FIELD_NUMBER(at "stats.total_output_tokens", N_OUTPUT),                   \
		FIELD_NUMBER(at "stats.reasoning_output_tokens", N_REASONING)

static const struct field lmstudio[] = {
	CHAT_FIELDS(""),
	CHAT_FIELDS("result."),
	FIELD_TEXT("error.type", T_ERROR),
	FIELD_TEXT("error.message", T_ERROR),
	FIELD_END,
};

static enum event_worth judge_lmstudio(const struct fields *f, struct span name, struct span data)
{
	static const struct span keys[] = {
		{ (const uint8_t *)"\"model_instance_id\"", 19 },
		{ (const uint8_t *)"\"error\"", 7 },
	};

	if (span__eq(name, SPAN("chat.end")))
		return EVENT_READ_LAST;
	return event_has(data, keys, sizeof(keys) / sizeof(keys[0])) ? EVENT_READ : EVENT_SKIP;
}

const struct provider_ops provider_lmstudio_chat = {
	.provider = "local",
	.operation = "chat",
	.api = "chat",
	.loose = true,
	.path = "*/api/v1/chat",
	.request = lmstudio_request,
	.response = lmstudio,
	.judge = judge_lmstudio,
	.settle = openai_settle,
};
