/* SPDX-License-Identifier: BSD-2-Clause */
/* since: points in time as people write them. */
#ifndef WT_CMD_SINCE_H
#define WT_CMD_SINCE_H

#include <stdint.h>

/* What to say to who gave another. */
#define SINCE_FORMS "30m, 24h, 7d, today, yesterday, month, 2026-11-24 or all"

/*
 * "30m", "24h", "7d", "2w" before now; "today", "yesterday", "month": since its first instant in
 * the local time zone; "2026-11-24", "2026-11-24T09:00": that instant in it; "all". ns since the
 * Unix epoch. Returns 0 or -EINVAL.
 */
int since_parse(const char *text, int64_t now_ns, int64_t *ret_ns);

#endif
