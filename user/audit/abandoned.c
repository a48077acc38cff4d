// SPDX-License-Identifier: BSD-2-Clause
/* Answers that nobody waited for the end of, and that were paid so far. */
#include "audit/later.h"

static int init(void *state)
{
	later__init(state, 0);
	return 0;
}

static void fini(void *state)
{
	later__fini(state);
}

static void on_call(void *state, struct leak *l, const struct ledger_detail *d)
{
	struct later_call *first = d->retry_of ? later__get(state, d->retry_of, d->end_ns) : NULL;

	if (first)
		first->settled = 1; /* that is a retry's leak */
	if (detail__paid(d) && !strcmp(d->result, "aborted"))
		later__put(state, l, d);
}

static void on_end(void *state, struct leak *l)
{
	later__end(state, l);
}

const struct leak_ops leak_abandoned = {
	.name = "abandoned",
	.title = "answers that were left before their end",
	.fix = "ask for what will be read: a lower max_tokens, and no call before it is wanted",
	.assumes = "what had come was of no use; at best it was read, and enough",
	.state_size = sizeof(struct later),
	.init = init,
	.fini = fini,
	.on_call = on_call,
	.on_end = on_end,
};
