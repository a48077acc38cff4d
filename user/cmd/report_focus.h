/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_focus: sums as a cost and usage data set of FOCUS 1.2, for allocation: who spent what a
 * provider bills elsewhere. What is computed here is EffectiveCost and ListCost; BilledCost is 0,
 * since the provider's own invoice beside it would be counted twice, unless this is to be the bill.
 */
#ifndef WT_CMD_REPORT_FOCUS_H
#define WT_CMD_REPORT_FOCUS_H

#include "ledger_view.h"

/* Owner tags of a row: what --by names beside hour and day. */
#define FOCUS_TAGS 4

struct focus_opts {
	int64_t since_ns, until_ns, now_ns;
	const char *tags[FOCUS_TAGS];
	size_t tag_count;
	bool hourly; /* charge periods are hours; else days of the local time zone */
	bool billed; /* no other bill is in the data: BilledCost is EffectiveCost */
	const struct ledger_query *where;
};

/* Writes it to stdout as CSV. Returns 0 or -errno. */
int report_focus(struct ledger_view *v, const struct focus_opts *o);

#endif
