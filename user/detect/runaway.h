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
#define RUNAWAY_RUNS_KNOWN 20
#define RUNAWAY_DAYS_KNOWN 3
/* Steps and calls a minute that are never too many by what was learnt. */
#define RUNAWAY_STEPS_LEAST 40
#define RUNAWAY_CALLS_LEAST 60

struct run_state {
	struct fair_item item;
	uint64_t owner, root; /* root: the run at the top of it, or the run itself */
	int64_t start_ns, last_ns;
	/* Of the run and all below it, where it is the top. */
	struct window window;
	struct window kids; /* sub-agents that began */
	int64_t calls, nano;
	uint32_t steps, depth;
	bool told; /* something of it was found: it is no example */
};

struct owner_state {
	struct fair_item item;
	struct window all;    /* every call */
	struct window linked; /* those that follow another one */
	uint32_t runs, max_steps;
	uint32_t peak[RUNAWAY_DAYS]; /* the most in linked, by day */
	int64_t day;		     /* of the newest of them */
	uint32_t days;		     /* that were seen */
	int64_t high_ns;	     /* since when it is over what is set or learnt; 0: it is not */
	int64_t high_calls, high_nano;
};

struct runaway {
	struct detect *d;
	struct fair runs, owners;
	int64_t swept; /* the minute in which runs that are over were last looked for */
};

/* The next call of a run: depth, fan-out, steps, speed. */
void runaway_run(struct runaway *r, const struct seen *s, struct owner_state *o);
/* The next call of an owner: rates, and what is learnt of them. */
void runaway_owner(struct runaway *r, const struct seen *s, struct owner_state *o);

/* 0 is no limit. */
static inline bool over(int64_t value, int64_t limit)
{
	return limit && value > limit;
}

#endif
