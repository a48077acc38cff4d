// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ledger/local.h"

static struct tm local(int64_t ns)
{
	time_t s = (time_t)(ns / 1000000000);
	struct tm tm = { .tm_year = 70, .tm_mday = 1 };

	localtime_r(&s, &tm);
	return tm;
}

static void local_hour(sqlite3_context *c, int count, sqlite3_value **values)
{
	struct tm tm = local(sqlite3_value_int64(values[0]));
	long minutes = labs(tm.tm_gmtoff) / 60;
	char text[48], offset[16] = "Z";
	size_t n = strftime(text, sizeof(text), "%Y-%m-%dT%H:00", &tm);

	if (minutes)
		snprintf(offset, sizeof(offset), "%c%02ld:%02ld", tm.tm_gmtoff < 0 ? '-' : '+',
			 minutes / 60 % 100, minutes % 60);
	snprintf(text + n, sizeof(text) - n, "%s", offset);
	sqlite3_result_text(c, text, -1, SQLITE_TRANSIENT);
}

static void local_day(sqlite3_context *c, int count, sqlite3_value **values)
{
	struct tm tm = local(sqlite3_value_int64(values[0]));
	char text[32];

	strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	sqlite3_result_text(c, text, -1, SQLITE_TRANSIENT);
}

int ledger_local_create(sqlite3 *db)
{
	int rc = sqlite3_create_function_v2(db, "local_hour", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
					    NULL, local_hour, NULL, NULL, NULL);

	return rc == SQLITE_OK ? sqlite3_create_function_v2(db, "local_day", 1,
							    SQLITE_UTF8 | SQLITE_DETERMINISTIC,
							    NULL, local_day, NULL, NULL, NULL)
			       : rc;
}

/* Zones change by season: each month is looked at. Calls are younger than 2020, and will be. */
#define FIRST_NS (50ll * 365 * 86400 * 1000000000)
#define LAST_NS	 (80ll * 365 * 86400 * 1000000000)
#define MONTH_NS (28ll * 86400 * 1000000000)

bool ledger_local_fits(int64_t since_ns, int64_t until_ns, int64_t unit_ns)
{
	int64_t at = since_ns > FIRST_NS ? since_ns : FIRST_NS;
	int64_t end = until_ns < LAST_NS ? until_ns : LAST_NS;

	for (; at < end; at += MONTH_NS)
		if (local(at).tm_gmtoff % (unit_ns / 1000000000))
			return false;
	return local(end).tm_gmtoff % (unit_ns / 1000000000) == 0;
}
