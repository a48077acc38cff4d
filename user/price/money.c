// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "price/catalogue.h"

/* Half to even: over many calls, rounding neither adds nor takes. */
static int round_half_even(__int128 product, __int128 by, int64_t *ret_nano)
{
	__int128 nano = product / by, rest = product % by;

	if (rest < 0) {
		nano--;
		rest += by;
	}
	if (rest * 2 > by || (rest * 2 == by && (nano & 1)))
		nano++;
	if (nano > INT64_MAX || nano < INT64_MIN)
		return -ERANGE;
	*ret_nano = (int64_t)nano;
	return 0;
}

int price_multiply(int64_t units, int64_t price, int64_t *ret_nano)
{
	return round_half_even((__int128)units * price, 1000000, ret_nano);
}

int price_discounted(int64_t units, int64_t price, int32_t discount, int64_t *ret_nano)
{
	__int128 product = (__int128)units * price;

	if (__builtin_mul_overflow(product, (__int128)(DISCOUNT_ALL - discount), &product))
		return -ERANGE;
	return round_half_even(product, (__int128)1000000 * DISCOUNT_ALL, ret_nano);
}
