// SPDX-License-Identifier: BSD-2-Clause
/*
 * DeepInfra in its own shape (https://deepinfra.com/docs/inference), beside OpenAI's: the model is
 * the end of the path.
 *
 *   {"results":[{"generated_text":"Hi."}],"num_tokens":8,"num_input_tokens":14,"inference_status":
 *    {"status":"succeeded","runtime_ms":100,"cost":0.0000053,"tokens_generated":8,
 *     "tokens_input":14}}
 *   data: {"token":{"text":"."},"generated_text":"Hi.","num_output_tokens":8,
 *          "num_input_tokens":14,"estimated_cost":0.0000053}
 */
#include "provider/shapes.h"

static const struct field inference_request[] = {
	FIELD_NUMBER("max_new_tokens", N_MAX_TOKENS),
	FIELD_END,
};

static const struct field inference[] = {
	FIELD_FIRST("request_id", T_ID),
	FIELD_NUMBER("inference_status.tokens_input", N_INPUT),
	FIELD_NUMBER("inference_status.tokens_generated", N_OUTPUT),
	FIELD_MONEY("inference_status.cost", N_COST_GATEWAY),
	FIELD_NUMBER("num_input_tokens", N_INPUT),
	FIELD_NUMBER("num_output_tokens", N_OUTPUT),
	FIELD_MONEY("estimated_cost", N_COST_GATEWAY),
	FIELD_TEXT("detail.error", T_ERROR),
	FIELD_END,
};

const struct provider_ops provider_deepinfra_inference = {
	.provider = "deepinfra",
	.operation = "text_completion",
	.api = "inference",
	.at = "deepinfra",
	.path = "/v1/inference/*",
	.model_after = "/v1/inference/",
	.model_to_end = true,
	.request = inference_request,
	.response = inference,
	.judge = judge_all,
	.body_ends = true,
	.settle = openai_settle,
};
