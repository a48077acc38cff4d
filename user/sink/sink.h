/* SPDX-License-Identifier: BSD-2-Clause */
/* sink: entries as people and machines read them. The JSON's contract: include/call.schema.json. */
#ifndef WT_SINK_SINK_H
#define WT_SINK_SINK_H

#include <stdio.h>

#include "entry.h"

/* One JSON object and a newline. Returns 0, or -errno of the write or -ENOMEM. */
int sink_json__write(FILE *out, const struct entry *e);

/* The same of what an application uploaded of a call. */
int sink_json__write_upload(FILE *out, const struct upload_entry *e);

/* The heading over the lines, and one line a call, for a person. colour: ANSI sequences. */
int sink_line__heading(FILE *out, bool colour);
int sink_line__write(FILE *out, const struct entry *e, bool colour);

/* Adds up calls by model, for the bill that `exec` prints. */
struct bill;
struct bill *bill__new(void);
void bill__free(struct bill *b);
void bill__add(struct bill *b, const struct entry *e);
/* A table: model, calls, input, cached, output, dollars; totals; what is not in them and why. */
int bill__print(const struct bill *b, FILE *out, bool colour);
/* The same as one JSON object and a newline. */
int bill__print_json(const struct bill *b, FILE *out);

#endif
