/* SPDX-License-Identifier: BSD-2-Clause */
/* steps: the inside of the run stage: calls that later ones can follow, and what finds them. */
#ifndef WT_RUN_STEPS_H
#define WT_RUN_STEPS_H

#include <stdbool.h>

#include "base/share.h"

/* What a call can be found by. */
enum step_key {
	KEY_PREFIX = 1, /* its whole list of messages */
	KEY_TOOL_CALL,	/* the id of a tool call that it made */
	KEY_ORDER,	/* a text in the arguments of one */
	KEY_OBEYED,	/* such a text of that step, which a sub-agent has */
	KEY_PROMISED,	/* a call under way that it started */
	KEY_RESPONSE,	/* its response's id */
	KEY_TRACE,
	KEY_THREAD,
	KEY_PROCESS, /* the last of its process */
};

struct step {
	struct shared shared;
	uint64_t number; /* of all calls, from 0 */
	uint64_t next;	 /* number + 1 of the newest that goes on from it in its run; 0: none */
	char id[33];
	char parent[33];
	char run[17], parent_run[17];
	bool tools, failed;
	uint32_t step, depth, messages;
	uint32_t tool_calls, started; /* sub-agents */
	uint32_t tgid;
	uint64_t who;		    /* stands for the caller: share.h's process */
	uint64_t tenant, container; /* container 0: it is in none */
	uint64_t t_request, t_end, system, thread;
};

/* Calls in a bucket of the index: as many can be found by one key. */
#define STEPS_WAYS    8
#define STEPS_BUCKETS 16384
/* In pages that come with their first use: few hosts are busy. */
#define STEPS_PAGES 128

struct steps_slot {
	uint64_t key, call; /* call: its number + 1; 0: free */
};

struct steps {
	uint64_t count; /* calls so far: the next one's number */
	struct table by_number;
	struct share share;
	struct steps_slot (*index[STEPS_PAGES])[STEPS_WAYS];
};

void steps__init(struct steps *s, size_t limit);
void steps__fini(struct steps *s);
/* The next call, of that owner. Of whoever has most the oldest makes room. NULL: no memory. */
struct step *steps__new(struct steps *s, struct share_owner owner);
/* NULL: it has made room. */
struct step *steps__get(const struct steps *s, uint64_t number);
/* It can be found by that, from now on; hash 0: by nothing. */
void steps__put(struct steps *s, enum step_key kind, uint64_t hash, const struct step *step);
/* Those that are found by it, one after the other: start with *at = 0; NULL at the end. */
struct step *steps__find(const struct steps *s, enum step_key kind, uint64_t hash, size_t *at);

#endif
