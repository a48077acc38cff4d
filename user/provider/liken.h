/* SPDX-License-Identifier: BSD-2-Clause */
/* liken: makes a likeness (likeness.h) of a request's body while it passes. */
#ifndef WT_PROVIDER_LIKEN_H
#define WT_PROVIDER_LIKEN_H

#include "base/json.h"
#include "base/text_hash.h"
#include "likeness.h"

/* What a path is, for it: judged once, not value by value. */
struct liken_at {
	uint64_t path, front; /* hashes: of all of it, of its first key */
	uint32_t what;	      /* enum liken_what in liken.c */
};

struct liken {
	struct text_hash text; /* of the string that is passing */
	uint64_t sum;	       /* of the values so far, in whatever order */
	uint64_t front;	       /* of the first key of the path that passed last */
	uint32_t element;      /* elements of arrays that passed below that key */
	uint32_t inputs;       /* texts to be embedded */
	uint8_t level, kept;
	uint64_t *input; /* LIKENESS_INPUTS of them, see struct likeness_inputs; NULL: none */
	uint32_t traits;
};

/* path: the request's target, which names the API, and with some of them the model. */
void liken__begin(struct liken *l, struct span path);
/* A piece of a string of the body, then each value of it. */
void liken__piece(struct liken *l, struct span piece);
void liken__value(struct liken *l, const struct json_value *v, const struct liken_at *at);
struct liken_at liken_at(struct span path);
/* key: of keyed.h; NULL: there is none, and no hash is given away. */
void liken__end(const struct liken *l, const uint8_t *key, struct likeness *ret_likeness);
void liken__free(struct liken *l);

#endif
