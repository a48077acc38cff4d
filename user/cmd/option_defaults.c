// SPDX-License-Identifier: BSD-2-Clause
/* What options hold, and what stands where nothing was given. */
#include <stdlib.h>

#include "cmd/config.h"
#include "cmd/options.h"
#include "sink/sinks.h"

const char *options__config(const struct options *o)
{
	return o->config ? o->config : CONFIG_DEFAULT;
}

const char *options__own_prices(const struct options *o)
{
	return o->own_prices ? o->own_prices : OWN_PRICES_DEFAULT;
}

const char *options__ledger(const struct options *o)
{
	return o->ledger ? o->ledger : LEDGER_DEFAULT;
}

void options__fini(struct options *o)
{
	config__free(o->settings);
	free(o->price_rows);
	sinks__free(o->sinks);
	o->sinks = NULL;
	if (o->budgets)
		budgets__fini(o->budgets);
	free(o->budgets);
	o->budgets = NULL;
	o->settings = NULL;
	o->price_rows = NULL;
}
