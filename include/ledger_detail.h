/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger_detail: calls of a ledger one by one, with what an audit goes by: some million are read in
 * seconds. ledger_view.h opens it.
 */
#ifndef WT_LEDGER_DETAIL_H
#define WT_LEDGER_DETAIL_H

#include "ledger_view.h"
#include "likeness.h"

/*
 * Names are the same pointer wherever they are the same text, and live until the view is closed; ""
 * for none. Numbers are -1 where they are not known.
 */
struct ledger_detail {
	const char *provider, *api, *operation, *model, *requested, *service, *feature;
	const char *result, *finish, *tier, *link, *charge_role, *usage_source, *basis;
	/* model: the served one, or the one that was asked for. */
	uint8_t id[16];
	/* 0: none, or not known. */
	uint64_t run, parent_run, request, prefix, response;
	uint64_t follows, retry_of, holds;	/* the first half of the other call's id */
	const char *held_provider, *held_model; /* of the call that is held */
	int64_t start_ns, end_ns;		/* since the Unix epoch */
	int64_t input, cache_read, cache_write, output, reasoning; /* input: what no cache had */
	int64_t nano_usd;					   /* -1: it has no price */
	bool subscription;					   /* a flat fee pays for it */
	bool implausible;					   /* its figures can't be true */
	int64_t step, tool_calls; /* tool_calls: -1: no tools are offered */
	int64_t messages, pid;	  /* messages: 7 at most; of a step behind others not known */
	uint32_t traits;	  /* enum likeness_trait */
	int64_t prefix_tokens, prefix_age_ns; /* of what was sent before, and no cache read */
	struct likeness_inputs inputs;	      /* count 0: none */
};

typedef void (*ledger_detail_fn)(void *ctx, const struct ledger_detail *d);

/*
 * The calls that ended in [q->since_ns, q->until_ns) and fit its conditions, by their ends; without
 * those that are counted at another leg. Returns 0, -EINVAL for a dimension that there is not,
 * -EPROTO for a ledger of an older version, or -errno.
 */
int ledger_view__details(struct ledger_view *v, const struct ledger_query *q, ledger_detail_fn fn,
			 void *ctx);

#endif
