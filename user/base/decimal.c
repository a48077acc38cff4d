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

/* "e-07" at the end of a number; 0 where there is none. Cut off from *text. */
static int take_exponent(struct span *text, int *ret_exponent)
{
	size_t e = 0;
	int sign = 1, value = 0;

	while (e < text->n && (text->p[e] | 0x20) != 'e')
		e++;
	*ret_exponent = 0;
	if (e == text->n)
		return 0;
	for (size_t i = e + 1; i < text->n; i++) {
		uint8_t c = text->p[i];

		if (i == e + 1 && (c == '-' || c == '+'))
			sign = c == '-' ? -1 : 1;
		else if (c >= '0' && c <= '9' && value < 1000)
			value = value * 10 + c - '0';
		else
			return -EBADMSG;
	}
	text->n = e;
	*ret_exponent = sign * value;
	return 0;
}

int decimal_to_nano_near(struct span text, int64_t *ret_nano)
{
	return decimal_to_nano_shifted(text, 0, ret_nano, NULL);
}

int decimal_to_nano_shifted(struct span text, int places, int64_t *ret_nano, bool *ret_exact)
{
	int64_t nano = 0;
	int exponent, place, half = 0; /* half: the part cut off, 0 none, 1 less, 2 one, 3 more */
	bool digits = false, point = false;

	if (take_exponent(&text, &exponent))
		return -EBADMSG;
	/* The place of the next digit, counted from a nano-unit up. */
	place = exponent + places + NANO_DIGITS - 1;
	for (size_t i = 0; i < text.n && text.p[i] != '.'; i++)
		place++;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == '.' && !point) {
			point = true;
			continue;
		}
		if (c < '0' || c > '9')
			return -EBADMSG;
		digits = true;
		if (place >= 0 && (__builtin_mul_overflow(nano, 10, &nano) ||
				   __builtin_add_overflow(nano, c - '0', &nano)))
			return -ERANGE;
		if (place == -1)
			half = c == '0' ? 0 : c < '5' ? 1 : c == '5' ? 2 : 3;
		else if (place < -1 && c != '0' && !(half & 1))
			half++;
		place--;
	}
	if (!digits)
		return -EBADMSG;
	for (; place >= 0 && nano; place--)
		if (__builtin_mul_overflow(nano, 10, &nano))
			return -ERANGE;
	if (ret_exact)
		*ret_exact = !half;
	*ret_nano = nano + (half == 3 || (half == 2 && (nano & 1)));
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
