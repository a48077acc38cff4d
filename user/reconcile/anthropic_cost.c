// SPDX-License-Identifier: BSD-2-Clause
/*
 * Anthropic's cost report: GET /v1/organizations/cost_report. Amounts are in cents, as decimals in
 * texts.
 *
 *   {"currency":"USD","amount":"123.78912","workspace_id":"wrkspc_01...",
 *    "description":"Claude Sonnet 4 Usage - Input Tokens","cost_type":"tokens",
 *    "context_window":"0-200k","model":"claude-sonnet-4-20250514","service_tier":"standard",
 *    "token_type":"uncached_input_tokens"}
 *
 * https://docs.anthropic.com/en/api/admin-api/usage-cost/get-cost-report
 */
#include <string.h>

#include "reconcile/shape.h"

static const struct bill_column columns[] = {
	{ "starting_at", CELL_START },	  { "ending_at", CELL_END },
	{ "amount", CELL_AMOUNT },	  { "currency", CELL_CURRENCY },
	{ "workspace_id", CELL_PROJECT }, { "description", CELL_WORDING },
	{ "cost_type", CELL_KIND },	  { "model", CELL_MODEL },
	{ "service_tier", CELL_TIER },	  { "token_type", CELL_CLASS },
	{ "has_more", CELL_MORE },	  { NULL, CELL_NONE },
};

static int finish(const struct bill_record *r, struct bill_line *line, char *err, size_t err_cap)
{
	const char *kind = r->cell[CELL_KIND];

	line->batch = bill_says(r->cell[CELL_TIER], "batch");
	if (bill_says(kind, "tax"))
		line->kind = BILL_TAX;
	else if (bill_says(kind, "credit"))
		line->kind = BILL_CREDIT;
	else if (*kind && !bill_says(kind, "token"))
		line->kind = BILL_FEE; /* web_search, code_execution, session_usage */
	return 0;
}

const struct bill_shape bill_shape_anthropic_cost = {
	.name = "Anthropic cost",
	.provider = "anthropic",
	.columns = columns,
	.records = { "data[].results[]" },
	.needs = { "starting_at", "amount", "currency" },
	.amount_places = -2,
	.finish = finish,
};
