/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * events_ops: one framing. To add one: a file with its const struct, a line in events.c's table,
 * a case in tests/unit/events_test.c, a golden.
 */
#ifndef WT_PROTO_EVENTS_OPS_H
#define WT_PROTO_EVENTS_OPS_H

#include "proto/events.h"

/* Bytes that shows() is given, fewer where the body has no more. */
#define EVENTS_SHOW_MAX 12

struct events_ops {
	const char *types; /* Content-Types, separated by blanks */
	size_t state_size; /* zeroed by the core, which owns it */
	/* True when a body that begins with these bytes can only be of this framing; or NULL. */
	bool (*shows)(struct span first);
	void (*feed)(void *state, const struct events_to *to, struct drops *drops,
		     struct span bytes);
	void (*gap)(void *state);
	void (*end)(void *state, const struct events_to *to, struct drops *drops);
	size_t (*held)(const void *state); /* bytes */
	void (*fini)(void *state);
};

extern const struct events_ops events_sse;
extern const struct events_ops events_eventstream;
extern const struct events_ops events_ndjson;
extern const struct events_ops events_grpc;

#endif
