// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "cmd/model_prices.h"
#include "price/catalogue.h"

static int64_t price_in(const struct price_match *m, int slot)
{
	const struct price_row *row = m->base ? m->base : m->row;
	int64_t price;

	if (!(row->known & (1u << slot)))
		return -1;
	/* A discount is in 10^-4 percent. */
	price = row->price[slot];
	return m->base ? (int64_t)((__int128)price * (DISCOUNT_ALL - m->row->discount) /
				   DISCOUNT_ALL)
		       : price;
}

/* As a call of the model would be priced now, without a step or a tier. */
bool model_prices(void *list, const char *provider, const char *model,
		  struct audit_prices *ret_prices)
{
	struct call c = { .provider = provider, .operation = "chat", .use.reasoning = -1 };
	struct price_match m;

	snprintf(c.served_model, sizeof(c.served_model), "%s", model);
	m = price_list__match(list, &c, 0);
	if (!m.row || (m.row->discount >= 0 && !m.base))
		return false;
	*ret_prices = (struct audit_prices){ .input = price_in(&m, USAGE_INPUT),
					     .cache_read = price_in(&m, USAGE_CACHE_READ),
					     .cache_write = price_in(&m, USAGE_CACHE_WRITE_5M),
					     .output = price_in(&m, USAGE_OUTPUT) };
	return ret_prices->input >= 0;
}
