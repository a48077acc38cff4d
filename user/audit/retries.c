// SPDX-License-Identifier: BSD-2-Clause
/* Answers that broke off or failed, were paid, and asked for again: the first try was for nothing.
 */
#include "audit/later.h"

static int init(void *state)
{
	later__init_quiet(state);
	return 0;
}

static void fini(void *state)
{
	later__fini(state);
}

static void on_call(void *state, struct leak *l, const struct ledger_detail *d)
{
	struct later_call *first = d->retry_of ? later__get(state, d->retry_of, d->end_ns) : NULL;

	if (first && !first->settled) {
		first->settled = 1;
		leak__add_late(l, &first->call, first->call.nano_usd, first->call.nano_usd,
			       first->call.nano_usd);
	}
	if (detail__paid(d) && strcmp(d->result, "ok") != 0)
		later__put(state, l, d);
}

const struct leak_ops leak_retries = {
	.name = "retries",
	.title = "tries that were paid, and made again",
	.fix = "a longer timeout than the longest answer takes, or a stream; a retry that goes on from it",
	.assumes = "the try before a retry was of no use",
	.state_size = sizeof(struct later),
	.init = init,
	.fini = fini,
	.on_call = on_call,
};
