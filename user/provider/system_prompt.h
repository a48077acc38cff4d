/* SPDX-License-Identifier: BSD-2-Clause */
/* system_prompt: the keyed hash of the beginning of a request's system prompt: calls of one feature
 * have one. */
#ifndef WT_PROVIDER_SYSTEM_PROMPT_H
#define WT_PROVIDER_SYSTEM_PROMPT_H

#include "base/json.h"
#include "base/keyed.h"

struct system_prompt {
	char hash[KEYED_DIGITS + 1];  /* empty: there is no system prompt, or no key */
	char first[KEYED_DIGITS + 1]; /* of the first message's text: is it one? */
	uint8_t messages;	      /* that have begun: none, one, more */
	bool is_system;		      /* the first message's role says so */
};

/* Looks at a value of the request's body. key: KEYED_BYTES. */
void system_prompt__note(struct system_prompt *p, const uint8_t *key, const struct json_value *v);
/* False: no value at this path says anything. */
bool system_prompt_at(struct span path);

#endif
