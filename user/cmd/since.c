// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/since.h"

#define SECOND_NS 1000000000ll

static int64_t unit_seconds(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 7 * 86400;
	default:
		return 0;
	}
}

static int64_t midnight(int64_t now_ns, int days_back, bool first_of_month)
{
	time_t now = (time_t)(now_ns / SECOND_NS);
	struct tm tm;

	localtime_r(&now, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday = first_of_month ? 1 : tm.tm_mday - days_back;
	tm.tm_isdst = -1; /* days have 23 or 25 hours at times: mktime knows */
	return (int64_t)mktime(&tm) * SECOND_NS;
}

static int parse_date(const char *text, int64_t *ret_ns)
{
	static const char *const formats[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M" };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm tm = { .tm_isdst = -1 };
		const char *end = strptime(text, formats[i], &tm);

		if (end && !*end) {
			*ret_ns = (int64_t)mktime(&tm) * SECOND_NS;
			return 0;
		}
	}
	return -EINVAL;
}

int since_parse(const char *text, int64_t now_ns, int64_t *ret_ns)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (!strcmp(text, "all")) {
		*ret_ns = INT64_MIN;
	} else if (!strcmp(text, "today")) {
		*ret_ns = midnight(now_ns, 0, false);
	} else if (!strcmp(text, "yesterday")) {
		*ret_ns = midnight(now_ns, 1, false);
	} else if (!strcmp(text, "month")) {
		*ret_ns = midnight(now_ns, 0, true);
	} else if (end != text && n >= 0 && n < 100000 && *end && !end[1] && unit_seconds(*end)) {
		*ret_ns = now_ns - n * unit_seconds(*end) * SECOND_NS;
	} else {
		return parse_date(text, ret_ns);
	}
	return 0;
}
