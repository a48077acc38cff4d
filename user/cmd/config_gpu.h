/* SPDX-License-Identifier: BSD-2-Clause */
/* config_gpu: what GPUs cost, of a configuration file. */
#ifndef WT_CMD_CONFIG_GPU_H
#define WT_CMD_CONFIG_GPU_H

#include "cmd/config_rules.h"
#include "gpu/rates.h"

struct options;

/* Reads the list gpu-prices. */
void config_gpu_load(const struct config_rules *l, const yaml_node_t *key, const yaml_node_t *n,
		     struct gpu_rates *r);
/* Those of the configuration; NULL: there are none. Borrowed from o. */
const struct gpu_rates *gpu_rates_of(const struct options *o);

#endif
