/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shingles: hashes of some runs of words of a text, chosen by what they are: who quotes the text
 * has the same ones, whatever stands before and behind. Only letters and digits of ASCII count, so
 * that it is all one how a text is quoted, wrapped and escaped; a text without any is not found.
 */
#ifndef WT_PROVIDER_SHINGLES_H
#define WT_PROVIDER_SHINGLES_H

#include "span.h"

/* Words of a run: fewer are said by many. */
#define SHINGLE_WORDS 8
/* One run in so many is chosen. */
#define SHINGLE_EACH 8
/* Of so many bytes; what is quoted in a longer prompt is not looked for: that is no judge's. */
#define SHINGLE_BYTES 16384

/* All zero: nothing was said. */
struct shingles {
	uint32_t word; /* that is passing; 0: none */
	uint32_t last[SHINGLE_WORDS];
	uint32_t words; /* of the text so far */
	uint32_t bytes; /* of all texts */
	uint32_t *hash; /* those that are kept */
	uint32_t count; /* all that were chosen */
	uint16_t room;
};

/* Of more than `most` the last ones are kept, in any order. */
void shingles__add(struct shingles *s, struct span text, uint16_t most);
/* The same of a string as it stands in JSON, up to its closing quote; `most` first ones are kept.
 */
void shingles__add_json(struct shingles *s, struct span text, uint16_t most);
/* The text is over; another one begins. */
void shingles__end(struct shingles *s, uint16_t most);
uint32_t shingles__kept(const struct shingles *s);
void shingles__free(struct shingles *s);

#endif
