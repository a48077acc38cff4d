/* SPDX-License-Identifier: BSD-2-Clause */
/* period: hours, days, weeks and months of the local time zone, as finance counts them. */
#ifndef WT_DETECT_PERIOD_H
#define WT_DETECT_PERIOD_H

#include <stdint.h>

enum period { PERIOD_HOUR, PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH, PERIOD_RUN, PERIODS };

/* "month"; -1: it is none. */
int period_of(const char *name);
const char *period_name(int period);
/*
 * The one that holds that instant, both ends in ns since the Unix epoch, the second one not in it.
 * Weeks begin on Monday (ISO 8601). A day has 23 or 25 hours at times. A run has no ends: INT64_MIN
 * and INT64_MAX.
 */
void period_at(int period, int64_t wall_ns, int64_t *ret_start, int64_t *ret_end);

#endif
