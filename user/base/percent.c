// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>

#include "base/hex.h"
#include "base/percent.h"

struct span percent_decode(struct span s, char *dst, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n < cap; i++) {
		if (s.p[i] == '%' && s.n - i > 2 && isxdigit(s.p[i + 1]) && isxdigit(s.p[i + 2])) {
			dst[n++] = (char)(hex_value(s.p[i + 1]) << 4 | hex_value(s.p[i + 2]));
			i += 2;
		} else {
			dst[n++] = (char)s.p[i];
		}
	}
	return span_of(dst, n);
}
