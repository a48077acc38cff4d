// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/config_act.h"

#define AT_MOST_MAX 1000 /* a minute: what is meant to stop a flood of actions should */

static const char *set_enforce(struct act_settings *s, const char *text)
{
	s->enforce = text && !strcasecmp(text, "true");
	return text && (s->enforce || !strcasecmp(text, "false")) ? NULL : "is true or false";
}

static const char *set_at_most(struct act_settings *s, const char *text)
{
	char *end = NULL;
	unsigned long n = text ? strtoul(text, &end, 10) : 0;

	if (!text || end == text || *end || !n || n > AT_MOST_MAX)
		return "is a number of actions a minute, 1 to 1000";
	s->per_minute = (uint32_t)n;
	return NULL;
}

static void load_protect(const struct config_rules *l, const yaml_node_t *key,
			 const yaml_node_t *list, struct act_settings *s)
{
	if (list->type != YAML_SEQUENCE_NODE) {
		l->complain(l->ctx, key, "is a list of executables' paths: '[/usr/bin/postgres]'",
			    "protect");
		return;
	}
	for (const yaml_node_item_t *i = list->data.sequence.items.start;
	     i < list->data.sequence.items.top; i++) {
		const char *path = config_text(config_node(l, *i));
		bool fits = path && *path && strlen(path) < sizeof(s->protect[0]);

		if (!fits || s->protect_count == ACT_PROTECT_MAX) {
			l->complain(l->ctx, config_node(l, *i),
				    fits ? "is one path more than can be protected"
					 : "is no path, or too long a one",
				    path);
			return;
		}
		memcpy(s->protect[s->protect_count++], path, strlen(path) + 1);
	}
}

static void load_rule(const struct config_rules *l, const yaml_node_t *n, struct act_settings *s)
{
	const char *file = strrchr(l->path, '/'), *wrong;
	struct act_rule r = { .verb = 0 };

	if (n->type != YAML_MAPPING_NODE || s->rule_count == ACT_RULES_MAX) {
		l->complain(l->ctx, n,
			    n->type != YAML_MAPPING_NODE
				    ? "such a rule is a mapping: on, severity, do, for, scope"
				    : "there are more such rules than there can be",
			    NULL);
		return;
	}
	for (const yaml_node_pair_t *i = n->data.mapping.pairs.start; i < n->data.mapping.pairs.top;
	     i++) {
		const char *name = config_text(config_node(l, i->key)),
			   *value = config_text(config_node(l, i->value));

		wrong = name && value ? act_rule__set(&r, name, value) : "has one value";
		if (wrong) {
			l->complain(l->ctx, config_node(l, i->key), wrong, name);
			return;
		}
	}
	snprintf(r.where, sizeof(r.where), "%.40s:%zu", file ? file + 1 : l->path,
		 n->start_mark.line + 1);
	wrong = act_rule__check(&r);
	if (wrong)
		l->complain(l->ctx, n, wrong, NULL);
	else
		s->rules[s->rule_count++] = r;
}

static void load_rules(const struct config_rules *l, const yaml_node_t *key,
		       const yaml_node_t *list, struct act_settings *s)
{
	if (list->type != YAML_SEQUENCE_NODE) {
		l->complain(l->ctx, key, "is a list: '- {on: runaway.*, do: cut, for: 10m}'",
			    "rules");
		return;
	}
	for (const yaml_node_item_t *i = list->data.sequence.items.start;
	     i < list->data.sequence.items.top; i++)
		load_rule(l, config_node(l, *i), s);
}

static void load_part(const struct config_rules *l, const yaml_node_t *key, const yaml_node_t *n,
		      struct act_settings *s)
{
	const char *name = config_text(key), *wrong;

	if (name && !strcmp(name, "rules")) {
		load_rules(l, key, n, s);
	} else if (name && !strcmp(name, "protect")) {
		load_protect(l, key, n, s);
	} else {
		wrong = name && !strcmp(name, "enforce")   ? set_enforce(s, config_text(n))
			: name && !strcmp(name, "at-most") ? set_at_most(s, config_text(n))
							   : "is nothing that actions have: "
							     "enforce, at-most, protect, rules";
		if (wrong)
			l->complain(l->ctx, key, wrong, name);
	}
}

void config_act_load(const struct config_rules *l, const yaml_node_t *key, const yaml_node_t *n,
		     struct act_settings *s)
{
	if (n->type != YAML_MAPPING_NODE) {
		l->complain(l->ctx, key, "is a mapping: enforce, at-most, protect, rules",
			    "actions");
		return;
	}
	for (const yaml_node_pair_t *i = n->data.mapping.pairs.start; i < n->data.mapping.pairs.top;
	     i++)
		load_part(l, config_node(l, i->key), config_node(l, i->value), s);
}
