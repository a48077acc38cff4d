/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * estimate: tokens from bytes, for calls whose provider told no figure: a stream without
 * include_usage, one that was broken off. What a call is estimated at comes from calls of the same
 * model on this host that told their figures, and only without those from constants.
 */
#ifndef WT_PROVIDER_ESTIMATE_H
#define WT_PROVIDER_ESTIMATE_H

#include "base/json.h"
#include "call.h"

/* Models that are learnt at once; the next one takes the place of another. */
#define ESTIMATE_MODELS 256

struct estimate {
	struct estimate_model {
		uint64_t key; /* of provider and model; 0: free */
		/* Of calls that told their figures; likely: what they would have been estimated at.
		 */
		uint64_t likely_in, input_tokens, likely_out, output_tokens;
	} models[ESTIMATE_MODELS];
};

/* What text of the call there was so far, counted as it passes. All zero: none. */
struct estimate_text {
	uint64_t bytes, wide; /* bytes of ASCII, characters beyond it */
	uint64_t json;	      /* bytes of arguments of tools */
	uint64_t calls;	      /* of tools */
	uint64_t request;     /* bytes of the request's strings */
	uint64_t values;      /* how many it has, of any kind */
	uint64_t tools;	      /* that it offers */
	uint32_t events;      /* that may have been a piece of the answer */
	uint8_t group;	      /* which keys the text is under; 0: not known yet */
	uint8_t key;	      /* of them the one that had the last text */
};

/* A value of the request. Returns true when it is a picture, sound or file in itself. */
bool estimate_text__request(struct estimate_text *t, const struct json_value *v);
/* One event, that may be a piece of an answer. */
void estimate_text__add(struct estimate_text *t, struct span json);
/* A call that told its figures teaches. media: its request holds more than text. */
void estimate__learn(struct estimate *e, const struct call *c, const struct estimate_text *t,
		     bool media);
/*
 * Fills what is missing of the call's usage, input and output, and marks it USAGE_ESTIMATED.
 * Neither is more than the bytes that passed, output no more than the request allowed, and none
 * where an answer was broken off before any of it came. Leaves unknown what nothing is known of:
 * the input of a request with pictures in it.
 */
void estimate__fill(const struct estimate *e, struct call *c, const struct estimate_text *t,
		    bool media);

#endif
