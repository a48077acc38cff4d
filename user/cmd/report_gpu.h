/* SPDX-License-Identifier: BSD-2-Clause */
/* report_gpu: what GPUs of this host cost, beside what calls do. */
#ifndef WT_CMD_REPORT_GPU_H
#define WT_CMD_REPORT_GPU_H

#include "ledger_view.h"

/* A line for a person, where there are any: what is in no call's row is in no other line. */
void report_gpu__print(struct ledger_view *v, const struct ledger_query *q);

#endif
