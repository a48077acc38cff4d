/* SPDX-License-Identifier: BSD-2-Clause */
/* The value of a hex digit, which isxdigit(3) said it is. */
#ifndef WT_BASE_HEX_H
#define WT_BASE_HEX_H

#include <stdint.h>

#include "span.h"

static inline unsigned int hex_value(uint8_t c)
{
	return c <= '9' ? c - (unsigned int)'0' : (c | 32u) - 'a' + 10;
}

/* The bytes as lower-case digits, NUL-terminated; dst has room for two of each, and one more. */
static inline void hex_text(struct span bytes, char *dst)
{
	for (size_t i = 0; i < bytes.n; i++) {
		*dst++ = "0123456789abcdef"[bytes.p[i] >> 4];
		*dst++ = "0123456789abcdef"[bytes.p[i] & 15];
	}
	*dst = '\0';
}

#endif
