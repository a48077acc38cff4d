/* SPDX-License-Identifier: BSD-2-Clause */
/* The value of a hex digit, which isxdigit(3) said it is. */
#ifndef WT_BASE_HEX_H
#define WT_BASE_HEX_H

#include <stdint.h>

static inline unsigned int hex_value(uint8_t c)
{
	return c <= '9' ? c - (unsigned int)'0' : (c | 32u) - 'a' + 10;
}

#endif
