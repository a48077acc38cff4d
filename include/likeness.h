/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * likeness: what tells that a request asks the same as another one, long after both are gone: keyed
 * hashes that say "the same as before" and nothing else to who has not the key, and the few
 * settings that decide whether the same answer would have done.
 */
#ifndef WT_LIKENESS_H
#define WT_LIKENESS_H

#include <stdint.h>

/* Bits of a hash that is kept: of a million different ones no two meet, but one time in 500. */
#define LIKENESS_BITS 48
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

enum likeness_form {
	LIKENESS_JSON = 1 << 0,	  /* the answer is to be JSON, or of a schema */
	LIKENESS_MEDIA = 1 << 1,  /* the request holds pictures, sound or files */
	LIKENESS_REASON = 1 << 2, /* the model is told to reason */
};

struct likeness {
	uint64_t request; /* of all that decides about the answer; 0: not known */
	struct likeness_inputs inputs;
	int32_t temperature; /* in thousandths; -1: not in the request */
	uint32_t form;	     /* enum likeness_form */
};

#endif
