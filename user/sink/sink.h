/* SPDX-License-Identifier: BSD-2-Clause */
/* sink: entries as people and machines read them. The JSON's contract: include/call.schema.json. */
#ifndef WT_SINK_SINK_H
#define WT_SINK_SINK_H

#include <stdio.h>

#include "action.h"
#include "entry.h"
#include "finding.h"
#include "gpu.h"

/* One JSON object and a newline. Returns 0, or -errno of the write or -ENOMEM. */
int sink_json__write(FILE *out, const struct entry *e);

/* The same of what an application uploaded of a call. */
int sink_json__write_upload(FILE *out, const struct upload_entry *e);

/* The same of a finding: include/finding.schema.json. */
int sink_json__write_finding(FILE *out, const struct finding *f);
/* What was found, whose it is, what it costs, in one sentence, fit for a terminal. */
void sink_finding_text(const struct finding *f, char *dst, size_t cap);
/* "$12.34", to the cent above a dollar; cap >= 40. Returns dst. */
const char *sink_dollars(char *dst, size_t cap, int64_t nano);
int sink_line__write_finding(FILE *out, const struct finding *f, bool colour);

/* The same of an action: include/action.schema.json. */
int sink_json__write_action(FILE *out, const struct action *a);
/* Whom it was for, what came of it, who ordered it, in one sentence, fit for a terminal. */
void sink_action_text(const struct action *a, char *dst, size_t cap);
int sink_line__write_action(FILE *out, const struct action *a, bool colour);

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
/* The same as one JSON object and a newline. steps: its "steps", an array that is taken over; or
 * NULL. */
struct json_t;
int bill__print_json(const struct bill *b, struct json_t *steps, FILE *out);

/* What a GPU did in a stretch of time; figures that are not known are left out. */
int sink_json__write_gpu_window(FILE *out, const struct gpu_window *w);

#endif
