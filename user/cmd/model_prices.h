/* SPDX-License-Identifier: BSD-2-Clause */
/* model_prices: what a model costs, for the audit and the router: list is a struct price_list. */
#ifndef WT_CMD_MODEL_PRICES_H
#define WT_CMD_MODEL_PRICES_H

#include "audit/audit.h"

bool model_prices(void *list, const char *provider, const char *model,
		  struct audit_prices *ret_prices);

#endif
