/* SPDX-License-Identifier: BSD-2-Clause */
/* tagging: takes out of a request, as it passes, what it says of its owner: tags.def. */
#ifndef WT_PROVIDER_TAGGING_H
#define WT_PROVIDER_TAGGING_H

#include "base/json.h"
#include "exchange.h"
#include "tags.h"

/* Other headers, which rules of the configuration ask for. */
#define TAGS_WANTED_MAX 32

/* What is asked for beside the table, and the key for values that are told hashed alone. */
struct tagging {
	const uint8_t *key;    /* KEYED_BYTES; NULL: nothing is fingerprinted */
	const uint8_t *before; /* the key before this one, while fleets change it; NULL: none */
	const char *key_id, *before_id;
	bool last4;			     /* the last characters of API keys are told */
	const char *wanted[TAGS_WANTED_MAX]; /* names of headers, lower case */
	size_t wanted_count;
};

/* Each returns false when a tag found no room. */
bool tags__take_request(struct tags *t, const struct tagging *o, const struct head *h);
bool tags__take_response(struct tags *t, const struct tagging *o, const struct head *h);
/* A value of the request's body. */
bool tags__take_value(struct tags *t, const struct tagging *o, const struct json_value *v);
/* False: no value of the body at this path is one. */
bool tags_at(struct span path);
/* field: as in struct tag. */
bool tags__add(struct tags *t, uint8_t field, uint8_t rank, struct span origin, struct span value);
void tags__free(struct tags *t);

#endif
