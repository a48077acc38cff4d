// SPDX-License-Identifier: BSD-2-Clause
/* Requests that were refused when their prompt had been worked on, and is charged. */
#include "audit/leak.h"

static void on_call(void *state, struct leak *l, const struct ledger_detail *d)
{
	int64_t paid = detail__paid(d);

	if (paid && (!strcmp(d->result, "refused") || !strcmp(d->result, "error")))
		leak__add(l, d, paid, 0, paid, NULL);
}

const struct leak_ops leak_refused = {
	.name = "refused",
	.title = "refused, and charged all the same",
	.fix = "look at what the filter finds before it is sent; shorten what takes too long",
	.assumes =
		"the provider charges for the prompt, as its page says it may; at best it does not",
	.on_call = on_call,
};
