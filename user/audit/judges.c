// SPDX-License-Identifier: BSD-2-Clause
/* Calls whose prompt holds another call's answer, and that judge it with a dearer model. */
#include "audit/sibling.h"

/* Tokens of a verdict; who says more goes on with the work. */
#define VERDICT_MAX 400
/* One in so many verdicts is asked again of the dear model, at worst. */
#define ASKED_AGAIN 5

struct judges {
	int64_t paid;
};

/* Whether an input token of one costs more than one of the other. */
static bool is_dearer(struct leak *l, const struct ledger_detail *d)
{
	struct audit_prices judge, judged;

	return leak__prices(l, d->provider, d->model, &judge) &&
	       leak__prices(l, d->held_provider, d->held_model, &judged) &&
	       judge.input > judged.input;
}

static void on_call(void *state, struct leak *l, const struct ledger_detail *d)
{
	struct judges *j = state;
	int64_t paid = detail__paid(d), there;
	const char *small;

	if (!d->holds || !*d->held_model || !paid || d->output < 0 || d->output > VERDICT_MAX ||
	    d->step > 1 || d->tool_calls > 0 || strcmp(d->result, "ok") != 0 || !is_dearer(l, d) ||
	    !sibling__price(l, d, &small, &there))
		return;
	j->paid += paid;
	leak__add(l, d, paid - there, paid - there - paid / ASKED_AGAIN, paid, d->held_model);
}

static void on_end(void *state, struct leak *l)
{
	const struct judges *j = state;

	leak__figure(l, "paid", AUDIT_NANO_USD, j->paid);
	leak__figure(l, "of all that was spent", AUDIT_PERMILLE, permille(j->paid, leak__spent(l)));
}

const struct leak_ops leak_judges = {
	.name = "judges",
	.title = "judges dearer than what they judge",
	.fix = "judge with the small model, or with rules; the dear one for a sample",
	.assumes =
		"as many tokens at the judge's small sibling; at worst one in 5 is judged again by "
		"the dear one, at best rules do it all",
	.between = "judges",
	.state_size = sizeof(struct judges),
	.on_call = on_call,
	.on_end = on_end,
};
