/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * likeness: what tells that a request asks the same as another one, long after both are gone: keyed
 * hashes that say "the same as before" and nothing else to who has not the key, and the few
 * settings that decide whether the same answer would have done.
 */
#ifndef WT_LIKENESS_H
#define WT_LIKENESS_H

#include <stdint.h>

/* Bits of a hash that is kept: of a million different ones some two hundred are like another. */
#define LIKENESS_BITS 31
/* A limit of so many tokens is meant. */
#define LIKENESS_SHORT_TOKENS 32
/* Hashes of the texts of one request for embeddings that are kept: few requests have more. */
#define LIKENESS_INPUTS 31

/*
 * Of many texts those are kept whose hash ends with `level` zeros, so that of each request the same
 * ones are: one stands for 2^level of them.
 */
struct likeness_inputs {
	uint32_t count; /* all there were */
	uint8_t level, kept;
	uint32_t hash[LIKENESS_INPUTS];
};

enum likeness_trait {
	LIKENESS_JSON = 1 << 0,	  /* the answer is to be JSON, or of a schema */
	LIKENESS_MEDIA = 1 << 1,  /* the request holds pictures, sound or files */
	LIKENESS_REASON = 1 << 2, /* the model is told to reason */
	LIKENESS_SHORT = 1 << 3,  /* max_tokens is so low that a cut answer is meant: one word */
	LIKENESS_WARM = 1 << 4,	  /* a temperature above 0: another answer may be wanted */
	LIKENESS_HOT = 1 << 5,	  /* above 1: variety is */
};

struct likeness {
	uint64_t request; /* of all that decides about the answer; 0: not known */
	struct likeness_inputs inputs;
	uint32_t traits; /* enum likeness_trait */
};

#endif
