/* SPDX-License-Identifier: BSD-2-Clause */
/* config_act: what the configuration says is to be done about findings. */
#ifndef WT_CMD_CONFIG_ACT_H
#define WT_CMD_CONFIG_ACT_H

#include "act/act.h"
#include "cmd/config_rules.h"

/* Reads a mapping: enforce, at-most, protect, rules. */
void config_act_load(const struct config_rules *l, const yaml_node_t *key, const yaml_node_t *n,
		     struct act_settings *s);

#endif
