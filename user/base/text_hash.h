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

/* A part of a word, n < 8, without a loop: most pieces end in one. */
static inline uint64_t text_hash_part(const uint8_t *p, size_t n)
{
	uint32_t front, back;

	if (n >= 4) {
		memcpy(&front, p, 4);
		memcpy(&back, p + n - 4, 4);
		return le32toh(front) | (uint64_t)le32toh(back) << 8 * (n - 4);
	}
	return n ? p[0] | (uint64_t)p[n / 2] << 8 * (n / 2) | (uint64_t)p[n - 1] << 8 * (n - 1) : 0;
}

static inline void text_hash__add(struct text_hash *t, const uint8_t *p, size_t n)
{
	size_t at = t->len % 8, fill = 8 - at < n ? 8 - at : n;

	if (at && fill) {
		t->word |= text_hash_part(p, fill) << 8 * at;
		t->len += fill;
		p += fill;
		n -= fill;
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
	if (n)
		t->word |= text_hash_part(p, n);
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
