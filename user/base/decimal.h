/* SPDX-License-Identifier: BSD-2-Clause */
/* decimal: money between text and integers, exactly; never a double. */
#ifndef WT_BASE_DECIMAL_H
#define WT_BASE_DECIMAL_H

#include "span.h"

/*
 * "0.01875" -> 18750000 (10^-9 units). -EBADMSG when it is no decimal number, -ERANGE when it is
 * finer than 10^-9 or too large.
 */
int decimal_to_nano(struct span text, int64_t *ret_nano);
/*
 * The same of a number as JSON writes it, "1.4e-07", to the nearest 10^-9, half to even: what a
 * server tells may be finer than any price.
 */
int decimal_to_nano_near(struct span text, int64_t *ret_nano);
/*
 * The same of a number times 10^places: "2.5e-06" of a token is 2.5 of a million of them.
 * ret_exact: nothing was rounded; may be NULL.
 */
int decimal_to_nano_shifted(struct span text, int places, int64_t *ret_nano, bool *ret_exact);
/* 18750000 -> "0.01875": exact, no trailing zeros but one digit; cap >= 32. */
void decimal_from_nano(int64_t nano, char *dst, size_t cap);

#endif
