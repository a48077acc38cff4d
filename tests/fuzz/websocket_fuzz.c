// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hostile bytes on one direction of a WebSocket: nothing crashes, and where nothing is missing the
 * messages do not depend on how the bytes were cut. The first byte of the input says whose
 * direction it is, what was agreed on, and how the bytes are cut.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "proto/websocket.h"

struct outcome {
	uint64_t messages, digest;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_message(void *ctx, struct span message)
{
	struct outcome *o = ctx;

	o->messages++;
	o->digest = hash_bytes(o->digest, message.p, message.n);
}

static void on_close(void *ctx)
{
	struct outcome *o = ctx;

	o->digest ^= ++o->messages;
}

static struct outcome run(uint8_t how, struct span b, size_t piece, bool gaps)
{
	struct outcome o = { .digest = HASH_SEED };
	struct drops drops = { { 0 } };
	struct websocket_to to = { .message = on_message, .close = on_close, .ctx = &o };
	struct websocket_terms terms = { .deflate = how & 2, .fresh = { how & 4, how & 4 } };
	struct websocket *w = websocket__new(how & 1, &terms, &to, &drops);

	for (size_t at = 0, n; w && at < b.n; at += n) {
		n = b.n - at < piece ? b.n - at : piece;
		if (gaps && at % 3 == 1)
			websocket__gap(w, 1 + at % 11);
		websocket__feed(w, span_of(b.p + at, n), gaps);
	}
	websocket__free(w);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, cut;
	struct span b;

	if (!size)
		return 0;
	b = span_of(data + 1, size - 1);
	run(data[0], b, 1 + (data[0] >> 3), true);
	whole = run(data[0], b, b.n, false);
	cut = run(data[0], b, 1 + (data[0] >> 3), false);
	if (whole.messages != cut.messages || whole.digest != cut.digest)
		abort();
	return 0;
}
