// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenAI's costs: GET /v1/organization/costs, and what the dashboard exports of them, which has
 * quantities too.
 *
 *   {"object":"organization.costs.result","amount":{"value":0.06,"currency":"usd"},
 *    "line_item":"gpt-4o-2024-08-06, input","project_id":"proj_abc"}
 *
 *   start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,
 *   quantity_unit,line_item,user_id,api_key_id,project_id,...
 *
 * https://platform.openai.com/docs/api-reference/usage/costs
 */
#include <errno.h>
#include <string.h>

#include "reconcile/sold.h"

static const struct bill_column columns[] = {
	{ "start_time", CELL_START },
	{ "end_time", CELL_END },
	{ "amount_value", CELL_AMOUNT },
	{ "amount_currency", CELL_CURRENCY },
	{ "line_item", CELL_WORDING },
	{ "quantity", CELL_QUANTITY },
	{ "quantity_unit", CELL_UNIT },
	{ "project_id", CELL_PROJECT },
	{ "api_key_id", CELL_KEY },
	{ "has_more", CELL_MORE },
	{ NULL, CELL_NONE },
};

static int finish(const struct bill_record *r, struct bill_line *line, char *err, size_t err_cap)
{
	const char *item = r->cell[CELL_WORDING];

	if (!line->has_money) /* a day without a cost */
		return -ENOENT;
	if (bill_says(item, "credit"))
		line->kind = BILL_CREDIT;
	else if (!strcasecmp(item, "tax") || !strncasecmp(item, "sales tax", 9) ||
		 !strcasecmp(item, "vat"))
		line->kind = BILL_TAX;
	else if (*item)
		sold_take(item, r->cell[CELL_QUANTITY],
			  *r->cell[CELL_UNIT] ? r->cell[CELL_UNIT] : "", line);
	return 0;
}

const struct bill_shape bill_shape_openai_costs = {
	.name = "OpenAI costs",
	.provider = "openai",
	.columns = columns,
	.records = { "data[].results[]", "data[].result[]" },
	.needs = { "start_time", "amount_value" },
	.finish = finish,
};
