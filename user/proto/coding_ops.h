/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * coding_ops: one content coding. To add one: a file with its const struct, a line in coding.c's
 * table, a case in tests/unit/coding_test.c.
 */
#ifndef WT_PROTO_CODING_OPS_H
#define WT_PROTO_CODING_OPS_H

#include "proto/coding.h"

/* Decoded bytes leave in pieces of this size. */
#define CODING_PIECE 16384

/* Where a coding's bytes go; ends a bomb (proto_is_bomb()). */
struct coding_out {
	coding_emit_fn emit;
	void *ctx;
	uint64_t *total, fed;
};

/*
 * unread: how many of the bytes that were fed stand behind what these came of. Returns 0, or
 * -EMSGSIZE when the body is too large.
 */
int coding_out__put(struct coding_out *out, const uint8_t *p, size_t n, size_t unread);

struct coding_ops {
	const char *names[3]; /* IANA HTTP Content Coding Registry; ends with NULL */
	size_t state_size;    /* zeroed */
	/* 0, -EBADMSG, -EMSGSIZE, -ENOMEM */
	int (*feed)(void *state, struct span bytes, struct coding_out *out);
	size_t (*held)(const void *state); /* bytes, its window among them */
	/* What was fed is whole, as far as it goes. */
	bool (*whole)(const void *state);
	void (*fini)(void *state);
};

extern const struct coding_ops coding_zlib, coding_brotli, coding_zstd;

#endif
