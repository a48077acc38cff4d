/* SPDX-License-Identifier: BSD-2-Clause */
/* keyed: hashes that say "the same as before" and nothing else to who has not the key. */
#ifndef WT_BASE_KEYED_H
#define WT_BASE_KEYED_H

#include "span.h"

#define KEYED_BYTES 32
/* Hex digits of a hash that is told: 64 bits, no two of a million keys meet. */
#define KEYED_DIGITS 16

/*
 * Writes the hash of s as lower-case hex digits and a NUL; cap is sizeof(dst), and an even number
 * of digits that fits is written, 64 at most. Hashes for another purpose are other hashes.
 */
void keyed_hex(const uint8_t key[KEYED_BYTES], const char *purpose, struct span s, char *dst,
	       size_t cap);
/* The same of a number, as one. */
uint64_t keyed_number(const uint8_t key[KEYED_BYTES], const char *purpose, uint64_t n);

#endif
