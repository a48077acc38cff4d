/* SPDX-License-Identifier: BSD-2-Clause */
/* format: a row of the outbox as its receiver wants it. Rows are kept by Elastic's common schema.
 */
#ifndef WT_SINK_FORMAT_H
#define WT_SINK_FORMAT_H

#include "base/buffer.h"
#include "outbox.h"

enum sink_format { FORMAT_ECS, FORMAT_OCSF };

/* As a person writes it: "ecs". -EINVAL: there is no such. */
int sink_format_parse(const char *name, enum sink_format *ret_format);

/*
 * Writes the row's line into out, over what is there. host: this one's name. Returns 0, -EBADMSG
 * when the row is no JSON object, -ENOMEM.
 */
int sink_format(enum sink_format format, const struct outbox_row *row, const char *host,
		struct buffer *out);

#endif
