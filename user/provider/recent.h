/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recent: the calls that were told last, for what comes behind them and refers to them: the same
 * request once more, after the first failed; an upload that says what an answer's figures were. Of
 * texts only hashes are held, and none of them leaves.
 */
#ifndef WT_PROVIDER_RECENT_H
#define WT_PROVIDER_RECENT_H

#include "base/share.h"
#include "base/text_hash.h"
#include "upload.h"

/*
 * Calls that are held, of all processes; an upload comes within seconds, a retry within a minute.
 * Of whoever has most the oldest makes room (share.h).
 */
#define RECENT_MAX 1024
/* Longer ago than this nothing is the same call: SDKs wait a minute at most before a retry. */
#define RECENT_NS (600ull * 1000000000)

struct recent {
	struct recent_call {
		struct shared shared;
		uint64_t number; /* later ones have higher ones; 0: none */
		struct call_key key;
		uint64_t end;
		uint64_t response;	    /* of the response's id; 0: not told */
		uint64_t served, requested; /* of the models' names */
		int64_t input, output;	    /* tokens, all kinds; -1: not told */
		bool failed;
	} calls[RECENT_MAX + 1];
	uint64_t asked[RECENT_MAX + 1];	   /* of each */
	uint8_t asked_low[RECENT_MAX + 1]; /* of that one byte: all are looked through for one */
	struct recent_call *spare;	   /* in which the next one is put */
	struct share share;
	uint64_t numbers;
};

void recent__init(struct recent *r);
void recent__fini(struct recent *r);

/*
 * Which request it is: equal ones have equal numbers. So many bytes of one tell whether it is the
 * same again: with its length they do for a conversation too, which grows at its end.
 */
#define ASKED_MAX 65536

struct asked {
	struct text_hash text; /* of the path, then the body */
	uint32_t left;	       /* bytes until it is long enough */
};

void asked__begin(struct asked *a, struct span path);
void asked__feed(struct asked *a, struct span bytes);
/* length: of the whole request. 0: not known. */
uint64_t asked__end(const struct asked *a, uint64_t length);

/* "x-stainless-retry-count: 1", of OpenAI's and Anthropic's SDKs and all that Stainless makes. */
uint32_t retry_count(const struct exchange *x);

/* asked: a hash of the request that equal ones have; 0: not known. */
void recent__add(struct recent *r, const struct call *c, uint64_t asked);
/* The last call of the same process with the same request, if it failed; NULL: none. */
const struct call_key *recent__failed(const struct recent *r, const struct exchange *x,
				      uint64_t asked);
/* Sets what call the upload is about, if it is held. */
void recent__match(const struct recent *r, struct upload *u);

#endif
