/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iterations: the parts of the work behind one answer. The figures of an answer of Anthropic's add
 * up its messages; what else was done for it is billed beside them. Those of Groq's systems are of
 * several models.
 */
#ifndef WT_PROVIDER_ITERATIONS_H
#define WT_PROVIDER_ITERATIONS_H

#include "provider/ops.h"

/* Of an answer, or an event: the last list that was told stands. A provider_ops.note. */
void iterations_note(struct fields *f, const struct json_value *v);
/* Of Groq's. */
void iterations_note_parts(struct fields *f, const struct json_value *v);
/* Of the traces of Bedrock's agents: each work of a model is a part. */
void iterations_note_traces(struct fields *f, const struct json_value *v);
/* Of a batch's results: the lists add up. */
void iterations_note_batch(struct fields *f, const struct json_value *v);
/* A provider_ops.beside. False, too, where some of it is of a kind that nobody knows. */
bool iterations_tell(const struct fields *f, struct call *call);
void iterations_free(struct fields *f);

#endif
