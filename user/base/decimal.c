// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>

#include "base/decimal.h"

/* Digits behind the point that a nano-unit has. */
#define NANO_DIGITS 9

int decimal_to_nano(struct span text, int64_t *ret_nano)
{
	int64_t nano = 0;
	int decimals = -1; /* digits behind the point; -1: none yet */
	bool digits = false;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == '.' && decimals < 0) {
			decimals = 0;
			continue;
		}
		if (c < '0' || c > '9')
			return -EBADMSG;
		digits = true;
		if (decimals == NANO_DIGITS) {
			if (c != '0')
				return -ERANGE; /* finer than a nano-dollar */
			continue;
		}
		if (__builtin_mul_overflow(nano, 10, &nano) ||
		    __builtin_add_overflow(nano, c - '0', &nano))
			return -ERANGE;
		decimals += decimals >= 0;
	}
	if (!digits)
		return -EBADMSG;
	for (int i = decimals < 0 ? 0 : decimals; i < NANO_DIGITS; i++)
		if (__builtin_mul_overflow(nano, 10, &nano))
			return -ERANGE;
	*ret_nano = nano;
	return 0;
}

void decimal_from_nano(int64_t nano, char *dst, size_t cap)
{
	uint64_t abs = nano < 0 ? 0 - (uint64_t)nano : (uint64_t)nano;
	int n = snprintf(dst, cap, "%s%llu.%09llu", nano < 0 ? "-" : "",
			 (unsigned long long)(abs / 1000000000u),
			 (unsigned long long)(abs % 1000000000u));

	/* "0.018750000" -> "0.01875", "1.000000000" -> "1.0" */
	while (n > 2 && (size_t)n < cap && dst[n - 1] == '0' && dst[n - 2] != '.')
		dst[--n] = '\0';
}
