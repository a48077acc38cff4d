/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state: what a container's runtime keeps of it on disk, as names and values of OpenTelemetry's.
 * Pure. Labels and names in it are whatever somebody wrote into an image.
 */
#ifndef WT_CAPTURE_STATE_H
#define WT_CAPTURE_STATE_H

#include "span.h"
#include "wire.h"

enum state_kind {
	STATE_DOCKER = 1,  /* /var/lib/docker/containers/ID/config.v2.json */
	STATE_OCI,	   /* config.json of the bundle (OCI runtime spec): annotations */
	STATE_PODMAN_LIST, /* .../storage/overlay-containers/containers.json: of all containers */
	STATE_KINDS,
};

/* Larger ones are not read: a list of a thousand containers has 512 KiB. */
#define STATE_BYTES_MAX (4u << 20)

/*
 * Adds a name and its value; cut off where there is no more room. Returns false when it was not
 * added.
 */
bool told__add(struct wire_told *t, struct span name, struct span value);
/* Adds what the file says of the container with that id. */
void state_read(enum state_kind kind, struct span id, struct span file, struct wire_told *t);

#endif
