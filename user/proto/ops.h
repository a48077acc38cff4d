/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proto_ops: one protocol. To add one: a file with its const struct, a line in proto.def, goldens
 * in tests/golden, a fuzz target.
 */
#ifndef WT_PROTO_OPS_H
#define WT_PROTO_OPS_H

#include "base/drops.h"
#include "base/share.h"
#include "exchange.h"

/* What all connections' states need of the stage. */
struct proto_env {
	exchange_emit_fn emit;
	void *ctx;
	struct drops *drops;
	uint64_t *last_exchange_id;
	struct share *streams; /* the pool of HTTP/2's streams */
	struct share *held;    /* what connections hold */
	uint8_t *joint;	       /* see struct events_to */
};

/* How a connection begins. */
struct proto_begin {
	struct shared *conn; /* it among those that hold memory */
	struct span first;   /* the bytes that sniff() took, the first of a direction */
	uint8_t dir;	     /* which one */
	bool joined; /* the other direction was in the middle of something when first seen */
};

enum sniff { SNIFF_NO = -1, SNIFF_MORE = 0, SNIFF_YES };

struct proto_ops {
	const char *name;
	size_t state_size; /* zeroed by the stage, which owns it */
	/* What the first bytes of a direction show. At most PROTO_SNIFF_MAX are asked for. */
	enum sniff (*sniff)(struct span bytes);
	/* env is borrowed for the state's life. */
	void (*init)(void *state, const struct proto_env *env, const struct proto_begin *begin);
	/* Returns false when the connection can't yield anything any more. */
	bool (*feed)(void *state, const struct chunk *c);
	/* Bytes of memory that the state takes, and what it holds of what passed. */
	size_t (*held)(const void *state);
	/* Every open exchange gets its END. */
	void (*fini)(void *state);
};

#define PROTO_SNIFF_MAX 32

extern const struct proto_ops proto_http1, proto_http2;

#endif
