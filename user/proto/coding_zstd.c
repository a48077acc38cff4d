// SPDX-License-Identifier: BSD-2-Clause
/* zstd (RFC 8878), with the window that RFC 9659 allows in HTTP. */
#include <errno.h>
#include <zstd.h>

#include "proto/coding_ops.h"

/* 2^23: 8 MiB. A larger window is a sender's attempt at our memory. */
#define WINDOW_LOG_MAX 23

struct zstd {
	ZSTD_DStream *stream;
	bool within; /* a frame */
};

static int zstd_feed(void *state, struct span bytes, struct coding_out *out)
{
	struct zstd *c = state;
	ZSTD_inBuffer in = { .src = bytes.p, .size = bytes.n };
	size_t filled;

	if (!c->stream) {
		c->stream = ZSTD_createDStream();
		if (!c->stream)
			return -ENOMEM;
		ZSTD_DCtx_setParameter(c->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	}
	do {
		uint8_t piece[CODING_PIECE];
		ZSTD_outBuffer to = { .dst = piece, .size = sizeof(piece) };
		size_t r = ZSTD_decompressStream(c->stream, &to, &in);
		int err;

		if (ZSTD_isError(r))
			return -EBADMSG;
		filled = to.pos;
		c->within = r != 0;
		err = coding_out__put(out, piece, filled, in.size - in.pos);
		if (err)
			return err;
	} while (in.pos < in.size || filled == CODING_PIECE);
	return 0;
}

static size_t zstd_held(const void *state)
{
	const struct zstd *c = state;

	return c->stream ? ZSTD_sizeof_DStream(c->stream) : 0;
}

static bool zstd_whole(const void *state)
{
	const struct zstd *c = state;

	return !c->within;
}

static void zstd_fini(void *state)
{
	struct zstd *c = state;

	ZSTD_freeDStream(c->stream);
}

const struct coding_ops coding_zstd = {
	.names = { "zstd" },
	.state_size = sizeof(struct zstd),
	.feed = zstd_feed,
	.held = zstd_held,
	.whole = zstd_whole,
	.fini = zstd_fini,
};
