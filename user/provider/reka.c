// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reka (https://docs.reka.ai/api-reference): at Cohere's path, with figures of its own; each event
 * of a stream has those so far.
 *
 *   {"id":"i","model":"reka-core-20240501","responses":[{"finish_reason":"stop","message":{...}}],
 *    "usage":{"input_tokens":14,"output_tokens":65}}
 */
#include "provider/shapes.h"

static const struct field reka[] = {
	FIELD_FIRST("id", T_ID),
	FIELD_FIRST("model", T_MODEL),
	FIELD_TEXT("responses[].finish_reason", T_FINISH),
	FIELD_NUMBER("usage.input_tokens", N_INPUT),
	FIELD_NUMBER("usage.output_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.reasoning_tokens", N_REASONING),
	FIELD_TEXT("detail", T_ERROR),
	FIELD_END,
};

const struct provider_ops provider_reka_chat = {
	.provider = "reka",
	.operation = "chat",
	.api = "chat",
	.at = "reka",
	.path = "/v1/chat",
	.request = openai_request,
	.response = reka,
	.judge = judge_all,
	.body_ends = true,
	.settle = openai_settle,
};
