// SPDX-License-Identifier: BSD-2-Clause
/*
 * The same answer in two processes at a time: a proxy's and its caller's, both of which have a
 * price. One of them is paid to the provider.
 */
#include "audit/leak.h"

struct answer {
	struct remembered remembered;
	int64_t start_ns, end_ns, pid, output, told;
};

static int init(void *state)
{
	memory__init(state, sizeof(struct answer), HOUR_NS, NULL, NULL);
	return 0;
}

static void fini(void *state)
{
	memory__fini(state);
}

/* Ids of answers come again where somebody plays them: both are of one time, and alike. */
static bool is_same(const struct answer *a, const struct ledger_detail *d)
{
	return a->pid != d->pid && a->output == d->output && a->end_ns >= d->start_ns &&
	       a->start_ns <= d->end_ns;
}

static void on_call(void *state, struct leak *l, const struct ledger_detail *d)
{
	int64_t paid = detail__paid(d);
	struct answer *a;

	if (!d->response || !paid || d->pid <= 0)
		return;
	a = memory__get(state, d->response, d->end_ns);
	if (a && !a->told && is_same(a, d)) {
		a->told = 1;
		leak__add(l, d, paid, 0, paid, NULL);
		return;
	}
	a = memory__put(state, d->response, d->end_ns);
	if (!a) {
		leak__no_room(l);
		return;
	}
	a->start_ns = d->start_ns;
	a->end_ns = d->end_ns;
	a->pid = d->pid;
	a->output = d->output;
	a->told = 0;
}

const struct leak_ops leak_twice = {
	.name = "twice",
	.title = "one answer, counted at two hops",
	.fix = "show the meter the proxy's other side (model-ports), or leave it out of budgets",
	.assumes =
		"the caller's and the proxy's call are one; at best each is charged by somebody else",
	.state_size = sizeof(struct memory),
	.init = init,
	.fini = fini,
	.on_call = on_call,
};
