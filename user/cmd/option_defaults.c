// SPDX-License-Identifier: BSD-2-Clause
/* What stands where nothing was given. */
#include "cmd/options.h"

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
