// SPDX-License-Identifier: BSD-2-Clause
/*
 * xAI's batches (https://docs.x.ai/docs/guides): their results come in pages, and tell what they
 * cost. A page is a call, known by its first result.
 *
 *   {"results":[{"batch_request_id":"0","batch_result":{"response":{"chat_get_completion":{
 *    "id":"x","model":"grok-4.3","usage":{"prompt_tokens":204,"completion_tokens":1,
 *    "total_tokens":287,"completion_tokens_details":{"reasoning_tokens":82},...}}}}},...],
 *    "pagination_token":null}
 */
#include "provider/shapes.h"

static const struct field nothing_asked[] = {
	FIELD_END,
};

#define RESULT "results[].batch_result.response.chat_get_completion."

static const struct field results[] = {
	FIELD_FIRST(RESULT "id", T_ID),
	FIELD_FIRST(RESULT "model", T_MODEL),
	FIELD_SUM(RESULT "usage.prompt_tokens", N_INPUT),
	FIELD_SUM(RESULT "usage.completion_tokens", N_OUTPUT),
	FIELD_SUM(RESULT "usage.total_tokens", N_TOTAL),
	FIELD_SUM(RESULT "usage.prompt_tokens_details.cached_tokens", N_CACHED),
	FIELD_SUM(RESULT "usage.completion_tokens_details.reasoning_tokens", N_REASONING),
	FIELD_SUM(RESULT "usage.cost_in_usd_ticks", N_COST_TICKS),
	FIELD_END,
};

const struct provider_ops provider_xai_batch_results = {
	.provider = "x_ai",
	.operation = "chat",
	.api = "batches",
	.polled = true,
	.method = "GET",
	.at = "x_ai",
	.path = "/v1/batches/*/results",
	.tier = "batch",
	.request = nothing_asked,
	.response = results,
	.judge = judge_all,
	.settle = openai_settle,
};
