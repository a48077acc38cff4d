/* SPDX-License-Identifier: BSD-2-Clause */
/* where: which calls a command is about, as --where says it. */
#ifndef WT_CMD_WHERE_H
#define WT_CMD_WHERE_H

#include "ledger_view.h"

/*
 * "team=search,model=gpt-4o", cut up in place, and borrowed by q. Returns 0, or -EINVAL after it
 * told on stderr, as that command, what is wrong.
 */
int where_parse(char *text, struct ledger_query *q, const char *command);

#endif
