/* SPDX-License-Identifier: BSD-2-Clause */
/* unit_price: what a million units of a class cost, from a list that prices whole calls. */
#ifndef WT_CMD_UNIT_PRICE_H
#define WT_CMD_UNIT_PRICE_H

#include "base/table.h"
#include "call.h"
#include "price/price.h"

struct unit_prices {
	struct price_list *list;
	struct table known; /* what was asked before */
};

/* As reconcile's price: prices is a struct unit_prices. */
bool unit_price(void *prices, const char *provider, const char *model, bool batch,
		enum usage_class c, int64_t when_s, int64_t *ret_nano);
/* Frees the list, too. */
void unit_prices__fini(struct unit_prices *p);

#endif
