/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words: how many tokens a text may have, from the words, figures and marks that it is made of.
 * Tokenizers cut there first and have common words whole, so this is nearer than its bytes are. In
 * thousandths of a token of a common tokenizer: models differ by a factor (estimate.c).
 */
#ifndef WT_PROVIDER_WORDS_H
#define WT_PROVIDER_WORDS_H

#include <stdint.h>

#include "span.h"

/* All zero: a text begins. */
struct words {
	uint64_t milli; /* of the runs that have ended */
	uint64_t run;	/* bytes of the present one, all of one kind; 0: there is none */
	uint8_t kind;
};

/* The next piece of the text, in UTF-8. */
void words__add(struct words *w, struct span text);
/* The same of a text as it stands in JSON, up to its closing quote. False: there is none of it. */
bool words__add_json(struct words *w, struct span json);
/* Ends the text. Returns what it has, and is ready for another. */
uint64_t words__end(struct words *w);

#endif
