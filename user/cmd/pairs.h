/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pairs: the raw bytes of one connection in two files, NAME.req and NAME.resp, as any proxy or test
 * recorder leaves them.
 */
#ifndef WT_CMD_PAIRS_H
#define WT_CMD_PAIRS_H

#include "pipeline.h"

/* Feeds one pair. Returns 0, or 1 when a file could not be read: said on stderr. */
int pairs_replay(struct pipeline *p, const char *req, const char *resp);
/* Feeds every pair below the folder, by name. Returns 0, or 1 when one could not be read. */
int pairs_replay_folder(struct pipeline *p, const char *folder);

#endif
