/* SPDX-License-Identifier: BSD-2-Clause */
/* talk_path: what a value of a request or an answer says of a conversation, by its path alone. */
#ifndef WT_PROVIDER_TALK_PATH_H
#define WT_PROVIDER_TALK_PATH_H

#include "span.h"

enum talk_what {
	/* Of a request: which list of messages it is in, from 1; 0: none. */
	TALK_LIST = 7,
	TALK_MESSAGE = 1 << 3,	/* an element of the list itself: a message, or its only text */
	TALK_TEXT = 1 << 4,	/* a text of a message */
	TALK_SAID = 1 << 5,	/* what the message itself says, not a tool's result in it */
	TALK_ROLE = 1 << 6,	/* the message's */
	TALK_TYPE = 1 << 7,	/* the message's, which stands for a role */
	TALK_OFFERED = 1 << 8,	/* of tools that a message offers */
	TALK_SYSTEM = 1 << 9,	/* a system prompt */
	TALK_SOLE = 1 << 10,	/* the one text of a request that has no list */
	TALK_TOOLS = 1 << 11,	/* of the tools that are offered */
	TALK_FOLLOWS = 1 << 12, /* the id of the response that it goes on from */
	/* Of both: the id of a tool call, in whatever gives its result or repeats it. */
	TALK_CALL_ID = 1 << 13,
	/* Of an answer. */
	TALK_ANSWER = 1 << 14,	  /* its text */
	TALK_ORDER = 1 << 15,	  /* arguments of a tool, as one string */
	TALK_IN_ORDER = 1 << 16,  /* a value of those that are an object */
	TALK_TOOL_NAME = 1 << 17, /* a tool's name */
	TALK_OWN_ID = 1 << 18,	  /* the id of a tool call that it makes */
};

/* All that the path is: enum talk_what. */
uint32_t talk_at(struct span path);

#endif
