// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenAI's usage: GET /v1/organization/usage/completions (and embeddings), and what the dashboard
 * exports of it. Tokens, and no money. input_tokens holds the cached ones; sound is beside it.
 *
 *   {"object":"page","data":[{"object":"bucket","start_time":1730419200,"end_time":1730505600,
 *    "results":[{"object":"organization.usage.completions.result","input_tokens":1000,
 *    "output_tokens":500,"input_cached_tokens":800,"num_model_requests":5,"project_id":"proj_abc",
 *    "api_key_id":"key_abc","model":"gpt-4o-2024-08-06","batch":false,...}]}],"has_more":false}
 *
 * https://platform.openai.com/docs/api-reference/usage
 */
#include <errno.h>
#include <string.h>

#include "reconcile/shape.h"

static const struct bill_column columns[] = {
	{ "start_time", CELL_START },
	{ "end_time", CELL_END },
	{ "model", CELL_MODEL },
	{ "project_id", CELL_PROJECT },
	{ "api_key_id", CELL_KEY },
	{ "num_model_requests", CELL_REQUESTS },
	{ "input_tokens", CELL_INPUT },
	{ "input_cached_tokens", CELL_CACHED },
	{ "output_tokens", CELL_OUTPUT },
	{ "input_audio_tokens", CELL_AUDIO_IN },
	{ "output_audio_tokens", CELL_AUDIO_OUT },
	{ "batch", CELL_BATCH },
	{ "service_tier", CELL_TIER },
	{ "has_more", CELL_MORE },
	{ NULL, CELL_NONE },
};

static int finish(const struct bill_record *r, struct bill_line *line, char *err, size_t err_cap)
{
	/* The dashboard writes a line for each day, also for those without a call. */
	if (!*r->cell[CELL_INPUT] && !*r->cell[CELL_OUTPUT])
		return -ENOENT;
	line->batch = !strcasecmp(r->cell[CELL_BATCH], "true") ||
		      !strcasecmp(r->cell[CELL_TIER], "batch");
	/* A bill knows of what it is told: what is not there is none. */
	for (int i = USAGE_INPUT; i <= USAGE_IMAGE_OUT; i++)
		line->use.known |= 1u << i;
	return 0;
}

const struct bill_shape bill_shape_openai_usage = {
	.name = "OpenAI usage",
	.provider = "openai",
	.columns = columns,
	.records = { "data[].results[]", "data[].result[]" },
	.needs = { "start_time", "input_tokens", "num_model_requests" },
	.finish = finish,
};
