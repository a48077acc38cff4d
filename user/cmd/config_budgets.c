// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "cmd/config.h"
#include "cmd/config_budgets.h"
#include "cmd/options.h"

static bool load_part(const struct config_rules *l, const yaml_node_t *key,
		      const yaml_node_t *value, struct budget_def *d)
{
	const struct {
		const char *name, **text;
	} parts[] = { { "name", &d->name }, { "limit", &d->limit }, { "per", &d->per },
		      { "each", &d->each }, { "alert", &d->alert }, { "mode", &d->mode } };
	const char *name = config_text(key), *text = config_text(value);

	if (name && !strcmp(name, "when"))
		return config_conditions_load(
			l, key, value,
			&(struct condition_room){ d->when, &d->when_count, BUDGET_WHEN_MAX,
						  "is a condition more than a budget can have" });
	for (size_t i = 0; name && text && i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(name, parts[i].name)) {
			*parts[i].text = text;
			return true;
		}
	l->complain(l->ctx, key,
		    "is nothing that a budget has: name, limit, per, when, each, alert, mode",
		    name);
	return false;
}

static void load_budget(const struct config_rules *l, const yaml_node_t *n, struct budgets *b)
{
	struct budget_def d = { .name = NULL };
	const char *wrong, *name;

	if (n->type != YAML_MAPPING_NODE) {
		l->complain(l->ctx, n, "a budget is a mapping: limit, per, when, each", NULL);
		return;
	}
	for (const yaml_node_pair_t *i = n->data.mapping.pairs.start; i < n->data.mapping.pairs.top;
	     i++)
		if (!load_part(l, config_node(l, i->key), config_node(l, i->value), &d))
			return;
	wrong = budgets__add(b, &d, &name);
	if (wrong)
		l->complain(l->ctx, n, wrong, name);
}

void config_budgets_load(const struct config_rules *l, const yaml_node_t *key, const yaml_node_t *n,
			 struct budgets *b)
{
	if (n->type != YAML_SEQUENCE_NODE) {
		l->complain(l->ctx, key, "is a list: '- limit: 2000 USD'", "budgets");
		return;
	}
	for (const yaml_node_item_t *i = n->data.sequence.items.start;
	     i < n->data.sequence.items.top; i++)
		load_budget(l, config_node(l, *i), b);
}

const struct budgets *budgets_of(const struct options *o)
{
	static const struct budgets none;

	if (o->budgets)
		return o->budgets;
	return o->settings ? &o->settings->budgets : &none;
}
