/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state: what a container's runtime, or kubelet, keeps of it in files, as names and values of
 * OpenTelemetry's. Pure. Labels and names in it are whatever somebody wrote into an image.
 */
#ifndef WT_CAPTURE_STATE_H
#define WT_CAPTURE_STATE_H

#include "span.h"
#include "wire.h"

enum state_kind {
	STATE_DOCKER = 1,  /* /var/lib/docker/containers/ID/config.v2.json */
	STATE_OCI,	   /* config.json of the bundle (OCI runtime spec): annotations */
	STATE_PODMAN_LIST, /* .../storage/overlay-containers/containers.json: of all containers */
	STATE_PODS,	   /* what kubelet answers on /pods: of all pods of the node */
	STATE_PODMAN_DB,   /* .../storage/db.sql, libpod/bolt_state.db: of all, labels too */
	STATE_KINDS,
};

/* Larger ones are not read: a node's pods, 500 at most, have some 8 MiB. */
#define STATE_BYTES_MAX (32u << 20)

struct state_reader;

typedef void (*state_told_fn)(void *ctx, const struct wire_told *t);

/*
 * Adds a name and its value; cut off where there is no more room. Returns false when it was not
 * added.
 */
bool told__add(struct wire_told *t, struct span name, struct span value);
/*
 * Tells what the file says of the container with that id; of STATE_PODS for each pod and container
 * what it says of it. id: borrowed. NULL: no memory.
 */
struct state_reader *state_reader__new(enum state_kind kind, struct span id, state_told_fn fn,
				       void *ctx);
void state_reader__feed(struct state_reader *r, struct span bytes);
/* The end of the file: tells what is left. NULL is fine. */
void state_reader__end(struct state_reader *r);

#endif
