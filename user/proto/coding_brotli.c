// SPDX-License-Identifier: BSD-2-Clause
/* br (RFC 7932). */
#include <brotli/decode.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "proto/coding_ops.h"

struct brotli {
	BrotliDecoderState *state;
	size_t held; /* its window grows with what passes, up to 16 MiB */
};

/* What is in front of each piece of memory: how long it is, and room that keeps it aligned. */
#define FRONT sizeof(max_align_t)

static void *take(void *opaque, size_t n)
{
	struct brotli *c = opaque;
	uint8_t *p = n < SIZE_MAX - FRONT ? malloc(FRONT + n) : NULL;

	if (!p)
		return NULL;
	memcpy(p, &n, sizeof(n));
	c->held += n;
	return p + FRONT;
}

static void give_back(void *opaque, void *at)
{
	struct brotli *c = opaque;
	uint8_t *p = at ? (uint8_t *)at - FRONT : NULL;
	size_t n = 0;

	if (p)
		memcpy(&n, p, sizeof(n));
	c->held -= n;
	free(p);
}

static int brotli_feed(void *state, struct span bytes, struct coding_out *out)
{
	struct brotli *c = state;
	size_t n = bytes.n;
	const uint8_t *p = bytes.p;
	BrotliDecoderResult r;

	if (!c->state)
		c->state = BrotliDecoderCreateInstance(take, give_back, c);
	if (!c->state)
		return -ENOMEM;
	if (BrotliDecoderIsFinished(c->state))
		return 0;
	do {
		uint8_t piece[CODING_PIECE], *at = piece;
		size_t room = sizeof(piece);
		int err;

		r = BrotliDecoderDecompressStream(c->state, &n, &p, &room, &at, NULL);
		err = coding_out__put(out, piece, sizeof(piece) - room, n);
		if (!err && r == BROTLI_DECODER_RESULT_ERROR)
			err = -EBADMSG;
		if (err)
			return err;
		/* It asks for input, too, while what there is no room for is still with it. */
	} while (r == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT ||
		 (r == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT &&
		  BrotliDecoderHasMoreOutput(c->state)));
	return 0;
}

static size_t brotli_held(const void *state)
{
	return ((const struct brotli *)state)->held;
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
	.held = brotli_held,
	.whole = brotli_whole,
	.fini = brotli_fini,
};
