/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quotes: calls in, out whose answer each prompt holds: a judge is given what it is to judge. By
 * runs of words that both have (conversation.h), of which neither is kept as a text.
 */
#ifndef WT_RUN_QUOTES_H
#define WT_RUN_QUOTES_H

#include "entry.h"

/* Answers that are held, the last ones of all processes; and where their runs of words are. */
#define QUOTES_ANSWERS 4096
#define QUOTES_SLOTS   65536

struct quotes;

struct quotes *quotes__new(void);    /* NULL: no memory */
void quotes__free(struct quotes *q); /* NULL is fine */
/*
 * The answers that have runs of a prompt, enough of them each: call it when the request has passed,
 * and not only when it was answered. Returns how many they are.
 */
uint32_t quotes__find(const struct quotes *q, const struct exchange *x, const uint32_t *hash,
		      uint32_t count, struct conversation_quote ret_quoted[CONVERSATION_QUOTED]);
/*
 * Fills l->holds, and holds the call's own answer. What an agent sends again of its own
 * conversation is no quote.
 */
void quotes__add(struct quotes *q, const struct entry *e, struct run_link *l);

#endif
