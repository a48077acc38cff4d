// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "cmd/config_rules.h"

bool config_conditions_load(const struct config_rules *l, const yaml_node_t *key,
			    const yaml_node_t *when, const struct condition_room *room)
{
	if (when->type != YAML_MAPPING_NODE) {
		l->complain(l->ctx, key, "is a mapping: 'when: {service: web*}'", "when");
		return false;
	}
	for (const yaml_node_pair_t *i = when->data.mapping.pairs.start;
	     i < when->data.mapping.pairs.top; i++) {
		const char *name = config_text(config_node(l, i->key)),
			   *pattern = config_text(config_node(l, i->value));
		bool full = *room->count == room->max;

		if (!name || !pattern || full) {
			l->complain(l->ctx, config_node(l, i->key),
				    full ? room->full : "has no text to compare with", name);
			return false;
		}
		room->at[(*room->count)++] = (struct condition){ name, pattern };
	}
	return true;
}

static bool load_part(const struct config_rules *l, const yaml_node_t *key,
		      const yaml_node_t *value, struct rule_def *d)
{
	const char *name = config_text(key), *text = config_text(value);

	if (name && !strcmp(name, "when"))
		return config_conditions_load(
			l, key, value,
			&(struct condition_room){ d->when, &d->when_count, RULE_WHEN_MAX,
						  "is a condition more than a rule can have" });
	if (name && text && !strcmp(name, "set"))
		d->set = text;
	else if (name && text && !strcmp(name, "to"))
		d->to = text;
	else if (name && text && !strcmp(name, "from"))
		d->from = text;
	else {
		l->complain(l->ctx, key, "is nothing that a rule has: set, to, from, when", name);
		return false;
	}
	return true;
}

static void load_rule(const struct config_rules *l, const yaml_node_t *n, struct rules *r)
{
	const char *file = strrchr(l->path, '/'), *wrong, *name;
	struct rule_def d = { .when_count = 0 };
	char where[OWNER_TEXT_MAX];

	if (n->type != YAML_MAPPING_NODE) {
		l->complain(l->ctx, n, "a rule is a mapping: set, to or from, when", NULL);
		return;
	}
	for (const yaml_node_pair_t *i = n->data.mapping.pairs.start; i < n->data.mapping.pairs.top;
	     i++)
		if (!load_part(l, config_node(l, i->key), config_node(l, i->value), &d))
			return;
	snprintf(where, sizeof(where), "%.100s:%zu", file ? file + 1 : l->path,
		 n->start_mark.line + 1);
	d.where = where;
	wrong = rules__add(r, &d, &name);
	if (wrong)
		l->complain(l->ctx, n, wrong, name);
}

void config_rules_load(const struct config_rules *l, const yaml_node_t *list, struct rules *r)
{
	if (list->type != YAML_SEQUENCE_NODE) {
		l->complain(l->ctx, list, "is a list: '- set: feature'", "rules");
		return;
	}
	for (const yaml_node_item_t *i = list->data.sequence.items.start;
	     i < list->data.sequence.items.top; i++)
		load_rule(l, config_node(l, *i), r);
}
