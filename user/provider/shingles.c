// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "base/hash.h"
#include "provider/shingles.h"

#define ROOM_STEP 8

/* Without memory a quote is not found, and no figure is wrong. */
static void keep(struct shingles *s, uint32_t hash, uint16_t most)
{
	uint32_t *more;

	if (s->count >= s->room && s->room < most) {
		more = realloc(s->hash, (s->room + ROOM_STEP) * sizeof(*more));
		if (more) {
			s->hash = more;
			s->room += ROOM_STEP;
		}
	}
	if (s->room)
		s->hash[s->count++ % s->room] = hash;
}

static void word_end(struct shingles *s, uint16_t most)
{
	uint64_t h = HASH_SEED;

	if (!s->word)
		return;
	s->last[s->words++ % SHINGLE_WORDS] = s->word;
	s->word = 0;
	if (s->words < SHINGLE_WORDS)
		return;
	for (uint32_t i = 0; i < SHINGLE_WORDS; i++) {
		h = (h ^ s->last[(s->words + i) % SHINGLE_WORDS]) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 29;
	}
	if (h % SHINGLE_EACH == 0)
		keep(s, (uint32_t)(h >> 32), most);
}

static void add(struct shingles *s, uint8_t c, uint16_t most)
{
	if (c >= 'A' && c <= 'Z')
		c |= 0x20;
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		s->word = ((s->word ? s->word : 0x811c9dc5u) ^ c) * 0x01000193u | 1;
	else
		word_end(s, most);
}

void shingles__add(struct shingles *s, struct span text, uint16_t most)
{
	if (s->bytes >= SHINGLE_BYTES)
		return;
	s->bytes += text.n < SHINGLE_BYTES ? (uint32_t)text.n : SHINGLE_BYTES;
	for (size_t i = 0; i < text.n; i++)
		add(s, text.p[i], most);
}

void shingles__add_json(struct shingles *s, struct span text, uint16_t most)
{
	for (size_t i = 0; i < text.n && text.p[i] != '"' && s->count < most; i++) {
		add(s, text.p[i], most);
		/* \n is no n, and \u2019 no word. */
		if (text.p[i] == '\\')
			i += i + 1 < text.n && text.p[i + 1] == 'u' ? 5 : 1;
	}
}

void shingles__end(struct shingles *s, uint16_t most)
{
	word_end(s, most);
	s->word = s->words = 0;
}

uint32_t shingles__kept(const struct shingles *s)
{
	return s->count < s->room ? s->count : s->room;
}

void shingles__free(struct shingles *s)
{
	free(s->hash);
	*s = (struct shingles){ .words = 0 };
}
