// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include <time.h>

#include "detect/period.h"

#define SECOND_NS 1000000000ll

static const char *const names[PERIODS] = { "hour", "day", "week", "month", "run" };

int period_of(const char *name)
{
	for (int i = 0; i < PERIODS; i++)
		if (!strcmp(name, names[i]))
			return i;
	return -1;
}

const char *period_name(int period)
{
	return names[period];
}

static int64_t instant(struct tm tm)
{
	tm.tm_sec = tm.tm_min = 0;
	tm.tm_isdst = -1; /* mktime knows */
	return (int64_t)mktime(&tm) * SECOND_NS;
}

void period_at(int period, int64_t wall_ns, int64_t *ret_start, int64_t *ret_end)
{
	time_t at = (time_t)(wall_ns / SECOND_NS);
	struct tm tm, next;

	*ret_start = INT64_MIN;
	*ret_end = INT64_MAX;
	localtime_r(&at, &tm);
	if (period == PERIOD_HOUR) {
		/* An hour that comes twice, in autumn, is two. */
		*ret_start = (int64_t)(at - tm.tm_min * 60 - tm.tm_sec) * SECOND_NS;
		*ret_end = *ret_start + 3600 * SECOND_NS;
		return;
	}
	if (period == PERIOD_RUN)
		return;
	tm.tm_hour = 0;
	if (period == PERIOD_WEEK)
		tm.tm_mday -= (tm.tm_wday + 6) % 7;
	if (period == PERIOD_MONTH)
		tm.tm_mday = 1;
	next = tm;
	if (period == PERIOD_MONTH)
		next.tm_mon++;
	else
		next.tm_mday += period == PERIOD_WEEK ? 7 : 1;
	*ret_start = instant(tm);
	*ret_end = instant(next);
}
