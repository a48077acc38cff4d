/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * finding: something that a detector saw, with its owner, the money at stake and the evidence in
 * numbers. What is found again while it goes on is the same finding: it is told again now and then,
 * with the same id and a higher count.
 *
 *   runaway.depth, warning: "agent.py", run 3125759c3da8482a: depth 6, limit 5; since 12:01:03,
 *   38 calls, $1.20 so far, $43.20 an hour
 */
#ifndef WT_FINDING_H
#define WT_FINDING_H

#include "owner.h"

enum finding_kind {
#define FINDING(symbol, detector, kind, what) FINDING_##symbol,
#include "finding.def"
#undef FINDING
	FINDING_KINDS
};

/* notice: new or unusual, and perhaps as it should be; warning: look at it; critical: now. */
enum finding_severity { FINDING_NOTICE = 1, FINDING_WARNING, FINDING_CRITICAL };

enum figure_unit { FIGURE_COUNT, FIGURE_NANO_USD, FIGURE_PERCENT };

/* A piece of evidence: what was measured, and beside it what it was compared with. */
struct finding_figure {
	const char *name; /* "depth", "limit" */
	int64_t value;
	uint8_t unit; /* enum figure_unit */
};

#define FINDING_FIGURES 6

/* Text is copied: a finding outlives the call that it was found at. */
struct finding {
	char id[33];	  /* 32 hex digits, deterministic: the same in a replay */
	char key[17];	  /* what is found again under the same key is merged */
	uint8_t kind;	  /* enum finding_kind */
	uint8_t severity; /* enum finding_severity */
	bool again;	  /* it was told before, and goes on */
	/*
	 * Whose it is: a field of the owner ("service", or what a budget goes by), its value and
	 * how far that can be trusted. An action may go by a claimed value against proc alone,
	 * which made the claim, never against others who have the same.
	 */
	char field[32]; /* of a device: "gpu", and its id */
	char value[OWNER_TEXT_MAX];
	uint8_t trust; /* enum owner_trust */
	char service[OWNER_TEXT_MAX];
	struct proc_id proc; /* that made the call at which it was found; tgid 0: none */
	uint64_t cgroup;
	char cgroup_path[256];
	char container_id[72];
	char budget[64];	   /* its name; empty: it is about none */
	char what[OWNER_TEXT_MAX]; /* which model, key, host, GPU; empty: it is about none */
	char run[17];		   /* empty: it is of no run */
	/* ns since the Unix epoch: when it began, when it was found, when it was found last */
	int64_t since_ns, found_ns, last_ns;
	uint64_t count;	   /* times that it was found */
	int64_t calls;	   /* that belong to it */
	int64_t nano_usd;  /* what they cost so far; without those that have no price */
	int64_t hour_nano; /* an hour at this pace */
	int64_t projected_nano, until_ns; /* what it comes to by then; until_ns 0: not projected */
	struct finding_figure figures[FINDING_FIGURES];
	size_t figure_count;
};

typedef void (*finding_emit_fn)(void *ctx, const struct finding *f);

static inline const char *finding_detector(uint8_t kind)
{
	static const char *const names[FINDING_KINDS] = {
#define FINDING(symbol, detector, kind, what) #detector,
#include "finding.def"
#undef FINDING
	};

	return kind < FINDING_KINDS ? names[kind] : "";
}

static inline const char *finding_kind_name(uint8_t kind)
{
	static const char *const names[FINDING_KINDS] = {
#define FINDING(symbol, detector, kind, what) #kind,
#include "finding.def"
#undef FINDING
	};

	return kind < FINDING_KINDS ? names[kind] : "";
}

static inline const char *finding_what(uint8_t kind)
{
	static const char *const texts[FINDING_KINDS] = {
#define FINDING(symbol, detector, kind, what) what,
#include "finding.def"
#undef FINDING
	};

	return kind < FINDING_KINDS ? texts[kind] : "";
}

static inline const char *finding_severity_name(uint8_t severity)
{
	static const char *const names[] = { "", "notice", "warning", "critical" };

	return severity <= FINDING_CRITICAL ? names[severity] : "";
}

static inline void finding__figure(struct finding *f, const char *name, int64_t value,
				   enum figure_unit unit)
{
	if (f->figure_count < FINDING_FIGURES)
		f->figures[f->figure_count++] =
			(struct finding_figure){ name, value, (uint8_t)unit };
}

#endif
