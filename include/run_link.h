/* SPDX-License-Identifier: BSD-2-Clause */
/* run_link: which run of an agent a call is a step of, and which call it follows. */
#ifndef WT_RUN_LINK_H
#define WT_RUN_LINK_H

#include <stdint.h>

/* How a link was found, the surest first. */
enum run_how {
	RUN_ROOT = 0,  /* it follows no call that was seen: a run begins */
	RUN_EXPLICIT,  /* the request names the response that it goes on from */
	RUN_TOOL_CALL, /* it brings the result of a tool call that the other one asked for */
	RUN_MESSAGES,  /* its messages begin with those of the other one */
	RUN_REWOUND, /* it goes on from an earlier step, and comes behind the other one, the last */
	RUN_AGAIN,   /* the same request again, since it was refused or broke off */
	RUN_SUBAGENT, /* what it is told to do is an argument of a tool call of the other one */
	RUN_THREAD,   /* the client names the same thread, or the other one's as its parent */
	RUN_TRACE,    /* the same trace (W3C traceparent) */
	RUN_PROCESS,  /* the same process, or a child of it, behind the other one's end */
	RUN_HOWS
};

static inline const char *run_how_name(uint8_t how)
{
	static const char *const names[RUN_HOWS] = {
		[RUN_ROOT] = "root",	       [RUN_EXPLICIT] = "explicit",
		[RUN_TOOL_CALL] = "tool_call", [RUN_MESSAGES] = "messages",
		[RUN_REWOUND] = "rewound",     [RUN_AGAIN] = "again",
		[RUN_SUBAGENT] = "subagent",   [RUN_THREAD] = "thread",
		[RUN_TRACE] = "trace",	       [RUN_PROCESS] = "process",
	};

	return how < RUN_HOWS ? names[how] : "";
}

/* A run is named by the first half of the id of its first call; empty: it is of none. */
struct run_link {
	char run[17];
	char parent_run[17];  /* a sub-agent's: of who started it; empty: none */
	char parent_call[33]; /* id of the entry that it follows; empty: none */
	uint32_t step;	      /* from 1; steps beside one another have the same number */
	uint32_t depth;	      /* 0; a sub-agent's: one more than its parent's */
	uint8_t how;	      /* enum run_how */
	/* Times, this one among them, in a row: that the process sent this request, that the run
	 * asked for these tools with these arguments; 0: not known, none. */
	uint32_t same, repeats;
	/*
	 * The longest beginning of its prompt that was sent before, as far as is known: a hash, 0:
	 * none was; its tokens, about; how long ago it was sent last.
	 */
	uint64_t prefix;
	int64_t prefix_tokens, prefix_age_ns;
	char holds[33]; /* id of the entry whose answer its prompt quotes; empty: none */
};

#endif
