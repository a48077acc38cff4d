// SPDX-License-Identifier: BSD-2-Clause
/*
 * Langfuse (https://langfuse.com/docs), hosted by its maker or by oneself: events of observations,
 * from older SDKs and that for JavaScript, or spans of OpenTelemetry.
 *
 *   POST /api/public/ingestion
 *   {"batch":[{"type":"generation-create","body":{"id":"o1","traceId":"t1","model":"gpt-4o",
 *     "parentObservationId":"o0","usage":{"input":11,"output":5,"totalCost":0.0001}}}]}
 *
 *   POST /api/public/otel/v1/traces      span attributes, texts that hold JSON:
 *     langfuse.observation.usage_details {"prompt_tokens": 11, "completion_tokens": 5}
 */
#include "provider/upload_ops.h"

static const struct upload_field observation[] = {
	{ "type", U_KIND },
	{ "body.id", U_ID },
	{ "body.parentObservationId", U_PARENT },
	{ "body.traceId", U_TRACE },
	{ "body.model", U_MODEL },
	{ "body.usage.input", U_INPUT },
	{ "body.usage.output", U_OUTPUT },
	{ "body.usage.promptTokens", U_INPUT },
	{ "body.usage.completionTokens", U_OUTPUT },
	{ "body.usage.totalCost", U_COST },
	{ "body.usageDetails.input", U_INPUT },
	{ "body.usageDetails.output", U_OUTPUT },
	{ "body.usageDetails.prompt_tokens", U_INPUT },
	{ "body.usageDetails.completion_tokens", U_OUTPUT },
	{ "body.costDetails.total", U_COST },
	{ NULL },
};

const struct upload_ops upload_langfuse_ingestion = {
	.service = "langfuse",
	.path = "*/api/public/ingestion",
	.form = UPLOAD_JSON,
	.arrays = "batch[]",
	.fields = observation,
	.kinds = "generation-create generation-update",
};

static const struct upload_field span[] = {
	{ "langfuse.observation.type", U_KIND },
	{ "langfuse.observation.model.name", U_MODEL },
	{ "langfuse.observation.usage_details", U_INNER },
	{ "usage_details.input", U_INPUT },
	{ "usage_details.output", U_OUTPUT },
	{ "usage_details.prompt_tokens", U_INPUT },
	{ "usage_details.completion_tokens", U_OUTPUT },
	{ "usage_details.input_tokens", U_INPUT },
	{ "usage_details.output_tokens", U_OUTPUT },
	{ "langfuse.observation.cost_details", U_INNER },
	{ "cost_details.total", U_COST },
	{ "langfuse.trace.tags", U_TAG },
	{ "langfuse.session.id", U_SESSION },
	{ "session.id", U_SESSION },
	{ "gen_ai.response.id", U_RESPONSE_ID },
	{ NULL },
};

const struct upload_ops upload_langfuse_otel = {
	.service = "langfuse",
	.path = "*/api/public/otel/v1/traces",
	.form = UPLOAD_OTLP,
	.fields = span,
	.kinds = "generation embedding",
};
