// SPDX-License-Identifier: BSD-2-Clause
/*
 * AWS Cost Explorer: what `aws ce get-cost-and-usage` prints, grouped by SERVICE, USAGE_TYPE,
 * RECORD_TYPE or LINKED_ACCOUNT. Days are of UTC.
 *
 *   {"GroupDefinitions":[{"Type":"DIMENSION","Key":"SERVICE"},...],"ResultsByTime":[
 *    {"TimePeriod":{"Start":"2026-11-01","End":"2026-11-02"},"Total":{},"Groups":[
 *     {"Keys":["Amazon Bedrock","USE1-NovaPro-input-tokens"],"Metrics":{
 *      "UnblendedCost":{"Amount":"0.0451","Unit":"USD"},"UsageQuantity":{"Amount":"56","Unit":"N/A"}}}
 *     ],"Estimated":false}]}
 *
 * https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reconcile/sold.h"

static const struct bill_column columns[] = {
	{ "time_period_start", CELL_START },
	{ "time_period_end", CELL_END },
	{ "keys", CELL_WORDING },
	{ "metrics_unblended_cost_amount", CELL_AMOUNT },
	{ "metrics_unblended_cost_unit", CELL_CURRENCY },
	{ "metrics_usage_quantity_amount", CELL_QUANTITY },
	{ "metrics_usage_quantity_unit", CELL_UNIT },
	{ NULL, CELL_NONE },
};

static bool is_account(struct span key)
{
	for (size_t i = 0; i < key.n; i++)
		if (!isdigit(key.p[i]))
			return false;
	return key.n == 12;
}

/* RECORD_TYPE's values. */
static int kind_of(struct span key)
{
	return span__eq_nocase(key, SPAN("Tax")) ? BILL_TAX
	       : span__eq_nocase(key, SPAN("Credit")) || span__eq_nocase(key, SPAN("Refund"))
		       ? BILL_CREDIT
	       : span__find(key, SPAN("iscount")) && !span__find(key, SPAN("iscounted"))
		       ? BILL_DISCOUNT
		       : BILL_USAGE;
}

/* A group's keys, joined by newlines: which is which they say themselves. */
static int finish(const struct bill_record *r, struct bill_line *line, char *err, size_t err_cap)
{
	struct span keys = span_str(r->cell[CELL_WORDING]), key;
	char wording[CELL_MAX] = "";
	bool bedrock = false;

	if (!keys.n) {
		snprintf(err, err_cap,
			 "a group without keys: group costs by SERVICE and USAGE_TYPE");
		return -EBADMSG;
	}
	while (keys.n) {
		key = span__cut(&keys, '\n');
		if (is_account(key)) {
			span__copy(key, line->project, sizeof(line->project));
		} else if (kind_of(key) != BILL_USAGE) {
			line->kind = (uint8_t)kind_of(key);
		} else if (span__find(key, SPAN("edrock"))) {
			bedrock = true;
			sold_edition(key, line);
		} else if (!span__eq(key, SPAN("Usage"))) {
			span__copy(key, wording, sizeof(wording));
		}
	}
	if (!bedrock && !strcasestr(wording, "token"))
		return -ENOENT;
	span__copy(SPAN("aws.bedrock"), line->provider, sizeof(line->provider));
	if (line->kind == BILL_USAGE && *wording)
		sold_take(wording, r->cell[CELL_QUANTITY], r->cell[CELL_UNIT], line);
	return 0;
}

const struct bill_shape bill_shape_aws_cost_explorer = {
	.name = "AWS Cost Explorer",
	.columns = columns,
	.utc = true,
	.records = { "ResultsByTime[].Groups[]" },
	.needs = { "time_period_start", "metrics_unblended_cost_amount" },
	.finish = finish,
};
