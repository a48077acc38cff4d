/* SPDX-License-Identifier: BSD-2-Clause */
/* chunk: a run of bytes of one direction of one connection, in order, any gap before it marked. */
#ifndef WT_CHUNK_H
#define WT_CHUNK_H

#include "span.h"
#include "wire.h"

/* A process: a pid alone is reused, a pid with its start time is not. */
struct proc_id {
	uint32_t tgid;
	uint64_t start_ns; /* ns since boot */
};

enum chunk_flag {
	CHUNK_CALL_FIRST = 1 << 0,   /* bytes[0] is the first byte of a TLS call: a resync point */
	CHUNK_END = 1 << 1,	     /* nothing more comes in this direction; bytes may be empty */
	CHUNK_MISSED_START = 1 << 2, /* the connection was open before it was watched */
	CHUNK_UNWATCHED = 1 << 3,    /* with CHUNK_END: it may go on, nobody looks any more */
};

struct chunk {
	uint64_t ts;	   /* ns, CLOCK_MONOTONIC */
	uint64_t conn;	   /* see struct wire */
	uint64_t off;	   /* of bytes.p[0] */
	uint64_t gap;	   /* bytes missing directly before bytes.p[0] */
	struct span bytes; /* borrowed until the emit call returns */
	struct proc_id proc;
	uint64_t cgroup;
	uint8_t dir; /* enum wire_dir */
	uint8_t lib; /* enum wire_lib */
	uint8_t flags;
};

typedef void (*chunk_emit_fn)(void *ctx, const struct chunk *c);

#endif
