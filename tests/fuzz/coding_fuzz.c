// SPDX-License-Identifier: BSD-2-Clause
/*
 * The decoders of Content-Encoding: no crash, bounded output, and what is whole decodes alike
 * however it is cut. The first byte of the input chooses the coding, the second one how it is cut.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "proto/coding.h"
#include "proto/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	uint64_t digest, bytes;
	int err;
};

static void on_bytes(void *ctx, struct span bytes)
{
	struct outcome *o = ctx;

	/* One at a time: the pieces in which they come are not theirs. */
	for (size_t i = 0; i < bytes.n; i++)
		o->digest = o->digest * 0x100000001b3ull ^ bytes.p[i];
	o->bytes += bytes.n;
	if (o->bytes > PROTO_BODY_MAX)
		abort();
}

static struct outcome run(struct span name, const uint8_t *data, size_t size, size_t piece)
{
	struct outcome o = { .digest = HASH_SEED };
	bool known;
	struct coding *c = coding__new(name, &known);

	if (!known)
		abort();
	for (size_t at = 0; c && at < size && !o.err; at += piece)
		o.err = coding__feed(c, span_of(data + at, size - at < piece ? size - at : piece),
				     on_bytes, &o);
	coding__free(c);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "gzip", "deflate", "br", "zstd" };
	struct outcome whole, cut;
	struct span name;

	if (size < 3)
		return 0;
	name = span_str(names[data[0] % 4]);
	whole = run(name, data + 2, size - 2, size);
	cut = run(name, data + 2, size - 2, 1 + data[1] % 32);
	if (whole.err != cut.err)
		abort();
	if (!whole.err && (whole.digest != cut.digest || whole.bytes != cut.bytes))
		abort();
	return 0;
}
