// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "base/figure.h"

const char *figure_count(int64_t n, char *dst, size_t cap)
{
	static const char units[] = "kMGTP";
	double v = (double)n;
	int unit = -1;

	if (n < 10000) {
		snprintf(dst, cap, "%lld", (long long)n);
		return dst;
	}
	for (; v >= 999.5 && unit < 4; unit++)
		v /= 1000;
	snprintf(dst, cap, v < 99.95 ? "%.1f%c" : "%.0f%c", v, units[unit]);
	return dst;
}

const char *figure_age(int64_t ns, char *dst, size_t cap)
{
	int64_t s = ns / 1000000000;

	if (s < 100)
		snprintf(dst, cap, "%llds", (long long)s);
	else if (s < 100 * 60)
		snprintf(dst, cap, "%lldm", (long long)(s / 60));
	else if (s < 100 * 3600)
		snprintf(dst, cap, "%lldh", (long long)(s / 3600));
	else
		snprintf(dst, cap, "%lldd", (long long)(s / 86400));
	return dst;
}
