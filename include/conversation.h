/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conversation: what a call says of the conversation that it is a step of. An agent sends all of it
 * again with each step, and what is new at its end; the answer asks for tools, whose results the
 * next request brings. Hashes only, of which none is stored. Who makes two texts meet fools himself
 * alone: calls are compared within a process, its children, a container.
 */
#ifndef WT_CONVERSATION_H
#define WT_CONVERSATION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Hashes of the conversation up to each of its last messages. A step adds the answer and a result
 * of each tool that was called: fifteen at once are seldom.
 */
#define CONVERSATION_PREFIXES 16
/* Tool calls of one answer, texts of one prompt: of more, the last ones. */
#define CONVERSATION_IDS 8

/* The last of more than fit, in the order in which they came, from count - CONVERSATION_IDS on. */
struct conversation_ids {
	uint64_t id[CONVERSATION_IDS]; /* by number % CONVERSATION_IDS */
	uint32_t count;		       /* all there were */
};

static inline uint32_t conversation_ids__kept(const struct conversation_ids *ids)
{
	return ids->count < CONVERSATION_IDS ? ids->count : CONVERSATION_IDS;
}

/*
 * Places within long messages at which the hash of the prompt so far is kept, the last ones: at
 * steps of an eighth they reach back to a third of it. Each is 16 bytes of an open stream.
 */
#define CONVERSATION_MARKS	10
#define CONVERSATION_MARK_FIRST 4096 /* bytes: shorter ones few providers cache */
#define CONVERSATION_MARK_STEP	1024 /* from one to the next at least */

/* A beginning of the prompt: its hash, and the bytes of its texts. */
struct conversation_mark {
	uint64_t hash, bytes;
};

/* Runs of words (provider/shingles.h) that are kept. */
#define CONVERSATION_QUOTES 128 /* of a prompt the last ones: of some thousand words */
#define CONVERSATION_ANSWER 16	/* of an answer the first ones */
/* So many runs of an answer tell it: two texts have one in common by chance. */
#define CONVERSATION_QUOTE_MIN 3
#define CONVERSATION_QUOTED    (CONVERSATION_QUOTES / CONVERSATION_QUOTE_MIN)

/* An answer that the prompt quotes: its number, and how many runs both have. */
struct conversation_quote {
	uint32_t number, runs;
};

/* 0 is no hash. */
struct conversation {
	uint32_t messages; /* in the request */
	bool tools;	   /* the request offers tools */
	/* prefix[n % CONVERSATION_PREFIXES]: of the messages 0 to n. */
	uint64_t prefix[CONVERSATION_PREFIXES];
	uint64_t bytes[CONVERSATION_PREFIXES];		   /* of the texts of those messages */
	struct conversation_mark mark[CONVERSATION_MARKS]; /* in their order */
	uint32_t mark_count;
	/* What comes before all messages: the tools that are offered, and a system prompt that is
	 * no message; its texts' bytes. */
	uint64_t head, head_bytes;
	uint64_t system;  /* of the system prompt; 0: none */
	uint64_t follows; /* the id of the response that it goes on from */
	uint64_t trace;	  /* W3C traceparent's trace id */
	uint64_t thread;  /* the client's name for the agent that makes the call */
	uint64_t above;	  /* and for the one that started it; 0: none did */
	uint64_t asks;	  /* of the tools that the answer calls: names and arguments; 0: none */
	struct conversation_ids opening; /* texts of whoever tells the agent what to do */
	struct conversation_ids results; /* ids of tool calls whose results the request brings */
	struct conversation_ids calls;	 /* ids of tool calls that the answer makes */
	struct conversation_ids orders;	 /* texts in the arguments of those */
	struct conversation_quote quoted[CONVERSATION_QUOTED];
	uint32_t quoted_count;
	uint32_t answer[CONVERSATION_ANSWER]; /* runs of words of what the model says */
	uint32_t answer_count;
};

#endif
