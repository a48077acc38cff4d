/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of the detect stage: what a detector is, and what it is given. */
#ifndef WT_DETECT_DETECTOR_H
#define WT_DETECT_DETECTOR_H

#include "base/drops.h"
#include "detect/detect.h"
#include "detect/fair.h"
#include "detect/numbers.h"

#define SECOND_NS 1000000000ll
#define MINUTE_NS (60 * SECOND_NS)
#define HOUR_NS	  (60 * MINUTE_NS)
#define DAY_NS	  (24 * HOUR_NS)

/* A call as detectors look at it. */
struct seen {
	const struct entry *e;
	int64_t start_ns, end_ns; /* since the Unix epoch */
	/* What was spent; 0 where no price is known, a subscription pays, or it can't be true. */
	int64_t nano;
	bool implausible; /* its figures can't be true: they are in no sum */
	uint64_t owner;	  /* who is learnt of: a service where it runs */
	uint64_t tenant;  /* whose flood it would be: by what a process can't choose */
	uint64_t run;	  /* 0: of none */
};

struct detector_ops {
	const char *name;
	size_t state_size;
	int (*init)(void *state, struct detect *d); /* 0 or -ENOMEM */
	void (*fini)(void *state);
	void (*on_entry)(void *state, const struct seen *s);
	void (*on_asked)(void *state, const struct seen *s, const struct worst_case *w);
	void (*on_ended)(void *state, const struct exchange *x, int64_t wall_ns);
	void (*on_tick)(void *state, int64_t wall_ns);
	void (*on_gpu)(void *state, const struct gpu_entry *e);
	/* What it has learnt of each owner who was seen since it was asked last. */
	void (*learnt)(void *state, learnt_fn fn, void *ctx);
	/* What one before it had learnt; -EBADMSG: nothing that it could have, and is left alone.
	 */
	int (*past)(void *state, const struct learnt *l);
};

#define DETECTOR(name) extern const struct detector_ops detector_##name;
#include "detect/detectors.def"
#undef DETECTOR

int64_t detect__setting(const struct detect *d, enum detect_setting which);
/*
 * A finding about the call's owner, as far as it is the same for all; the detector adds what it has
 * measured. since_ns: when it began.
 */
struct finding finding_of(enum finding_kind kind, enum finding_severity severity,
			  const struct seen *s, int64_t since_ns);
/*
 * Tells it, unless it is told already and goes on: then it is counted. what: tells findings of one
 * kind apart: a run, an owner, a budget and its step.
 */
void detect__tell(struct detect *d, const struct seen *s, struct finding *f, uint64_t what);

/* The same of what is found with no call, or not about one's owner. */
void detect__tell_of(struct detect *d, struct finding *f, uint64_t what, uint64_t tenant,
		     int64_t now_ns);
/* As struct detect_opts's closed: f as it is told under `what`, but for its process. */
void detect__close(struct detect *d, struct finding *f, uint64_t what, bool closed);
bool detect__is_told(struct detect *d, enum finding_kind kind, uint64_t what);
void detect__dropped(struct detect *d, enum drop which);
/* As configured; empty: none. */
const struct budgets *detect__budgets(const struct detect *d);
/* What it makes in `left` at the pace of nano in `took`; what does not fit is the largest. */
int64_t finding_pace(int64_t nano, int64_t took, int64_t left);

/* What it cost, and what that makes: in an hour at this pace, and until the month ends. */
void finding__cost(struct finding *f, int64_t calls, int64_t nano, int64_t now_ns);

#endif
