/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * detect: entries in, findings out. Time comes with the data, so that a month that is replayed
 * gives the same findings as it did live. Bounded memory; no I/O. What is done about a finding is
 * for who gets it: `act` takes struct finding.
 */
#ifndef WT_DETECT_DETECT_H
#define WT_DETECT_DETECT_H

#include "detect/settings.h"
#include "entry.h"
#include "finding.h"

struct detect;

struct detect_opts {
	const struct detect_settings *settings; /* NULL: the defaults; copied */
	finding_emit_fn emit;
	void *ctx;
};

struct detect *detect__new(const struct detect_opts *o); /* NULL: no memory */
void detect__free(struct detect *d);			 /* NULL is fine */
/* The next call, in the order in which calls end. */
void detect__entry(struct detect *d, const struct entry *e);
/* Time goes on, also without calls: ns since the Unix epoch. */
void detect__tick(struct detect *d, int64_t wall_ns);
/* The data is over: tells what was counted and not told yet. */
void detect__finish(struct detect *d);

#endif
