// SPDX-License-Identifier: BSD-2-Clause
/* Easy requests that a dear model answers. */
#include "audit/sibling.h"

struct overkill {
	int64_t paid, there;
};

static void on_call(void *state, struct leak *l, const struct ledger_detail *d)
{
	struct overkill *o = state;
	int64_t paid = detail__paid(d), there;
	const char *small;

	if (!paid || audit_class(d) != AUDIT_TRIVIAL || !sibling__price(l, d, &small, &there))
		return;
	o->paid += paid;
	o->there += there;
	leak__add(l, d, paid - there, paid - there - paid / SIBLING_ASKED_AGAIN, paid - there,
		  small);
}

static void on_end(void *state, struct leak *l)
{
	const struct overkill *o = state;

	leak__figure(l, "paid", AUDIT_NANO_USD, o->paid);
	leak__figure(l, "at the small model", AUDIT_NANO_USD, o->there);
}

const struct leak_ops leak_overkill = {
	.name = "overkill",
	.title = "easy requests at a dear model",
	.fix = "send them to the small model beside it; try it on a sample of yours first",
	.assumes =
		"as many tokens there; at worst one in 5 is asked again of the dear one. Whether "
		"its answers are as good is not known",
	.between = "to",
	.state_size = sizeof(struct overkill),
	.on_call = on_call,
	.on_end = on_end,
};
