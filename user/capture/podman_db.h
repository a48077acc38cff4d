/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * podman_db: what Podman keeps of a container in its database (libpod: SQLite, from version 4.8 on,
 * before that Bolt), read from a copy in memory. Pure. The file may be a rootless user's, who may
 * have made it otherwise.
 */
#ifndef WT_CAPTURE_PODMAN_DB_H
#define WT_CAPTURE_PODMAN_DB_H

#include "span.h"

/* json: {"id":"4f5a...","name":"web","rootfsImageName":"docker.io/...","labels":{...},...} */
typedef void (*podman_config_fn)(void *ctx, struct span json);

/*
 * Tells the configuration of the container with that id, if it is in there; borrowed until the
 * callback returns. file: the whole database; two bytes of its head may be changed.
 */
void podman_db_read(uint8_t *file, size_t n, struct span id, podman_config_fn fn, void *ctx);

#endif
