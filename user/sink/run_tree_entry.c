// SPDX-License-Identifier: BSD-2-Clause
#include "sink/run_tree.h"

/* All input, cached or not, or all output; -1: nothing of it is known. */
static int64_t tokens(const struct usage *u, bool output)
{
	int64_t sum = -1;

	for (int i = 0; i < USAGE_CLASSES && usage_is_tokens(i); i++) {
		if ((i >= USAGE_OUTPUT) != output || !usage__knows(u, i))
			continue;
		if (__builtin_add_overflow(sum < 0 ? 0 : sum, u->n[i], &sum))
			return INT64_MAX;
	}
	return sum;
}

int run_tree__add_entry(struct run_tree *t, const struct entry *e)
{
	const struct run_link *l = e->link;
	const struct call *c = e->call;
	const struct exchange *x = c->x;

	if (!l || !l->run[0] || entry__is_passed_through(e))
		return 0;
	return run_tree__add(
		t,
		&(struct ledger_step){
			.id = e->id,
			.run = l->run,
			.parent_run = l->parent_run,
			.follows = l->parent_call,
			.link = run_how_name(l->how),
			.model = c->served_model[0] ? c->served_model : c->requested_model,
			.service = e->owner->value[OWNER_SERVICE].text,
			.result = call_result_name(c->result),
			.finish = c->finish_reason,
			.step = l->step,
			.depth = l->depth,
			.pid = e->owner->proc.tgid,
			.input = tokens(&c->use, false),
			.cache_read = usage__knows(&c->use, USAGE_CACHE_READ)
					      ? c->use.n[USAGE_CACHE_READ]
					      : -1,
			.output = tokens(&c->use, true),
			.nano_usd = e->charge->basis == CHARGE_UNKNOWN ? -1 : e->charge->total,
			.tool_calls = c->conversation ? c->conversation->calls.count : 0,
			.estimated = c->usage_source == USAGE_ESTIMATED,
			.start_ns = e->wall_end_ns - (int64_t)(exchange__end_ns(x) - x->t_request),
			.end_ns = e->wall_end_ns });
}
