/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notices: who takes notice of the values at a path. A request tells thousands of values at some
 * tens of paths, and of most of them nobody wants to know: a path is judged once, not value by
 * value.
 *
 *   "tools[].function.parameters.properties.city.type"  ->  who 0: nobody but the estimate
 */
#ifndef WT_PROVIDER_NOTICES_H
#define WT_PROVIDER_NOTICES_H

#include "provider/fields.h"
#include "provider/liken.h"

enum notice {
	NOTICE_FIELD = 1 << 0,	  /* fields__take() */
	NOTICE_PROMPTED = 1 << 1, /* plausible_note(), if nothing was asked before */
	NOTICE_OUTSIDE = 1 << 2,  /* plausible_note() */
	NOTICE_PROMPT = 1 << 3,	  /* prompt_note() */
	NOTICE_TAG = 1 << 4,	  /* tags__take_value() */
	NOTICE_SYSTEM = 1 << 5,	  /* system_prompt__note() */
};

/*
 * Paths that are held: of those that have one hash the two that were judged last. A power of two:
 * an agent's tools have some hundreds. Longer ones than these are not.
 */
#define NOTICES		1024
#define NOTICE_PATH_MAX 84

struct notice_of {
	const struct field *table; /* NULL: no path is held */
	uint8_t who;		   /* enum notice */
	uint16_t text;		   /* estimate_text_at() */
	uint8_t picture;	   /* pictures_at() */
	uint32_t talk;		   /* talk_at() */
	struct liken_at like;	   /* liken_at() */
	uint8_t len;
	char path[NOTICE_PATH_MAX];
};

/* All zero: nothing is held. */
struct notices {
	struct notice_of at[NOTICES];
	struct notice_of longer;      /* the one of a path that is too long to be held */
	const struct notice_of *last; /* that was asked for: pieces of a string, then its value */
};

/* table: the fields that are read. Valid until the next call. */
const struct notice_of *notices__of(struct notices *n, const struct field *table, struct span path);

#endif
