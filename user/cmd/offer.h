/* SPDX-License-Identifier: BSD-2-Clause */
/* offer: what the meter has seen as rows for sinks, into the ledger, if a sink wants them. */
#ifndef WT_CMD_OFFER_H
#define WT_CMD_OFFER_H

#include "cmd/courier.h"
#include "ledger/ledger.h"

/*
 * To be called right before it is added to the ledger itself. l and c may be NULL. Returns 0 or
 * -errno: it is counted then.
 */
int offer_call(struct ledger *l, const struct courier *c, const struct entry *e);
int offer_finding(struct ledger *l, const struct courier *c, const struct finding *f);
int offer_action(struct ledger *l, const struct courier *c, const struct action *a);

#endif
