// SPDX-License-Identifier: BSD-2-Clause
/*
 * What Anthropic's console exports of usage: tokens, and no money.
 *
 *   usage_date_utc,model_version,api_key,workspace,usage_type,context_window,
 *   usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,
 *   usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,
 *   web_search_count,inference_geo,speed
 */
#include "reconcile/anthropic.h"

static const struct bill_column columns[] = {
	{ "usage_date_utc", CELL_START },
	{ "model_version", CELL_MODEL },
	{ "workspace", CELL_PROJECT },
	{ "api_key", CELL_KEY },
	{ "usage_type", CELL_TIER },
	{ "usage_input_tokens_no_cache", CELL_INPUT },
	{ "usage_input_tokens_cache_read", CELL_CACHE_READ },
	{ "usage_input_tokens_cache_write", CELL_WRITE_5M }, /* before there were two lifetimes */
	{ "usage_input_tokens_cache_write_5m", CELL_WRITE_5M },
	{ "usage_input_tokens_cache_write_1h", CELL_WRITE_1H },
	{ "usage_output_tokens", CELL_OUTPUT },
	{ "web_search_count", CELL_SEARCHES },
	{ NULL, CELL_NONE },
};

const struct bill_shape bill_shape_anthropic_console_usage = {
	.name = "Anthropic console's usage",
	.provider = "anthropic",
	.columns = columns,
	.utc = true, /* the column's name says it */
	.needs = { "usage_date_utc", "usage_input_tokens_no_cache", "usage_output_tokens" },
	.finish = anthropic_finish_usage,
};
