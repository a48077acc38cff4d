// SPDX-License-Identifier: BSD-2-Clause
/*
 * Anthropic's usage report: GET /v1/organizations/usage_report/messages. No money.
 * The classes are disjoint.
 *
 *   {"data":[{"starting_at":"2025-08-01T00:00:00Z","ending_at":"2025-08-02T00:00:00Z","results":[
 *    {"uncached_input_tokens":1500,"cache_creation":{"ephemeral_1h_input_tokens":1000,
 *     "ephemeral_5m_input_tokens":500},"cache_read_input_tokens":200,"output_tokens":500,
 *     "server_tool_use":{"web_search_requests":10},"api_key_id":"apikey_01...",
 *     "workspace_id":"wrkspc_01...","model":"claude-opus-4-20250514","service_tier":"standard"}]}],
 *    "has_more":false,"next_page":null}
 *
 * https://docs.anthropic.com/en/api/admin-api/usage-cost/get-messages-usage-report
 */
#include <string.h>

#include "reconcile/anthropic.h"

static const struct bill_column columns[] = {
	{ "starting_at", CELL_START },
	{ "ending_at", CELL_END },
	{ "model", CELL_MODEL },
	{ "workspace_id", CELL_PROJECT },
	{ "api_key_id", CELL_KEY },
	{ "service_tier", CELL_TIER },
	{ "uncached_input_tokens", CELL_INPUT },
	{ "cache_read_input_tokens", CELL_CACHE_READ },
	{ "cache_creation_ephemeral_5m_input_tokens", CELL_WRITE_5M },
	{ "cache_creation_ephemeral_1h_input_tokens", CELL_WRITE_1H },
	{ "output_tokens", CELL_OUTPUT },
	{ "server_tool_use_web_search_requests", CELL_SEARCHES },
	{ "has_more", CELL_MORE },
	{ NULL, CELL_NONE },
};

int anthropic_finish_usage(const struct bill_record *r, struct bill_line *line, char *err,
			   size_t err_cap)
{
	line->batch = bill_says(r->cell[CELL_TIER], "batch");
	for (int i = USAGE_INPUT; i <= USAGE_IMAGE_OUT; i++)
		line->use.known |= 1u << i;
	return 0;
}

const struct bill_shape bill_shape_anthropic_usage = {
	.name = "Anthropic usage",
	.provider = "anthropic",
	.columns = columns,
	.records = { "data[].results[]" },
	.needs = { "starting_at", "uncached_input_tokens" },
	.finish = anthropic_finish_usage,
};
