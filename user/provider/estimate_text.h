/* SPDX-License-Identifier: BSD-2-Clause */
/* estimate_text: what there was of a call's texts, counted as they pass. All zero: none. */
#ifndef WT_PROVIDER_ESTIMATE_TEXT_H
#define WT_PROVIDER_ESTIMATE_TEXT_H

#include "base/json.h"
#include "provider/words.h"

/* So many events of a stream are all looked at; then samples of them. */
#define ESTIMATE_ALL_EVENTS 64

/* What a request may have beside its messages. */
struct estimate_beside {
	struct words tool_said; /* in the tools that it offers, with the names of their arguments */
	struct words form;	/* in the form that the answer is to have */
	struct words thought;	/* of earlier answers: most models are not shown it again */
};

struct estimate_text {
	/* Of the request. */
	struct words said;		/* in its messages */
	struct estimate_beside *beside; /* NULL: nothing */
	bool lacks;			/* there was no memory for that */
	uint64_t messages;		/* how many it has */
	uint64_t past_calls;		/* of tools, in them */
	uint64_t sealed; /* bytes of thought of earlier answers, that nobody can read (Gemini) */
	uint64_t tools;	 /* that it offers */
	uint64_t tool_values; /* texts, numbers in them */
	uint64_t values;      /* in all of it, of any kind */
	bool thinks;	      /* the answer is to be thought about (Anthropic) */
	bool cites;	      /* it is to say where it has what from (Anthropic) */
	/* Of the answer. */
	struct words text, json;      /* arguments of tools are JSON */
	bool in_json;		      /* which of them the last piece was of */
	uint64_t pieces, json_pieces; /* events that had some of it */
	uint64_t calls;		      /* of tools */
	bool shows_thought;	      /* its text is thought, at least in part */
	uint32_t events;	      /* that may have been a piece of the answer */
	uint8_t group;		      /* which keys the text is under; 0: not known yet */
	uint8_t key;		      /* of them the one that had the last text */
	/* Of one of the first events, borrowed: its text as JSON has it, if it is none of a tool's
	 * arguments. */
	struct span last;
};

/* Frees what it holds, and is all zero. */
void estimate_text__reset(struct estimate_text *t);
/* What values at a path of a request are, for estimate_text__request(). */
uint16_t estimate_text_at(struct span path);
/*
 * A value of the request, that is no picture, sound or file (pictures.h); at: what those at its
 * path are.
 */
void estimate_text__request(struct estimate_text *t, const struct json_value *v, uint16_t at);
/*
 * One event, that may be a piece of an answer. Returns where its text begins, within json, if that
 * is all that is to be counted of it, and of those that differ in it alone; else NULL.
 */
const uint8_t *estimate_text__add(struct estimate_text *t, struct span json);
/* What key texts are under at present. */
static inline uint8_t estimate_text__under(const struct estimate_text *t)
{
	return (uint8_t)(t->group << 4 | t->key);
}
struct span estimate_text__key(const struct estimate_text *t); /* "\"content\":" */
/* An event that differs from an earlier one in its text alone, and has it under the present key. */
void estimate_text__add_alike(struct estimate_text *t, struct span text);

#endif
