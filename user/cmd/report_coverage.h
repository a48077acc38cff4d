/* SPDX-License-Identifier: BSD-2-Clause */
/* report_coverage: how much of the truth a report is. */
#ifndef WT_CMD_REPORT_COVERAGE_H
#define WT_CMD_REPORT_COVERAGE_H

#include "ledger_view.h"

/*
 * What is told otherwise than it was asked for, as calls are kept for a time only; and last, in one
 * line, how many of the bytes have an exact price, an estimated one and none, and why.
 */
void report_known__print(const struct ledger_query *asked, const struct ledger_known *k);
void report_coverage__print(struct ledger_view *v, const struct ledger_sum *total);

#endif
