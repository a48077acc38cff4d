// SPDX-License-Identifier: BSD-2-Clause
/*
 * What Anthropic's console exports of costs: dollars, and models by their names for people.
 *
 *   usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,
 *   list_price_usd,cost_type,inference_geo,speed,api_key_id,api_key_status
 *   2026-08-04,Claude Haiku 4.5,Default,my-key,message,<= 200k,input_no_cache,0.05,0.05,token,...
 */
#include <string.h>

#include "reconcile/shape.h"

static const struct bill_column columns[] = {
	{ "usage_date_utc", CELL_START },
	{ "cost_usd", CELL_AMOUNT },
	{ "workspace", CELL_PROJECT },
	{ "api_key", CELL_KEY },
	{ "cost_type", CELL_KIND },
	{ "model", CELL_MODEL },
	{ "usage_type", CELL_TIER },
	{ "token_type", CELL_CLASS },
	{ NULL, CELL_NONE },
};

static int finish(const struct bill_record *r, struct bill_line *line, char *err, size_t err_cap)
{
	const char *kind = r->cell[CELL_KIND];

	line->batch = bill_says(r->cell[CELL_TIER], "batch");
	line->loose = strchr(line->model, ' ') != NULL;
	if (*kind && !bill_says(kind, "token"))
		line->kind = BILL_FEE;
	return 0;
}

const struct bill_shape bill_shape_anthropic_console_cost = {
	.name = "Anthropic console's cost",
	.provider = "anthropic",
	.columns = columns,
	.decimals = 2,
	.utc = true, /* the column's name says it */
	.needs = { "usage_date_utc", "cost_usd", "token_type" },
	.finish = finish,
};
