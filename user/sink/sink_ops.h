/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sink_ops: one way to send rows to a receiver, as data. Unlike other stages sinks do I/O, and
 * wait: each runs in a process of its own, without privileges, and holds up nobody but itself. To
 * add one: a file with its ops, and a line in sinks.def.
 */
#ifndef WT_SINK_SINK_OPS_H
#define WT_SINK_SINK_OPS_H

#include <stdlib.h>
#include <sys/types.h>

#include "outbox.h"

/* What a receiver may take to answer, and to take what it is sent, before it counts as down. */
#define SINK_PATIENCE_S 10

/* Where its URL points: syslog+tcp://[::1]:601/... Parts that it lacks are "". */
struct sink_where {
	const char *host, *port, *path;
};

struct sink_row {
	const struct outbox_row *row;
	const char *host; /* on which it was seen: letters, digits, "-", "." and "_" alone */
	struct span text; /* in the format that was asked for: one line, no newline */
};

/*
 * Functions return 0 or -errno, with one sentence in err (SINK_ERROR_MAX) where they have one. What
 * set() and where() return is NULL, or what is wrong, to stand behind what it is about.
 */
struct sink_ops {
	const char *scheme;
	const char *address; /* what follows the scheme, for a person: "//HOST[:514]" */
	const char *options; /* its own, blank-separated */
	size_t state_size;
	/*
	 * No receiver of its kind says what it has: it is taken to have what was sent so long ago
	 * over a connection that holds. 0: what was flushed is there.
	 */
	unsigned int settle_ms;
	void (*init)(void *state); /* defaults; may be NULL */
	const char *(*where)(void *state, const struct sink_where *w);
	const char *(*set)(void *state, const char *key, const char *value);
	/* Once, with the rights of who started it: for the user that it will run as. May be NULL.
	 */
	int (*prepare)(void *state, uid_t uid, gid_t gid, char *err);
	int (*open)(void *state, char *err);
	/* Takes a row; it may be sent by flush() only. -EMSGSIZE: that row can't be sent ever. */
	int (*write)(void *state, const struct sink_row *row, char *err);
	int (*flush)(void *state, char *err);
	/* Is the receiver still there, as far as can be told while nothing is sent? May be NULL. */
	int (*idle)(void *state, char *err);
	/* Says good-bye. 0: the receiver has all that was sent. May be NULL: that can't be told. */
	int (*finish)(void *state, char *err);
	void (*close)(void *state); /* of what is not open, too: it does nothing then */
};

/* "connect: Connection refused" into err; returns -error. */
int sink_error(char *err, int error, const char *what);
/* "10k", "100M", "2G" in bytes; "90s", "15m", "12h", "7d" in seconds. 0 or -EINVAL. */
int sink_parse_bytes(const char *text, int64_t *ret_bytes);
int sink_parse_seconds(const char *text, int64_t *ret_seconds);

#endif
