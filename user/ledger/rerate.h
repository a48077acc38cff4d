/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rerate: prices for calls that were written without one. What was written stays as it is: a price
 * that is found later is a row of its own (corrections), beside the call, and a report adds it. A
 * call that had a price keeps it, whatever lists say now.
 */
#ifndef WT_LEDGER_RERATE_H
#define WT_LEDGER_RERATE_H

#include "charge.h"

struct rerate_opts {
	int64_t since_ns; /* calls that ended then or later, since the Unix epoch */
	int64_t now_ns;
	bool dry; /* nothing is written, and no lock taken */
	/* Prices a call, as far as a row tells it; its texts are borrowed. */
	void (*charge)(void *ctx, const struct call *c, int64_t when_ns, struct charge *ret_charge);
	void *ctx;
};

struct rerate_result {
	int64_t looked_at, priced, nano_usd;
};

/*
 * Beside a meter that may be writing: some hundred corrections a transaction. Those that were
 * written before a failure stay, and are no calls without a price the next time. A dry run only
 * reads, also of a ledger that is not migrated yet. Calls that have no price on purpose get none:
 * what is charged at another leg, what a subscription pays, what can't be true, what is known by
 * sizes. Returns 0, or -errno with one sentence in err.
 */
int ledger_rerate(const char *path, const struct rerate_opts *o, struct rerate_result *ret_result,
		  char *err, size_t err_cap);

#endif
