// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "cmd/config.h"
#include "cmd/config_gpu.h"
#include "cmd/options.h"

/* As a year is counted where what was bought is written off. */
#define YEAR_HOURS 8760

/* What a rule says, before it is known whether that makes sense together. */
struct rule_text {
	const char *gpu, *from, *kind, *hour, *gpus, *bought, *years, *spot, *interruptions, *kwh;
};

static bool load_part(const struct config_rules *l, const yaml_node_t *key,
		      const yaml_node_t *value, struct rule_text *t)
{
	const struct {
		const char *name, **text;
	} parts[] = { { "gpu", &t->gpu },
		      { "from", &t->from },
		      { "kind", &t->kind },
		      { "usd-per-hour", &t->hour },
		      { "gpus", &t->gpus },
		      { "bought-for", &t->bought },
		      { "years", &t->years },
		      { "spot-usd-per-hour", &t->spot },
		      { "interruptions-per-day", &t->interruptions },
		      { "usd-per-kwh", &t->kwh } };
	const char *name = config_text(key), *text = config_text(value);

	for (size_t i = 0; name && text && i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(name, parts[i].name)) {
			*parts[i].text = text;
			return true;
		}
	l->complain(l->ctx, key,
		    "is nothing that a GPU's price has: gpu, usd-per-hour, gpus, from, kind, "
		    "bought-for, years, usd-per-kwh, spot-usd-per-hour, interruptions-per-day",
		    name);
	return false;
}

static bool money(const char *text, int64_t *ret_nano)
{
	return !text || (!decimal_to_nano(span_str(text), ret_nano) && *ret_nano >= 0);
}

/* NULL, or what is wrong with it. */
static const char *parse_own(const struct rule_text *t, struct gpu_rule *r)
{
	int64_t bought = -1, years = -1;

	if (!money(t->bought, &bought) || !money(t->years, &years) || bought < 0 || years <= 0)
		return "needs both: 'bought-for: 31000, years: 4'";
	r->hour_nano = (int64_t)((__int128)bought * 1000000000 / years / YEAR_HOURS);
	r->kind = GPU_RATE_OWN;
	return NULL;
}

static const char *parse_price(const struct rule_text *t, struct gpu_rule *r)
{
	int ways = (t->hour != NULL) + (t->from != NULL) + (t->bought != NULL);

	if (ways != 1)
		return "has one price: usd-per-hour, from (a vendor's list), or bought-for and years";
	if (t->bought)
		return parse_own(t, r);
	if (!money(t->hour, &r->hour_nano))
		return "costs dollars: 'usd-per-hour: 2.95'";
	if (t->from && !span__copy(span_str(t->from), r->from, sizeof(r->from)))
		return "is from a vendor of the list: see 'wiretally gpu --prices'";
	return NULL;
}

static const char *parse_rule(const struct rule_text *t, struct gpu_rule *r)
{
	int kind = t->kind ? gpu_rate_kind(span_str(t->kind)) : GPU_RATE_ON_DEMAND;
	int64_t gpus = 0, interruptions = -1;
	const char *wrong;

	if (!span__copy(span_str(t->gpu ? t->gpu : "*"), r->gpu, sizeof(r->gpu)))
		return "has a pattern that is longer than any GPU's name";
	if (kind < 0)
		return "is of a kind: on_demand, reserved, spot, own";
	r->kind = (uint8_t)kind;
	wrong = parse_price(t, r);
	if (wrong)
		return wrong;
	if (!money(t->gpus, &gpus) || gpus % 1000000000 || gpus > 1024 * 1000000000ll)
		return "is of so many GPUs: 'gpus: 8'";
	if (!money(t->spot, &r->spot_nano) || !money(t->interruptions, &interruptions))
		return "has figures for spot: 'spot-usd-per-hour: 1.20, interruptions-per-day: 0.5'";
	if (!money(t->kwh, &r->kwh_nano))
		return "costs dollars for what it draws: 'usd-per-kwh: 0.21'";
	r->gpus = (uint32_t)(gpus / 1000000000);
	r->interrupts_milli = interruptions < 0 ? -1 : interruptions / 1000000;
	return NULL;
}

static void load_rule(const struct config_rules *l, const yaml_node_t *n, struct gpu_rates *r)
{
	struct gpu_rule rule = {
		.hour_nano = -1, .spot_nano = -1, .interrupts_milli = -1, .kwh_nano = -1
	};
	struct rule_text t = { NULL };
	const char *wrong;

	if (n->type != YAML_MAPPING_NODE) {
		l->complain(l->ctx, n, "a GPU's price is a mapping: gpu, usd-per-hour", NULL);
		return;
	}
	for (const yaml_node_pair_t *i = n->data.mapping.pairs.start; i < n->data.mapping.pairs.top;
	     i++)
		if (!load_part(l, config_node(l, i->key), config_node(l, i->value), &t))
			return;
	wrong = r->count == GPU_RULES_MAX ? "is one more than there can be" : parse_rule(&t, &rule);
	if (wrong) {
		l->complain(l->ctx, n, wrong, "gpu-prices");
		return;
	}
	rule.line = (uint32_t)n->start_mark.line + 1;
	r->rules[r->count++] = rule;
}

void config_gpu_load(const struct config_rules *l, const yaml_node_t *key, const yaml_node_t *n,
		     struct gpu_rates *r)
{
	if (n->type != YAML_SEQUENCE_NODE) {
		l->complain(l->ctx, key, "is a list: '- {gpu: \"*H100*\", usd-per-hour: 2.95}'",
			    "gpu-prices");
		return;
	}
	for (const yaml_node_item_t *i = n->data.sequence.items.start;
	     i < n->data.sequence.items.top; i++)
		load_rule(l, config_node(l, *i), r);
}

const struct gpu_rates *gpu_rates_of(const struct options *o)
{
	return o->settings ? &o->settings->gpu : NULL;
}
