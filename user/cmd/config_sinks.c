// SPDX-License-Identifier: BSD-2-Clause
#include "cmd/config_sinks.h"

static void complain(const struct config_rules *l, const yaml_node_t *at, const char *what)
{
	l->complain(l->ctx, at, what, "sinks");
}

/* The URL comes first, wherever it stands: settings are the sink's. NULL: it was told why not. */
static struct sink *add_sink(const struct config_rules *l, const yaml_node_t *n, struct sinks *s)
{
	const yaml_node_pair_t *end = n->data.mapping.pairs.top;
	struct sink *sink = NULL;

	for (const yaml_node_pair_t *i = n->data.mapping.pairs.start; i < end; i++) {
		const yaml_node_t *value = yaml_document_get_node(l->doc, i->value);
		const char *key = config_text(yaml_document_get_node(l->doc, i->key));
		const char *url = config_text(value), *wrong;

		if (!key || strcmp(key, "to"))
			continue;
		wrong = url ? sinks__add(s, url, &sink) : "has a 'to' that is no URL";
		if (wrong)
			complain(l, value, wrong);
		return sink;
	}
	complain(l, n, "has one without 'to: URL'");
	return NULL;
}

static void load_sink(const struct config_rules *l, const yaml_node_t *n, struct sinks *s)
{
	struct sink *sink;
	const char *wrong;

	if (n->type != YAML_MAPPING_NODE) {
		complain(l, n, "has one that is no mapping: '- to: URL'");
		return;
	}
	sink = add_sink(l, n, s);
	if (!sink)
		return;
	for (const yaml_node_pair_t *i = n->data.mapping.pairs.start; i < n->data.mapping.pairs.top;
	     i++) {
		const yaml_node_t *at = yaml_document_get_node(l->doc, i->key);
		const char *key = config_text(at),
			   *value = config_text(yaml_document_get_node(l->doc, i->value));

		if (key && !strcmp(key, "to"))
			continue;
		wrong = key && value ? sinks__set(s, sink, key, value)
				     : "has a setting without one value";
		if (wrong)
			complain(l, at, wrong);
	}
	wrong = sinks__check(s);
	if (wrong)
		complain(l, n, wrong);
}

void config_sinks_load(const struct config_rules *l, const yaml_node_t *list, struct sinks *s)
{
	if (list->type != YAML_SEQUENCE_NODE) {
		complain(l, list, "is a list: '- to: URL'");
		return;
	}
	for (const yaml_node_item_t *i = list->data.sequence.items.start;
	     i < list->data.sequence.items.top; i++)
		load_sink(l, yaml_document_get_node(l->doc, *i), s);
}
