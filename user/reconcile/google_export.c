// SPDX-License-Identifier: BSD-2-Clause
/*
 * Google Cloud's billing export to BigQuery, standard or detailed usage, as JSON (a row a line, or
 * a list of them), or CSV, in which nested columns have a dot or an underscore. Credits stand
 * beside a row's cost.
 *
 *   {"billing_account_id":"01AB..","service":{"id":"C7E2-9256-1C43","description":"Vertex AI"},
 *    "sku":{"id":"..","description":"Gemini 2.5 Flash GA Text Input - Predictions"},
 *    "usage_start_time":"2026-11-01 08:00:00 UTC","usage_end_time":"2026-11-01 09:00:00 UTC",
 *    "project":{"id":"shop-prod",...},"cost":0.0451,"currency":"USD",
 *    "usage":{"amount":150342,"unit":"count","amount_in_pricing_units":150342,...},
 *    "credits":[{"name":"..","amount":-0.01,"type":"PROMOTION"}],"cost_type":"regular"}
 *
 * https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/detailed-usage
 */
#include <errno.h>
#include <string.h>

#include "reconcile/google.h"
#include "reconcile/sold.h"

static const struct bill_column columns[] = {
	{ "usage_start_time", CELL_START },
	{ "usage_end_time", CELL_END },
	{ "cost", CELL_AMOUNT },
	{ "currency", CELL_CURRENCY },
	{ "cost_type", CELL_KIND },
	{ "service_description", CELL_SERVICE },
	{ "sku_description", CELL_WORDING },
	{ "project_id", CELL_PROJECT },
	{ "usage_amount", CELL_QUANTITY },
	{ "usage_unit", CELL_UNIT },
	{ "credits_amount", CELL_CREDIT },
	{ NULL, CELL_NONE },
};

int google_finish(const struct bill_record *r, struct bill_line *line)
{
	const char *service = r->cell[CELL_SERVICE], *kind = r->cell[CELL_KIND];
	bool model = bill_says(service, "vertex") || bill_says(service, "gemini") ||
		     bill_says(service, "generative language") || bill_says(service, "claude") ||
		     bill_says(service, "agent platform");

	/* A tax of the whole invoice has a service, too: "Invoice". */
	if (!model && !(bill_says(kind, "tax") && bill_says(service, "invoice")))
		return -ENOENT;
	span__copy(bill_says(service, "gemini") || bill_says(service, "generative")
			   ? SPAN("gcp.gemini")
			   : SPAN("gcp.vertex_ai"),
		   line->provider, sizeof(line->provider));
	if (bill_says(kind, "tax"))
		line->kind = BILL_TAX;
	else if (bill_says(kind, "rounding"))
		line->kind = BILL_ROUNDING;
	else if (bill_says(kind, "adjustment"))
		line->kind = BILL_CREDIT;
	else
		sold_take(r->cell[CELL_WORDING], r->cell[CELL_QUANTITY], r->cell[CELL_UNIT], line);
	line->credit = r->credit;
	return 0;
}

static int finish(const struct bill_record *r, struct bill_line *line, char *err, size_t err_cap)
{
	return google_finish(r, line);
}

const struct bill_shape bill_shape_google_export = {
	.name = "Google Cloud billing export",
	.columns = columns,
	.decimals = 6,
	.records = { "" },
	.needs = { "usage_start_time", "cost", "sku_description", "service_description" },
	.finish = finish,
};
