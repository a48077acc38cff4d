// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "cmd/config.h"
#include "cmd/config_detect.h"
#include "cmd/options.h"

static void load_detector(const struct config_rules *l, const yaml_node_t *key,
			  const yaml_node_t *n, struct detect_settings *s)
{
	const char *detector = config_text(key), *text = config_text(n), *wrong = NULL;

	if (detector && text)
		wrong = detect_settings__set(s, detector, NULL, text);
	if (!detector || (!text && n->type != YAML_MAPPING_NODE))
		wrong = "is on, off or a mapping of settings: 'runaway: {depth: 3}'";
	if (wrong || text) {
		if (wrong)
			l->complain(l->ctx, key, wrong, detector);
		return;
	}
	for (const yaml_node_pair_t *i = n->data.mapping.pairs.start; i < n->data.mapping.pairs.top;
	     i++) {
		const char *name = config_text(config_node(l, i->key)),
			   *value = config_text(config_node(l, i->value));

		wrong = "has one value";
		if (name && value)
			wrong = detect_settings__set(s, detector, name, value);
		if (wrong)
			l->complain(l->ctx, config_node(l, i->key), wrong, name);
	}
}

void config_detect_load(const struct config_rules *l, const yaml_node_t *key, const yaml_node_t *n,
			struct detect_settings *s)
{
	if (n->type != YAML_MAPPING_NODE) {
		l->complain(l->ctx, key, "is a mapping of detectors: 'runaway: {depth: 3}'",
			    "detect");
		return;
	}
	for (const yaml_node_pair_t *i = n->data.mapping.pairs.start; i < n->data.mapping.pairs.top;
	     i++)
		load_detector(l, config_node(l, i->key), config_node(l, i->value), s);
}

const char *detect_parse(struct detect_settings *s, const char *list)
{
	char *copy = strdup(list), *rest = copy;
	const char *wrong = copy ? NULL : "there is no memory for it";

	for (char *one; !wrong && (one = strsep(&rest, ","));)
		wrong = detect_settings__set_text(s, one);
	free(copy);
	return wrong;
}

struct detect_settings detect_settings_of(const struct options *o)
{
	struct detect_settings s;

	detect_settings__init(&s);
	if (o->settings)
		s = o->settings->detect;
	if (o->detect)
		detect_parse(&s, o->detect); /* it was read before, as an option */
	return s;
}
