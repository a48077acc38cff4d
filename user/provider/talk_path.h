/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * talk_path: what a value of a request or an answer says of a conversation, by its path alone.
 * rest: of a path behind its list of messages.
 */
#ifndef WT_PROVIDER_TALK_PATH_H
#define WT_PROVIDER_TALK_PATH_H

#include "span.h"

/* Of a request: a text of a message; one that the message itself says; a system prompt. */
bool talk_is_text(struct span path);
bool talk_is_said(struct span rest);
bool talk_is_system(struct span path);
/* The one text of a request that has no list. */
bool talk_is_sole(struct span path);
/* Something of the tools that are offered. */
bool talk_is_of_tools(struct span path);
/* The id of a tool call, in whatever gives its result or repeats it. */
bool talk_is_call_id(struct span path);

/* Of an answer: its text; arguments of a tool, as one string, or a value of them; a tool's name;
 * the id of a tool call that it makes. */
bool talk_is_answer(struct span path);
bool talk_is_order(struct span path);
bool talk_is_in_order(struct span path);
bool talk_is_tool_name(struct span path);
bool talk_is_own_id(struct span path);

#endif
