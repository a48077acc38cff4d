/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipeline: all stages in a row, wire records in, entries out. The only place that knows them all.
 *
 *   wire -> stream -> proto -> provider -> price -> attribute -> entry -> detect -> finding
 *     `---> flow --- sizes ---^
 */
#ifndef WT_PIPELINE_H
#define WT_PIPELINE_H

#include <stdio.h>

#include "base/drops.h"
#include "chunk.h"
#include "entry.h"
#include "finding.h"
#include "gpu_bill.h"
#include "wire.h"

struct attribute_opts;
struct budget;
struct budgets;
struct detect;
struct flights;
struct gpu_rates;
struct detect_settings;
struct tagging;
struct price_list;
struct pipeline;

/* What a connection turned out to be: nothing of HTTP, HTTP, one on which LLM calls are made. */
enum pipeline_speech { PIPELINE_ALIEN = 0, PIPELINE_HTTP, PIPELINE_CALL };

/* Of what a process that was stopped before a write is about to send. */
struct pipeline_judged {
	const struct budget *broken; /* it may break this one; NULL: it may be sent */
	char service[64];	     /* of a request: what the process is called */
};

struct pipeline_opts {
	const struct price_list *prices; /* borrowed */
	entry_emit_fn emit;
	upload_entry_emit_fn upload; /* what applications say of their calls; may be NULL */
	/* What detectors found in the entries, each behind the entry; NULL: nobody looks. */
	finding_emit_fn finding;
	/* See struct detect_opts; may be NULL. */
	void (*closed)(void *ctx, const struct finding *f, bool closed);
	/* Told of each write that was proposed, at its end; NULL: nobody is stopped. */
	void (*judged)(void *ctx, const struct wire *w, const struct pipeline_judged *j);
	const struct detect_settings *detect; /* NULL: the defaults; copied */
	const struct budgets *budgets;	      /* borrowed; NULL: none */
	void *ctx;
	/* Told when a connection can never matter; may be NULL. */
	void (*ignore)(void *ctx, uint64_t conn);
	/*
	 * Told what a connection of that library turned out to speak, may be NULL. begun_ns: when
	 * its first request began; 0: it had others before.
	 */
	void (*speaks)(void *ctx, const struct proc_id *proc, uint8_t lib,
		       enum pipeline_speech what, uint64_t begun_ns);
	/* Told of each connection seen by its packets alone whether its host is a provider's; may
	 * be NULL. */
	void (*named)(void *ctx, const struct wire *w, bool is_provider);
	/* Told of each request that a budget is asked for, before one is closed; may be NULL. */
	void (*asks)(void *ctx, const struct exchange *x);
	/*
	 * Told what a process was asked for in plain HTTP, may be NULL: something that a model
	 * server is asked for, or anything else.
	 */
	void (*serves)(void *ctx, const struct proc_id *proc, bool model);
	const char *source; /* struct entry's; may be NULL */
	FILE *record;	    /* everything goes into this recording, too; NULL: none */
	bool plaintext;	    /* as it was captured; else scrubbed */
	const struct attribute_opts *attribute; /* NULL: no command lines, no end users */
	const struct tagging *tagging; /* NULL: no fingerprints; its texts and keys are borrowed */
	/* What an hour of a GPU costs, borrowed; NULL: nothing is known of any. */
	const struct gpu_rates *gpu_rates;
	gpu_entry_emit_fn gpu;	/* what GPUs' time was spent for; may be NULL */
	bool in_flight;		/* calls under way are held, to be told */
	int64_t wall_offset_ns; /* added to wire times to get time since the Unix epoch */
};

struct pipeline *pipeline__new(const struct pipeline_opts *o); /* NULL: no memory */
void pipeline__free(struct pipeline *p);		       /* NULL is fine */
/* Returns 0, or -errno for a recorded exchange (WIRE_EXCHANGE) that is none. */
int pipeline__feed(struct pipeline *p, const struct wire *w);
/* What a GPU of this host did; windows come in their order, among wires by their ends. */
void pipeline__gpu(struct pipeline *p, const struct gpu_window *w);
/*
 * The wall clock was set, or the host slept: calls that end from now on are dated by this. How long
 * they took is of the wire's own clock, and no call is told twice.
 */
void pipeline__set_wall_offset(struct pipeline *p, int64_t wall_offset_ns);
/* Ends what is open, as at a stop of the meter. */
void pipeline__finish(struct pipeline *p, uint64_t ts);
const struct drops *pipeline__drops(const struct pipeline *p);
/* The first failure to record: 0 or -errno; and the recording's size. */
int pipeline__record_error(const struct pipeline *p);
uint64_t pipeline__record_bytes(const struct pipeline *p);
struct flights *pipeline__flights(struct pipeline *p); /* NULL: they are not held */
/* The stage, to be told what came before; NULL: nobody wants findings. */
struct detect *pipeline__detect(struct pipeline *p);
void pipeline__set_source(struct pipeline *p, const char *source);

#endif
