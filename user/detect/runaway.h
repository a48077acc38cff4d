/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of the runaway detector: what is known of a run, and of an owner. */
#ifndef WT_DETECT_RUNAWAY_H
#define WT_DETECT_RUNAWAY_H

#include "detect/detector.h"
#include "detect/window.h"

/* Runs that are followed at once; a longer one begins anew when it was pushed out. */
#define RUNAWAY_RUNS 8192
/* Owners that are learnt of. */
#define RUNAWAY_OWNERS 4096
/* A run that was left alone for so long is over, and is learnt from. */
#define RUNAWAY_IDLE_NS (600 * SECOND_NS)
/* Days of which an owner's highest minute is kept. */
#define RUNAWAY_DAYS 14
/* An owner of whom less is known is compared with what is set alone. */
#define RUNAWAY_RUNS_KNOWN 50
#define RUNAWAY_DAYS_KNOWN 3
/* Steps and calls a minute that are never too many by what was learnt. */
#define RUNAWAY_STEPS_LEAST 40
#define RUNAWAY_CALLS_LEAST 60

/* Who asks, and is answered, at once: no person is that quick, and no agent with tools. */
#define RUNAWAY_AT_ONCE_NS (2 * SECOND_NS)
/* Calls that ended last, among which the other one of two agents is looked for. */
#define RUNAWAY_ENDED 64
/* Processes that make calls. */
#define RUNAWAY_CALLERS 8192

/* Steps of a run by how much its context grew. */
struct growth {
	int64_t input;		/* of the last step */
	int64_t by, output;	/* of the first of those that are like one another */
	uint32_t even;		/* steps in a row that were like that one */
	int64_t since_ns, nano; /* of those */
};

/* How it and another run answer each other. */
struct turns {
	uint64_t other; /* 0: none */
	uint32_t count; /* its own: half of all */
	int64_t since_ns, nano;
};

struct run_state {
	struct fair_item item;
	uint64_t owner, root; /* root: the run at the top of it, or the run itself */
	int64_t start_ns, last_ns;
	int64_t last_end_ns; /* of its last call */
	/* Of the run and all below it, where it is the top. */
	struct window window;
	struct window kids; /* sub-agents that began */
	int64_t calls, nano;
	uint32_t steps, depth;
	struct growth growth;
	struct turns turns;
	bool told; /* something of it was found: it is no example */
};

struct owner_state {
	struct fair_item item;
	uint64_t tenant;
	bool changed;	      /* since it was written down */
	struct window all;    /* every call */
	struct window linked; /* those that follow another one */
	uint32_t runs, max_steps;
	uint32_t peak[RUNAWAY_DAYS]; /* the most in linked, by day */
	int64_t day;		     /* of the newest of them */
	uint32_t days;		     /* that were seen */
	int64_t high_ns;	     /* since when it is over what is set or learnt; 0: it is not */
	int64_t high_calls, high_nano;
};

/* A process that makes calls. */
struct caller_state {
	struct fair_item item;
	uint64_t top;	       /* the first of those that were started by one another; itself */
	struct window started; /* of the first: the others below it */
	int64_t calls, nano, start_ns;
	/* Calls in a row that follow none and hold the answer of the last one. */
	int64_t last_end_ns, input, output;
	uint32_t deeper;
	int64_t deeper_ns, deeper_nano;
	/* The same request in a row. */
	int64_t resent_ns, resent_nano, resent_calls;
};

struct ended {
	uint64_t run, tenant;
	int64_t start_ns, end_ns;
};

struct runaway {
	struct detect *d;
	struct fair runs, owners, callers;
	struct ended ended[RUNAWAY_ENDED]; /* the newest is ended[ended_count - 1], in a ring */
	uint64_t ended_count;
	int64_t swept; /* the minute in which runs that are over were last looked for */
};

/* The next call of a run: depth, fan-out, steps, speed. */
void runaway_run(struct runaway *r, const struct seen *s, struct owner_state *o);
/* What the steps of a run have in common: tools, growth, the other one of two agents. */
void runaway_habits(struct runaway *r, const struct seen *s, struct run_state *run);
/* The next call of a process: the same request, prompts in prompts, callers that start callers. */
void runaway_caller(struct runaway *r, const struct seen *s);
/* The next call of an owner: rates, and what is learnt of them. */
void runaway_owner(struct runaway *r, const struct seen *s, struct owner_state *o);

/* What was learnt, for who goes on (detector.h). */
void runaway_learnt(void *state, learnt_fn fn, void *ctx);
int runaway_past(void *state, const struct learnt *l);

/* 0 is no limit. */
static inline bool over(int64_t value, int64_t limit)
{
	return limit && value > limit;
}

#endif
