/* SPDX-License-Identifier: BSD-2-Clause */
/* ecs: rows of the outbox, read again. What they hold may be missing, and anything. */
#ifndef WT_SINK_ECS_H
#define WT_SINK_ECS_H

#include <jansson.h>

#include "outbox.h"

/* By OCSF 1.8.0: a call as API Activity (6003), a finding as Detection Finding (2004). NULL: no
 * memory. */
json_t *ocsf_of(const struct outbox_row *row, const json_t *ecs, const char *host);
/* A call or finding in one sentence. */
void sink_sentence(const json_t *ecs, char *dst, size_t cap);
/* The text at "a.b.c"; NULL: there is none, or it is none. */
const char *ecs_text(const json_t *ecs, const char *path);
/* The value at "a.b.c", borrowed; NULL: there is none. */
json_t *ecs_get(const json_t *ecs, const char *path);

#endif
