/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * estimate: tokens from texts, for calls whose provider told no figure: a stream without
 * include_usage, one that was broken off. What a call is estimated at comes from calls of the same
 * model on this host that told their figures, and only without those from constants.
 */
#ifndef WT_PROVIDER_ESTIMATE_H
#define WT_PROVIDER_ESTIMATE_H

#include "call.h"
#include "provider/estimate_text.h"

/*
 * Models that are learnt at once, with tools and without: in sets, where the next one takes the
 * place of the one that taught longest ago.
 */
#define ESTIMATE_SETS 128
#define ESTIMATE_WAYS 4

/* A straight line through what was likely and what was told, old calls weighing less. */
struct estimate_line {
	double n, x, xx, y, xy;
};

struct estimate {
	struct estimate_model {
		uint64_t key; /* of provider and model, and whether it has tools; 0: free */
		struct estimate_line in, out;
	} models[ESTIMATE_SETS][ESTIMATE_WAYS]; /* who taught last comes first */
};

/*
 * A call that told its figures teaches. beyond: tokens of what its request holds beside text; -1:
 * not known.
 */
void estimate__learn(struct estimate *e, const struct call *c, const struct estimate_text *t,
		     int64_t beyond);
/*
 * Fills what is missing of the call's usage, input and output, and marks it USAGE_ESTIMATED.
 * Neither is more than the bytes that passed, but for what a provider is known to put around a
 * request, and pictures, which cost what their size says; output is no more than the request
 * allowed, and none where an answer was broken off before any of it came. Leaves unknown what
 * nothing is known of: the input of a request with sound in it.
 */
void estimate__fill(const struct estimate *e, struct call *c, const struct estimate_text *t,
		    int64_t beyond);

#endif
