/* SPDX-License-Identifier: BSD-2-Clause */
/* config_detect: what the configuration, and --detect, say of detectors. */
#ifndef WT_CMD_CONFIG_DETECT_H
#define WT_CMD_CONFIG_DETECT_H

#include "cmd/config_rules.h"
#include "detect/settings.h"

struct options;

/* Reads a mapping of detectors: each is on, off, or a mapping of its settings. */
void config_detect_load(const struct config_rules *l, const yaml_node_t *key, const yaml_node_t *n,
			struct detect_settings *s);
/* Takes "runaway.depth=3,runaway.steps=0". Returns NULL, or what is wrong with it. */
const char *detect_parse(struct detect_settings *s, const char *list);
/* What holds: the defaults, over them the configuration, over it --detect. */
struct detect_settings detect_settings_of(const struct options *o);

#endif
