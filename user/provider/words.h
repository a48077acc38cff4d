/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words: what a text is made of, counted as it passes: words, figures, marks, letters of other
 * scripts. Tokenizers cut there first and have common words whole, so that each has its number of
 * tokens for them (tokenizer.h), and this is nearer than bytes are.
 */
#ifndef WT_PROVIDER_WORDS_H
#define WT_PROVIDER_WORDS_H

#include <stdint.h>

#include "span.h"

/* A run is as many of one kind as stand together. */
enum words_part {
	WORDS_WORD,	/* runs of lower case letters */
	WORDS_LONG,	/* their letters beyond the sixth */
	WORDS_CAPITAL,	/* runs of capitals */
	WORDS_CAPITALS, /* those of more than one */
	WORDS_FIGURE,	/* runs of digits */
	WORDS_DIGIT,	/* their digits beyond the first */
	WORDS_THREE,	/* their threes beyond the first */
	WORDS_APART,	/* those behind one blank */
	WORDS_MARK,	/* runs of marks */
	WORDS_MARKS,	/* marks in them beyond the first */
	WORDS_BLANKS,	/* runs of more than one: one goes with the word behind it */
	WORDS_LINES,	/* runs of line ends */
	WORDS_LATIN,	/* letters with accents */
	WORDS_GREEK,	/* runs of Greek letters */
	WORDS_CYRILLIC, /* runs of Cyrillic ones */
	WORDS_SEMITIC,	/* Hebrew and Arabic letters */
	WORDS_INDIC,	/* characters of India's and Thailand's scripts */
	WORDS_KANA,
	WORDS_HAN,
	WORDS_HANGUL,
	WORDS_SIGN,    /* other characters of three bytes: quotes, dashes, arrows */
	WORDS_PICTURE, /* of four bytes */
	WORDS_PARTS
};

/* All zero: a text begins. */
struct words {
	uint32_t n[WORDS_PARTS]; /* of the runs that have ended; thousands of streams have them */
	uint32_t run;		 /* how long the present one is; 0: there is none */
	uint8_t kind;		 /* of the present run */
};

/* The next piece of the text, in UTF-8, that stands for weight times as much. */
void words__add(struct words *w, struct span text, uint32_t weight);
/* The same of a text as it stands in JSON, up to its closing quote. False: there is none of it. */
bool words__add_json(struct words *w, struct span json, uint32_t weight);
/* The text has ended; another may follow, whose parts are added. */
void words__end(struct words *w, uint32_t weight);
bool words__any(const struct words *w);

#endif
