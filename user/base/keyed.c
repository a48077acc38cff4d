// SPDX-License-Identifier: BSD-2-Clause
#include <sodium/crypto_generichash.h>

#include "base/keyed.h"

_Static_assert(KEYED_BYTES == crypto_generichash_KEYBYTES, "BLAKE2b's key");

void keyed_hex(const uint8_t key[KEYED_BYTES], const char *purpose, struct span s, char *dst,
	       size_t cap)
{
	static const char digits[] = "0123456789abcdef";
	crypto_generichash_state state;
	uint8_t hash[32];
	size_t n = (cap - 1) / 2 < sizeof(hash) ? (cap - 1) / 2 : sizeof(hash);

	crypto_generichash_init(&state, key, KEYED_BYTES, sizeof(hash));
	crypto_generichash_update(&state, (const uint8_t *)purpose, strlen(purpose) + 1);
	if (s.n)
		crypto_generichash_update(&state, s.p, s.n);
	crypto_generichash_final(&state, hash, sizeof(hash));
	for (size_t i = 0; i < n; i++) {
		dst[2 * i] = digits[hash[i] >> 4];
		dst[2 * i + 1] = digits[hash[i] & 15];
	}
	dst[2 * n] = '\0';
}
