/* SPDX-License-Identifier: BSD-2-Clause */
/* config_budgets: the budgets of a configuration file, and of --budget. */
#ifndef WT_CMD_CONFIG_BUDGETS_H
#define WT_CMD_CONFIG_BUDGETS_H

#include "cmd/config_rules.h"
#include "detect/budget.h"

struct detect;
struct ledger_view;
struct options;

/* Reads a list of budgets. */
void config_budgets_load(const struct config_rules *l, const yaml_node_t *key, const yaml_node_t *n,
			 struct budgets *b);
/* Those of --budget, else of the configuration; borrowed from o. */
const struct budgets *budgets_of(const struct options *o);
/* Tells the stage what the ledger has of the budgets' present periods. Returns 0 or -errno. */
int budgets_past(struct detect *d, const struct budgets *b, struct ledger_view *v, int64_t now_ns);

#endif
