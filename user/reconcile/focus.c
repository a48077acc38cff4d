// SPDX-License-Identifier: BSD-2-Clause
/*
 * FOCUS 1.0 to 1.3 (https://focus.finops.org/focus-specification/): one table for all providers.
 * What is no model, by its service, is left out. Amounts are BilledCost: what the invoice says.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reconcile/sold.h"

static const struct bill_column columns[] = {
	{ "charge_period_start", CELL_START },
	{ "charge_period_end", CELL_END },
	{ "billed_cost", CELL_AMOUNT },
	{ "billing_currency", CELL_CURRENCY },
	{ "charge_category", CELL_KIND },
	{ "service_name", CELL_SERVICE },
	{ "service_provider_name", CELL_PROVIDER }, /* 1.3 */
	{ "provider_name", CELL_PROVIDER },
	{ "sku_meter", CELL_CLASS },
	{ "sku_id", CELL_TIER },
	{ "charge_description", CELL_WORDING },
	{ "consumed_quantity", CELL_QUANTITY },
	{ "consumed_unit", CELL_UNIT },
	{ "sub_account_id", CELL_PROJECT },
	{ "x_model", CELL_MODEL },
	{ NULL, CELL_NONE },
};

/* Whose models they are, by what stands in a service's or provider's name; the first that fits. */
static const struct {
	const char *says, *provider;
} services[] = {
	{ "bedrock", "aws.bedrock" },
	{ "vertex", "gcp.vertex_ai" },
	{ "gemini", "gcp.gemini" },
	{ "generative language", "gcp.gemini" },
	{ "azure openai", "azure.ai.openai" },
	{ "cognitive services", "azure.ai.openai" },
	{ "foundry", "azure.ai.openai" },
	{ "openai", "openai" },
	{ "anthropic", "anthropic" },
	{ "claude", "anthropic" },
	{ "mistral", "mistral_ai" },
	{ "cohere", "cohere" },
	{ "groq", "groq" },
	{ "deepseek", "deepseek" },
};

static const char *provider_of(const struct bill_record *r)
{
	static const uint8_t cells[] = { CELL_SERVICE, CELL_PROVIDER };

	for (size_t c = 0; c < sizeof(cells); c++)
		for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
			if (bill_says(r->cell[cells[c]], services[i].says))
				return services[i].provider;
	return NULL;
}

/* https://focus.finops.org/focus-columns/, "Charge Category" */
static int kind_of(const char *category, bool negative)
{
	return !strcasecmp(category, "Tax")	     ? BILL_TAX
	       : !strcasecmp(category, "Credit")     ? BILL_CREDIT
	       : !strcasecmp(category, "Purchase")   ? BILL_COMMITMENT
	       : !strcasecmp(category, "Adjustment") ? (negative ? BILL_CREDIT : BILL_ROUNDING)
						     : BILL_USAGE;
}

static int finish(const struct bill_record *r, struct bill_line *line, char *err, size_t err_cap)
{
	const char *provider = provider_of(r);
	char words[3 * CELL_MAX + 4];

	if (!provider)
		return -ENOENT;
	span__copy(span_str(provider), line->provider, sizeof(line->provider));
	line->kind = (uint8_t)kind_of(r->cell[CELL_KIND], line->nano < 0);
	sold_edition(span_str(r->cell[CELL_SERVICE]), line);
	if (line->kind != BILL_USAGE || *r->cell[CELL_MODEL])
		return 0;
	/* "gpt-4o-2024-08-06, input" is a name; of the rest all that is said counts. */
	snprintf(words, sizeof(words), "%s", r->cell[CELL_WORDING]);
	if (!strstr(words, ", "))
		snprintf(words, sizeof(words), "%s %s", r->cell[CELL_WORDING], r->cell[CELL_CLASS]);
	sold_take(words, r->cell[CELL_QUANTITY], r->cell[CELL_UNIT], line);
	return 0;
}

const struct bill_shape bill_shape_focus = {
	.name = "FOCUS",
	.columns = columns,
	.records = { "" },
	.needs = { "billed_cost", "charge_period_start", "charge_category", "billing_currency" },
	.finish = finish,
};
