// SPDX-License-Identifier: BSD-2-Clause
/*
 * Replicate (https://replicate.com/docs/reference/http): a prediction is asked for, and asked about
 * until it is done. Models of language tell tokens, others only the time they took.
 *
 *   {"id":"x","model":"meta/llama-2-70b-chat","status":"succeeded","metrics":
 *    {"input_token_count":13,"output_token_count":50,"predict_time":1.2}}
 */
#include "provider/shapes.h"

static const struct field replicate_request[] = {
	FIELD_TEXT("version", T_REQUEST_MODEL),
	FIELD_TEXT("model", T_REQUEST_MODEL),
	FIELD_NUMBER("input.max_tokens", N_MAX_TOKENS),
	FIELD_NUMBER("input.max_new_tokens", N_MAX_TOKENS),
	FIELD_END,
};

static const struct field replicate[] = {
	FIELD_FIRST("id", T_ID),
	FIELD_FIRST("model", T_MODEL),
	FIELD_TEXT("status", T_FINISH),
	FIELD_TEXT("error", T_ERROR),
	FIELD_NUMBER("metrics.input_token_count", N_INPUT),
	FIELD_NUMBER("metrics.output_token_count", N_OUTPUT),
	FIELD_MILLI("metrics.predict_time", N_COMPUTE_MS),
	FIELD_END,
};

static void settle_replicate(const struct fields *f, struct usage *ret_use)
{
	openai_settle(f, ret_use);
	if (!ret_use->known)
		settle_take(f, N_COMPUTE_MS, ret_use, USAGE_COMPUTE_MS);
}

const struct provider_ops provider_replicate_predictions = {
	.provider = "replicate",
	.operation = "text_completion",
	.api = "predictions",
	.then_polled = true,
	.path = "*/v1/predictions */v1/models/*/predictions */v1/deployments/*/predictions "
		"*/replicate/predictions", /* through Cloudflare's gateway */
	.request = replicate_request,
	.response = replicate,
	.judge = judge_all,
	.settle = settle_replicate,
};

const struct provider_ops provider_replicate_predictions_get = {
	.provider = "replicate",
	.operation = "text_completion",
	.api = "predictions",
	.polled = true,
	.method = "GET",
	.path = "*/v1/predictions/*",
	.request = replicate_request,
	.response = replicate,
	.judge = judge_all,
	.settle = settle_replicate,
};
