/* SPDX-License-Identifier: BSD-2-Clause */
/* syslog: rows as messages by RFC 5424, over whatever carries them. */
#ifndef WT_SINK_SYSLOG_H
#define WT_SINK_SYSLOG_H

#include "base/buffer.h"
#include "sink/sink_ops.h"

/* More than any receiver takes by default: rsyslog cuts at 8 KB, syslog-ng at 64. */
#define SYSLOG_MESSAGE_MAX (256u << 10)

struct syslog {
	uint8_t facility; /* RFC 5424 6.2.1 */
	char host[256];	  /* who says so */
};

void syslog__init(struct syslog *s);
/* "daemon", "local0". NULL, or what is wrong. */
const char *syslog__set_facility(struct syslog *s, const char *name);
/* Finds out who says so, before the first message. */
void syslog__open(struct syslog *s);
/*
 * Adds the message to out: "<30>1 2026-11-24T09:12:01.250Z host wiretally 812 call [...] {...}".
 * counted: with its length before it (RFC 6587 3.4.1). Returns 0, -EMSGSIZE or -ENOMEM.
 */
int syslog__add(const struct syslog *s, const struct sink_row *row, bool counted,
		struct buffer *out);

#endif
