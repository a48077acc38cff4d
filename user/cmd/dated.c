// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/dated.h"

void dated__line(struct dated *d, int64_t wall_ns)
{
	time_t at = (time_t)(wall_ns / 1000000000);
	char day[sizeof(d->day)];
	struct tm tm;

	localtime_r(&at, &tm);
	strftime(day, sizeof(day), "%A, %Y-%m-%d", &tm);
	if (strcmp(day, d->day))
		printf("%s%s\n", *d->day ? "\n" : "", day);
	memcpy(d->day, day, sizeof(day));
}
