// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "base/json.h"

int json_int(struct span text, int64_t *ret_value)
{
	__int128 value = 0;
	int exponent = 0, point = 0;
	bool fraction = false, digits = false;
	size_t i = 0;

	for (; i < text.n && ((text.p[i] >= '0' && text.p[i] <= '9') || text.p[i] == '.'); i++) {
		if (text.p[i] == '.') {
			if (fraction)
				return -EBADMSG;
			fraction = true;
			continue;
		}
		digits = true;
		if (value > ((__int128)1 << 100))
			return -EBADMSG;
		value = value * 10 + (text.p[i] - '0');
		point -= fraction;
	}
	if (i < text.n && (text.p[i] | 0x20) == 'e') {
		bool negative = false;

		if (++i < text.n && (text.p[i] == '+' || text.p[i] == '-'))
			negative = text.p[i++] == '-';
		if (i == text.n)
			return -EBADMSG;
		for (; i < text.n && text.p[i] >= '0' && text.p[i] <= '9' && exponent < 1000; i++)
			exponent = exponent * 10 + (text.p[i] - '0');
		if (negative)
			exponent = -exponent;
	}
	if (i != text.n || !digits)
		return -EBADMSG;
	for (exponent += point; exponent < 0 && value; exponent++) {
		if (value % 10)
			return -EBADMSG;
		value /= 10;
	}
	for (; exponent > 0 && value; exponent--) {
		if (value > INT64_MAX)
			return -EBADMSG;
		value *= 10;
	}
	if (value > INT64_MAX)
		return -EBADMSG;
	*ret_value = (int64_t)value;
	return 0;
}
