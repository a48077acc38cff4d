/* SPDX-License-Identifier: BSD-2-Clause */
/* The hash of a text that comes in pieces, eight bytes at a time; the same however it is cut. */
#ifndef WT_BASE_TEXT_HASH_H
#define WT_BASE_TEXT_HASH_H

#include <endian.h>
#include <string.h>

#include "base/hash.h"

/* All zero: no text. */
struct text_hash {
	uint64_t h, len, word; /* word: the len % 8 bytes that fill no word yet */
};

static inline uint64_t text_hash_mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 32;
}

static inline void text_hash__add(struct text_hash *t, const uint8_t *p, size_t n)
{
	while (n && t->len % 8) {
		t->word |= (uint64_t)*p++ << 8 * (t->len++ % 8);
		n--;
		if (t->len % 8 == 0) {
			t->h = text_hash_mix(t->h, t->word);
			t->word = 0;
		}
	}
	t->len += n;
	for (; n >= 8; n -= 8, p += 8) {
		uint64_t word;

		memcpy(&word, p, 8);
		t->h = text_hash_mix(t->h, le64toh(word));
	}
	for (size_t i = 0; i < n; i++)
		t->word |= (uint64_t)p[i] << 8 * i;
}

/* The hash, 0 of no text; the next text begins. */
static inline uint64_t text_hash__end(struct text_hash *t)
{
	uint64_t h = text_hash_mix(text_hash_mix(t->h, t->word), t->len);
	uint64_t ret = t->len ? h | !h : 0;

	*t = (struct text_hash){ 0 };
	return ret;
}

#endif
