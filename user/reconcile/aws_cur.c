// SPDX-License-Identifier: BSD-2-Clause
/*
 * AWS's Cost and Usage Report 2.0 (data exports) as CSV, and the older one, whose names have a
 * slash: "lineItem/UnblendedCost". Models of others are sold over the Marketplace, by a product
 * named "... (Amazon Bedrock Edition)".
 *
 *   line_item_usage_start_date 2026-11-01T08:00:00.000Z   line_item_line_item_type Usage
 *   line_item_product_code AmazonBedrock   line_item_usage_type USE1-NovaPro-input-tokens
 *   pricing_unit "1K tokens"   line_item_usage_amount 1234.567
 *
 * https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html
 */
#include <errno.h>
#include <string.h>

#include "reconcile/sold.h"

static const struct bill_column columns[] = {
	{ "line_item_usage_start_date", CELL_START },
	{ "line_item_usage_end_date", CELL_END },
	{ "line_item_unblended_cost", CELL_AMOUNT },
	{ "line_item_currency_code", CELL_CURRENCY },
	{ "line_item_line_item_type", CELL_KIND },
	{ "line_item_product_code", CELL_SERVICE },
	{ "line_item_usage_type", CELL_WORDING },
	{ "line_item_line_item_description", CELL_CLASS },
	{ "product_product_name", CELL_PROVIDER },
	{ "product", CELL_PROVIDER }, /* CUR 2.0: a map, as JSON */
	{ "line_item_usage_amount", CELL_QUANTITY },
	{ "pricing_unit", CELL_UNIT },
	{ "line_item_usage_account_id", CELL_PROJECT },
	{ NULL, CELL_NONE },
};

/* https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html, LineItemType */
static int kind_of(const char *type)
{
	return !strcasecmp(type, "Tax")					       ? BILL_TAX
	       : !strcasecmp(type, "Credit") || !strcasecmp(type, "Refund")    ? BILL_CREDIT
	       : bill_says(type, "Discount") && !bill_says(type, "Discounted") ? BILL_DISCOUNT
	       : bill_says(type, "Fee") || bill_says(type, "SavingsPlan")      ? BILL_COMMITMENT
									       : BILL_USAGE;
}

static int finish(const struct bill_record *r, struct bill_line *line, char *err, size_t err_cap)
{
	const char *unit = r->cell[CELL_UNIT], *said = r->cell[CELL_CLASS];

	if (!bill_says(r->cell[CELL_SERVICE], "bedrock") && !bill_says(said, "bedrock") &&
	    !bill_says(r->cell[CELL_PROVIDER], "bedrock"))
		return -ENOENT;
	span__copy(SPAN("aws.bedrock"), line->provider, sizeof(line->provider));
	line->kind = (uint8_t)kind_of(r->cell[CELL_KIND]);
	sold_edition(span_str(r->cell[CELL_PROVIDER]), line);
	sold_edition(span_str(said), line);
	/* The Marketplace's unit is "Units"; how many tokens one has its description says. */
	if (line->kind == BILL_USAGE)
		sold_take(r->cell[CELL_WORDING], r->cell[CELL_QUANTITY],
			  bill_says(unit, "token") ? unit : said, line);
	return 0;
}

const struct bill_shape bill_shape_aws_cur = {
	.name = "AWS Cost and Usage Report",
	.columns = columns,
	.records = { "" },
	.needs = { "line_item_usage_start_date", "line_item_unblended_cost",
		   "line_item_line_item_type", "line_item_usage_type" },
	.finish = finish,
};
