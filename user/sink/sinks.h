/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sinks: where rows are sent, as a person writes it:
 *
 *   syslog+tls://siem.example:6514?ca=/etc/ssl/siem.pem&events=calls&name=siem
 */
#ifndef WT_SINK_SINKS_H
#define WT_SINK_SINKS_H

#include "sink/format.h"
#include "sink/sink_ops.h"

struct sink {
	const struct sink_ops *ops;
	void *state;
	char name[SINK_NAME_MAX]; /* its cursor's; without one given, its URL without the query */
	enum sink_format format;
	uint32_t wants; /* a bit for each enum outbox_kind */
};

struct sinks {
	struct sink list[SINKS_MAX];
	size_t count;
	char wrong[256]; /* what the last call said */
};

/* All return NULL, or what is wrong, which holds until the next call. */

/* Adds one; *ret_sink may be given more settings. */
const char *sinks__add(struct sinks *s, const char *url, struct sink **ret_sink);
/* A setting: name, events, format, or one of the sink's own. */
const char *sinks__set(struct sinks *s, struct sink *sink, const char *key, const char *value);
/* Whether they go together: to be asked when all are there. */
const char *sinks__check(struct sinks *s);
/* Moves all of from to the end of s. */
const char *sinks__join(struct sinks *s, struct sinks *from);
void sinks__fini(struct sinks *s);
void sinks__free(struct sinks *s); /* of one that was allocated; NULL is fine */
/* All that the sinks want. */
uint32_t sinks__wants(const struct sinks *s);
/* "stdout: | file:PATH | ...": how each may be written. */
const char *sinks_help(void);

#endif
