// SPDX-License-Identifier: BSD-2-Clause
#include <endian.h>
#include <sodium/crypto_generichash.h>

#include "base/keyed.h"

_Static_assert(KEYED_BYTES == crypto_generichash_KEYBYTES, "BLAKE2b's key");

static void keyed(const uint8_t key[KEYED_BYTES], const char *purpose, struct span s,
		  uint8_t ret_hash[32])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, key, KEYED_BYTES, 32);
	crypto_generichash_update(&state, (const uint8_t *)purpose, strlen(purpose) + 1);
	if (s.n)
		crypto_generichash_update(&state, s.p, s.n);
	crypto_generichash_final(&state, ret_hash, 32);
}

void keyed_hex(const uint8_t key[KEYED_BYTES], const char *purpose, struct span s, char *dst,
	       size_t cap)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hash[32];
	size_t n = (cap - 1) / 2 < sizeof(hash) ? (cap - 1) / 2 : sizeof(hash);

	keyed(key, purpose, s, hash);
	for (size_t i = 0; i < n; i++) {
		dst[2 * i] = digits[hash[i] >> 4];
		dst[2 * i + 1] = digits[hash[i] & 15];
	}
	dst[2 * n] = '\0';
}

uint64_t keyed_number(const uint8_t key[KEYED_BYTES], const char *purpose, uint64_t n)
{
	uint64_t bytes = htole64(n), number;
	uint8_t hash[32];

	keyed(key, purpose, span_of(&bytes, sizeof(bytes)), hash);
	memcpy(&number, hash, sizeof(number));
	return le64toh(number);
}
