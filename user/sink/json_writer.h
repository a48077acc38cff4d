/* SPDX-License-Identifier: BSD-2-Clause */
/* json_writer: objects of an entry, part by part; whether there was memory is asked at the end. */
#ifndef WT_SINK_JSON_WRITER_H
#define WT_SINK_JSON_WRITER_H

#include <jansson.h>
#include <stdio.h>

#include "hop.h"
#include "owner.h"

/* Of both kinds of lines: include/call.schema.json, include/upload.schema.json. */
#define SCHEMA_VERSION 1
#define ECS_VERSION    "9.1.0"

/* jansson's setters take what they are given also when it is NULL for want of memory. */
struct json_writer {
	bool failed;
};

void json_set(struct json_writer *w, json_t *o, const char *key, json_t *value);
/* A new object within o. */
json_t *json_child(struct json_writer *w, json_t *o, const char *key);
void json_set_int(struct json_writer *w, json_t *o, const char *key, int64_t n);
/* Empty text is unknown text: absent. What a process sent may be anything but UTF-8. */
void json_set_text(struct json_writer *w, json_t *o, const char *key, struct span s);
void json_set_str(struct json_writer *w, json_t *o, const char *key, const char *s);
void json_set_time(struct json_writer *w, json_t *o, const char *key, int64_t wall_ns);
/* Writes the object and a newline. Returns 0, or -errno of the write or -ENOMEM. */
int json_put_line(FILE *out, const struct json_writer *w, const json_t *o);
/* An object that stayed empty goes: it would say nothing. */
void json_drop_empty(json_t *o, const char *key);

/* wiretally.owner, wiretally.lineage: into the object "wiretally". */
void json_owner(struct json_writer *w, json_t *t, const struct owner *o);
/*
 * wiretally.hop, wiretally.charge_role; nothing for a client's own call. via: whose process it was
 * seen at, may be NULL.
 */
void json_hop(struct json_writer *w, json_t *t, const struct hop *hop, const struct owner *via);
/* process, user: into the entry. */
void json_process(struct json_writer *w, json_t *entry, const struct owner *o);
/* container, orchestrator, service, labels: into the entry. */
void json_platform(struct json_writer *w, json_t *entry, const struct owner *o);

#endif
