/* SPDX-License-Identifier: BSD-2-Clause */
/* past: what the ledger knows of the time before, for detectors that go on where others ended. */
#ifndef WT_CMD_PAST_H
#define WT_CMD_PAST_H

#include <stdint.h>

struct budgets;
struct detect;
struct ledger;

/* As now_ns: all findings that there are; rows that are replayed are of any time. */
#define PAST_ALL INT64_MAX

/*
 * Tells the stage what was found and learnt, and what was spent of budgets in their present
 * periods. b: NULL: nobody asks for budgets. Returns 0 or -errno, told on stderr.
 */
int past_read(const char *ledger, struct detect *d, const struct budgets *b, int64_t now_ns);
/* Writes down what was learnt since this was called last. Returns 0 or -errno. */
int past_keep(struct ledger *l, struct detect *d);

#endif
