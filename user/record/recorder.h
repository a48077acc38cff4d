/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recorder: what goes into a recording. Scrubbed: the exchanges that are calls, without what people
 * said, and the facts about processes. Plain: every record as it was captured.
 */
#ifndef WT_RECORD_RECORDER_H
#define WT_RECORD_RECORDER_H

#include "record/recording.h"
#include "record/scrub.h"

struct recorder_opts {
	FILE *out; /* borrowed */
	bool plaintext;
	int64_t wall_offset_ns;
	struct scrub_rules rules; /* for a scrubbed one */
	/* Takes what a process was started with out of a record of kind WIRE_PROC. */
	void (*scrub_proc)(struct wire_proc *p);
	/* Takes all but names of services and workloads out of one of kind WIRE_TOLD. */
	void (*scrub_told)(struct wire_told *t);
	uint8_t key[FILLER_KEY_BYTES]; /* random, for this recording alone, and then forgotten */
};

struct recorder;

/* Writes the header. Returns NULL with errno set. */
struct recorder *recorder__new(const struct recorder_opts *o);
void recorder__free(struct recorder *r); /* NULL is fine */
/* Every record that is fed to the pipeline, before it is. */
void recorder__wire(struct recorder *r, const struct wire *w);
/* Every event of an exchange that is a call. Not for a plain recording. */
void recorder__exchange(struct recorder *r, const struct exchange_event *ev);
/* The first failure: 0 or -errno. What could not be written is not in the file. */
int recorder__error(const struct recorder *r);
/* Bytes written. */
uint64_t recorder__bytes(const struct recorder *r);

#endif
