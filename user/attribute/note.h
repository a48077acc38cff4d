/* SPDX-License-Identifier: BSD-2-Clause */
/* note: what was told of a process or container (struct wire_told), and what it means to an owner.
 */
#ifndef WT_ATTRIBUTE_NOTE_H
#define WT_ATTRIBUTE_NOTE_H

#include "owner.h"
#include "wire.h"

/* Shared by all who inherit it: children have their parent's environment. */
struct note {
	uint32_t refs;
	uint32_t teller; /* enum wire_teller */
	uint32_t n;	 /* bytes of text */
	char text[];	 /* names and values, each ended by NUL */
};

/* A copy of what was told, with one reference; NULL: no memory, or no sense. */
struct note *note__new(const struct wire_told *told);
struct note *note__ref(struct note *n); /* NULL is fine */
void note__unref(struct note *n);	/* NULL is fine */

/* How near a name comes to what a person calls it: the highest is the service (service.c). */
enum service_rank {
	SERVICE_RULE_OF_THUMB = 0, /* unit, container, script, executable */
	SERVICE_COMPOSE,
	SERVICE_WORKLOAD,
	SERVICE_APP,
	SERVICE_APP_NAME,
	SERVICE_ATTRIBUTE,
	SERVICE_OTEL,
};

struct service_name {
	enum service_rank rank;
	struct owner_value value;
};

/*
 * Sets what the note tells of the owner, in fields that nobody more trustworthy has set, and offers
 * names for the service. Labels are borrowed from the note.
 */
void note__apply(const struct note *n, struct owner *o, struct service_name *service);
/*
 * Leaves what note__apply() makes a field of: the rest is nobody's name of a service or workload,
 * and may be anything. A person is not left either, nor what begins as a key does.
 */
void told__scrub(struct wire_told *told);
/*
 * The workload of a pod that nobody told, from the name that it gave its pod:
 *   "web-7d4b9c6f5d-x2x9z" is of web, "backup-28473920-l8k2p" of backup, "db-0" of db
 */
struct span workload_of_pod(struct span pod);

#endif
