/* SPDX-License-Identifier: BSD-2-Clause */
/* kept: the meter's ledger, as options say what of it is kept, and for which sinks. */
#ifndef WT_CMD_KEPT_H
#define WT_CMD_KEPT_H

#include "cmd/meter.h"

struct flights;
struct ledger;

/* Opens it for writing. Returns 0 or -errno, told on stderr. */
int kept_open(const struct meter_opts *m, struct ledger **ret_ledger);
/* Calls under way, if they are others than were told before. Returns 0 or -errno. */
int kept_flights(struct ledger *l, struct flights *f);

#endif
