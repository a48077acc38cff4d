// SPDX-License-Identifier: BSD-2-Clause
/*
 * The cost table that Google Cloud's console downloads, behind some lines on the invoice. Its days
 * are those of the Pacific coast of the USA; the file does not say so.
 *
 *   Invoice number,1234567890
 *   ...
 *   Billing account name,Billing account ID,Project name,Project ID,Project hierarchy,
 *   Service description,Service ID,SKU description,SKU ID,Credit type,Cost type,Usage start date,
 *   Usage end date,Usage amount,Usage unit,Unrounded Cost ($),Cost ($)
 *
 * https://cloud.google.com/billing/docs/how-to/cost-table
 */
#include "reconcile/google.h"

static const struct bill_column columns[] = {
	{ "usage_start_date", CELL_START },
	{ "usage_end_date", CELL_END },
	{ "unrounded_cost", CELL_AMOUNT },
	{ "cost_type", CELL_KIND },
	{ "credit_type", CELL_CLASS },
	{ "service_description", CELL_SERVICE },
	{ "sku_description", CELL_WORDING },
	{ "project_id", CELL_PROJECT },
	{ "usage_amount", CELL_QUANTITY },
	{ "usage_unit", CELL_UNIT },
	{ NULL, CELL_NONE },
};

static int finish(const struct bill_record *r, struct bill_line *line, char *err, size_t err_cap)
{
	if (*r->cell[CELL_CLASS])
		line->kind = BILL_CREDIT; /* a credit is a row of its own */
	return google_finish(r, line);
}

const struct bill_shape bill_shape_google_console = {
	.name = "Google Cloud console's cost table",
	.columns = columns,
	.decimals = 6,
	.needs = { "usage_start_date", "unrounded_cost", "sku_description", "service_description" },
	.finish = finish,
};
