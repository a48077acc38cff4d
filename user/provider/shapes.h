/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shapes that others speak too: tables, and what their figures mean, of the two APIs that the
 * rest of the world has copied. Who speaks one in a dialect has its fields in the same table.
 */
#ifndef WT_PROVIDER_SHAPES_H
#define WT_PROVIDER_SHAPES_H

#include "provider/ops.h"

/* openai.c */
extern const struct field openai_request[];
extern const struct field openai_chat[];
enum event_worth openai_judge_chat(const struct fields *f, struct span name, struct span data);
void openai_settle(const struct fields *f, struct usage *ret_use);

/* anthropic.c */
extern const struct field anthropic_request[];
extern const struct field anthropic_response[];
extern const struct field anthropic_event[];
enum event_worth anthropic_judge(const struct fields *f, struct span name, struct span data);
void anthropic_settle(const struct fields *f, struct usage *ret_use);

/* gemini.c */
extern const struct field gemini_response[];
void gemini_note(struct fields *f, const struct json_value *v);
/*
 * Sound, and pictures that were made, have prices of their own. A list that splits a figure has an
 * element for each modality, its two members in any order: {"modality":"AUDIO","tokenCount":75}
 */
struct gemini_list {
	const char *name;     /* with its "[]"; NULL ends a table */
	uint8_t audio, image; /* enum number; NUMBERS: not split off */
};
/* path: of the value, from the list's name on. */
void gemini_split(struct fields *f, const struct json_value *v, struct span path,
		  const struct gemini_list *lists);
void gemini_settle(const struct fields *f, struct usage *ret_use);

/*
 * The type of a message of OpenAI's: {"type":"response.done",...}. Empty: none that anybody reads.
 */
struct span message_type(struct span message);
/* For streams whose every event may tell something. */
enum event_worth judge_all(const struct fields *f, struct span name, struct span data);
/*
 * Takes the part, if it was told, out of the whole and makes it a class. A part larger than its
 * whole is no part of it, and which of the two is wrong can't be known: the class stays unknown and
 * the whole as it is.
 */
void settle_split(const struct fields *f, enum number part, int64_t *whole, struct usage *u,
		  enum usage_class class);
/* The part of what was read from a cache, by u; 0 where it is no part of it. */
int64_t settle_cached(const struct fields *f, enum number part, const struct usage *u);
/* The class, if the number was told. */
void settle_take(const struct fields *f, enum number n, struct usage *u, enum usage_class class);
/* Pictures by their number, and nothing else. */
void settle_pictures(const struct fields *f, struct usage *ret_use);

#endif
