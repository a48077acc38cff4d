/* SPDX-License-Identifier: BSD-2-Clause */
/* calls: rows of calls, as `trace --json` writes them, through the detectors again. */
#ifndef WT_CMD_CALLS_H
#define WT_CMD_CALLS_H

#include <stdio.h>

struct detect;

/*
 * Feeds each call of the file, one JSON object a line (include/call.schema.json), in its order;
 * what is about no call is passed over. Returns the exit status, after it told on stderr what is
 * wrong.
 */
int calls_replay(FILE *in, const char *name, struct detect *d);

#endif
