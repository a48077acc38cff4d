// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "price/price.h"

int price_multiply(int64_t units, int64_t price, int64_t *ret_nano)
{
	const __int128 million = 1000000;
	__int128 product = (__int128)units * price;
	__int128 nano = product / million, rest = product % million;

	/* Half to even: over many calls, rounding neither adds nor takes. */
	if (rest < 0) {
		nano--;
		rest += million;
	}
	if (rest * 2 > million || (rest * 2 == million && (nano & 1)))
		nano++;
	if (nano > INT64_MAX || nano < INT64_MIN)
		return -ERANGE;
	*ret_nano = (int64_t)nano;
	return 0;
}
