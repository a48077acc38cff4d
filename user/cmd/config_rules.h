/* SPDX-License-Identifier: BSD-2-Clause */
/* config_rules: the rules of a configuration file, one node of its YAML each. */
#ifndef WT_CMD_CONFIG_RULES_H
#define WT_CMD_CONFIG_RULES_H

#include <yaml.h>

#include "attribute/rules.h"

struct config_rules {
	yaml_document_t *doc;
	const char *path; /* of the file */
	/* Told each mistake: where it is, what is wrong, the name it is about or NULL. */
	void (*complain)(void *ctx, const yaml_node_t *at, const char *what, const char *name);
	void *ctx;
};

/* Where conditions are put. */
struct condition_room {
	struct condition *at;
	size_t *count, max;
	const char *full; /* what is wrong with one more */
};

static inline const yaml_node_t *config_node(const struct config_rules *l, int number)
{
	return yaml_document_get_node(l->doc, number);
}

/* A scalar's text; NULL for anything else, or one that would end early. */
const char *config_text(const yaml_node_t *n);
/* Adds a mapping's conditions; false: a mistake was told. key: what the mapping is called by. */
bool config_conditions_load(const struct config_rules *l, const yaml_node_t *key,
			    const yaml_node_t *when, const struct condition_room *room);
/* Adds each rule of the list. */
void config_rules_load(const struct config_rules *l, const yaml_node_t *list, struct rules *r);

#endif
