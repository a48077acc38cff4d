/* SPDX-License-Identifier: BSD-2-Clause */
/* config_sinks: the sinks of a configuration file. */
#ifndef WT_CMD_CONFIG_SINKS_H
#define WT_CMD_CONFIG_SINKS_H

#include "cmd/config_rules.h"
#include "sink/sinks.h"

/* Adds each sink of the list: 'to' is its URL, each other key one of its settings. */
void config_sinks_load(const struct config_rules *l, const yaml_node_t *list, struct sinks *s);

#endif
