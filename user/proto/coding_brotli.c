// SPDX-License-Identifier: BSD-2-Clause
/* br (RFC 7932). */
#include <brotli/decode.h>
#include <errno.h>

#include "proto/coding_ops.h"

struct brotli {
	BrotliDecoderState *state;
};

static int brotli_feed(void *state, struct span bytes, struct coding_out *out)
{
	struct brotli *c = state;
	size_t n = bytes.n;
	const uint8_t *p = bytes.p;
	BrotliDecoderResult r;

	if (!c->state)
		c->state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	if (!c->state)
		return -ENOMEM;
	if (BrotliDecoderIsFinished(c->state))
		return 0;
	do {
		uint8_t piece[CODING_PIECE], *at = piece;
		size_t room = sizeof(piece);
		int err;

		r = BrotliDecoderDecompressStream(c->state, &n, &p, &room, &at, NULL);
		err = coding_out__put(out, piece, sizeof(piece) - room);
		if (!err && r == BROTLI_DECODER_RESULT_ERROR)
			err = -EBADMSG;
		if (err)
			return err;
	} while (r == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT);
	return 0;
}

static bool brotli_whole(const void *state)
{
	const struct brotli *c = state;

	return !c->state || BrotliDecoderIsFinished(c->state);
}

static void brotli_fini(void *state)
{
	struct brotli *c = state;

	if (c->state)
		BrotliDecoderDestroyInstance(c->state);
}

const struct coding_ops coding_brotli = {
	.names = { "br" },
	.state_size = sizeof(struct brotli),
	.feed = brotli_feed,
	.whole = brotli_whole,
	.fini = brotli_fini,
};
