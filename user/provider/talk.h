/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * talk: reads what a request and its answer say of their conversation (conversation.h), whichever
 * API they are of: messages are the elements of "messages", "input" or "contents", their text is
 * under "text" or "content", tools and their results have an id.
 *
 *   {"messages":[{"role":"user","content":"Plan it"},
 *     {"role":"assistant","tool_calls":[{"id":"call_1","function":{"arguments":"{}"}}]},
 *     {"role":"tool","tool_call_id":"call_1","content":"done"}]}
 *
 * What clients change in messages that they send again has no part in a hash: where the cache
 * begins ("cache_control"), whether a text stands alone or in a list, the order of keys.
 */
#ifndef WT_PROVIDER_TALK_H
#define WT_PROVIDER_TALK_H

#include "base/json.h"
#include "base/text_hash.h"
#include "exchange.h"
#include "provider/hash_lists.h"
#include "provider/shingles.h"

/* Who speaks in a message. */
enum talk_role {
	TALK_BY_USER, /* who tells an agent what to do: one who uses it, or another agent */
	TALK_BY_SYSTEM,
	TALK_BY_MODEL,
	TALK_BY_ANOTHER,
};

/* Texts that are shorter open many conversations: "hi", "continue". */
#define TALK_ORDER_MIN 24

struct talk {
	uint64_t system, follows, trace, thread, above; /* struct conversation's */
	struct hash_lists lists;
	struct text_hash text; /* of the string that is passing */
	struct text_hash asks; /* of what the answer's tool calls say so far */
	uint64_t role, body, rolling;
	uint64_t head, head_bytes; /* struct conversation's */
	uint64_t bytes, next_mark; /* of messages' texts so far; where the next mark is */
	struct shingles *quotes;   /* of what is said to the model; NULL: nothing, or looked for */
	struct shingles answer;
	struct conversation_quote *quoted;
	uint32_t quoted_count;
	uint8_t by;		 /* enum talk_role: of role */
	bool tools;		 /* the request offers some */
	bool in_message;	 /* one is passing, and not yet a part of rolling */
	bool opened;		 /* the first message is over */
	struct json_scan *order; /* of the arguments that pass; NULL: none did */
};

/* The request's head: its trace, its thread. */
void talk__head(struct talk *t, const struct head *h);
/*
 * A piece of a string of the request's body, then each value of it. at: what its path is, from
 * talk_at() of talk_path.h; path: a hash of it.
 */
void talk__request_piece(struct talk *t, uint32_t at, struct span piece);
void talk__request(struct talk *t, const struct json_value *v, uint32_t at, uint64_t path);
/* The request's body is over, or what passed of it. */
void talk__request_end(struct talk *t);
/*
 * True when an event can say something of a tool call: a quick look for what its API has in each
 * that does (struct provider_ops); for all that are known where sign[0] is empty.
 */
bool talk_event(struct span data, const struct span sign[2]);
/*
 * The same of the answer, or an event of it. Return true when they say more than what some event
 * before began to say: a piece of a tool's arguments in a string.
 */
bool talk__answer_piece(struct talk *t, uint32_t at, struct span piece);
bool talk__answer(struct talk *t, const struct json_value *v, uint32_t at);
/* Some of the answer's text: of an event as JSON has it, from behind its opening quote; else a
 * piece of a string of the answer, and each value of it. */
void talk__said(struct talk *t, struct span text);
void talk__said_piece(struct talk *t, uint32_t at, struct span piece);
void talk__said_value(struct talk *t, const struct json_value *v, uint32_t at);
/* True for the path of an id that ties calls together: of a tool call, of a response. */
bool talk_id(struct span path);
/*
 * Runs of words of the request, when it has passed; and the answers that have them, which are held
 * in their place.
 */
uint32_t talk__quotes(const struct talk *t, const uint32_t **ret_hash);
void talk__quoted(struct talk *t, const struct conversation_quote *q, uint32_t count);
/* What was told so far. False: there was no memory for all of it, and a part would mislead. */
bool talk__conversation(const struct talk *t, struct conversation *ret_c);
void talk__fini(struct talk *t);

#endif
