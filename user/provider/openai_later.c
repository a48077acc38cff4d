// SPDX-License-Identifier: BSD-2-Clause
/*
 * Chat completions that are worked on after their request was answered, and asked for by its id.
 *
 * xAI's deferred ones (https://docs.x.ai/docs/guides/deferred-chat-completions) are what they would
 * have been at once, when they are done; before, the answer is empty:
 *
 *   POST /v1/chat/completions {"deferred":true,...}  ->  {"request_id":"r"}
 *   GET /v1/chat/deferred-completion/r               ->  {"id":"c","model":"grok-4","usage":{...}}
 *
 * Perplexity's (https://docs.perplexity.ai/api-reference/async-chat-completions-api-request-get)
 * are wrapped:
 *
 *   GET /async/chat/completions/x  -> {"id":"x","model":"sonar-deep-research","status":"COMPLETED",
 *    "response":{"id":"x","usage":{"prompt_tokens":33,"completion_tokens":7163,"total_tokens":7196,
 *     "citation_tokens":20016,"reasoning_tokens":73997,"num_search_queries":18,
 *     "cost":{"total_cost":0.49}}}}
 */
#include "provider/shapes.h"

const struct provider_ops provider_openai_chat_deferred = {
	.provider = "x_ai",
	.operation = "chat",
	.api = "chat.completions",
	.polled = true,
	.method = "GET",
	.path = "*/chat/deferred-completion/*",
	.id_after = "/deferred-completion/",
	.request = openai_request,
	.response = openai_chat,
	.judge = openai_judge_chat,
	.settle = openai_settle,
};

static const struct field perplexity_later[] = {
	FIELD_TEXT("id", T_ID),
	FIELD_TEXT("model", T_MODEL),
	FIELD_TEXT("status", T_FINISH),
	FIELD_TEXT("error_message", T_ERROR),
	FIELD_NUMBER("response.usage.prompt_tokens", N_INPUT),
	FIELD_NUMBER("response.usage.completion_tokens", N_OUTPUT),
	FIELD_NUMBER("response.usage.total_tokens", N_TOTAL),
	FIELD_NUMBER("response.usage.reasoning_tokens", N_THOUGHT),
	FIELD_NUMBER("response.usage.citation_tokens", N_CITED),
	FIELD_MONEY("response.usage.cost.total_cost", N_COST),
	FIELD_END,
};

const struct provider_ops provider_perplexity_later = {
	.provider = "perplexity",
	.operation = "chat",
	.api = "chat.completions",
	.polled = true,
	.method = "GET",
	.path = "*/async/chat/completions/* */v1/async/sonar/*",
	.request = openai_request,
	.response = perplexity_later,
	.judge = judge_all,
	.settle = openai_settle,
};
