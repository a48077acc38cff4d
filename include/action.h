/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * action: what is to be done about a finding, to whom and for how long; and what came of it.
 *
 *   cut "agent.py" (pid 812 and 3 more) for 10 min: 2 connections ended
 */
#ifndef WT_ACTION_H
#define WT_ACTION_H

#include "chunk.h"

enum action_verb {
#define ACTION(symbol, name, what) ACTION_##symbol,
#include "action.def"
#undef ACTION
	ACTION_VERBS
};

/* Whom an action is for. */
enum action_scope {
	ACTION_TREE = 0, /* a process and all that descends from it */
	ACTION_GROUP,	 /* each process of its control group: a container, a unit */
};

enum action_result {
	ACTION_DONE = 0,
	ACTION_DRY_RUN,	    /* nothing was done: that is how it is configured */
	ACTION_GONE,	    /* the process has ended, or its pid is another's now */
	ACTION_PROTECTED,   /* whom nobody may touch */
	ACTION_TOO_MANY,    /* actions in this minute, or that hold at once */
	ACTION_STRANGER,    /* not a process that was seen to call a provider */
	ACTION_UNSUPPORTED, /* not by this kernel, or not built in */
	ACTION_FAILED,
	ACTION_UNDONE, /* its time is over, or somebody allowed it */
	ACTION_RESULTS
};

struct action {
	char id[33];	  /* 32 hex digits: the same when it is told again */
	char finding[33]; /* that it is for; empty: a person's order */
	char by[64];	  /* "config.yaml:12", "uid 0, pts/3" */
	char service[64]; /* what the process is called; claimed, for a person to read */
	uint8_t verb, scope, result;
	struct proc_id proc;
	int64_t at_ns, until_ns; /* since the Unix epoch; until_ns 0: for good */
	/* What came of it. */
	uint32_t processes, connections, spared; /* spared: processes that are protected */
};

static inline const char *action_verb_name(uint8_t verb)
{
	static const char *const names[ACTION_VERBS] = {
#define ACTION(symbol, name, what) #name,
#include "action.def"
#undef ACTION
	};

	return verb < ACTION_VERBS ? names[verb] : "";
}

static inline const char *action_scope_name(uint8_t scope)
{
	return scope == ACTION_GROUP ? "group" : "tree";
}

static inline const char *action_result_name(uint8_t result)
{
	static const char *const names[ACTION_RESULTS] = { "done",	  "dry_run",  "gone",
							   "protected",	  "too_many", "stranger",
							   "unsupported", "failed",   "undone" };

	return result < ACTION_RESULTS ? names[result] : "";
}

#endif
