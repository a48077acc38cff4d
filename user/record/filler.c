// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include <sodium/crypto_generichash.h>

#include "record/filler.h"

/* Blocks are chained: a block's filler goes by all of the text up to its end. */
static void turn(struct filler *f, uint8_t *out)
{
	uint8_t text[sizeof(f->chain) + FILLER_BLOCK + 1], hash[64];

	memcpy(text, f->chain, sizeof(f->chain));
	memset(text + sizeof(f->chain), 0, FILLER_BLOCK);
	memcpy(text + sizeof(f->chain), f->block, f->held);
	text[sizeof(text) - 1] = (uint8_t)f->held;
	crypto_generichash(hash, sizeof(hash), text, sizeof(text), f->key, FILLER_KEY_BYTES);
	memcpy(f->chain, hash, sizeof(f->chain));
	for (size_t i = 0; i < f->held; i++)
		out[i] = (uint8_t)('a' + hash[32 + i] % 26);
	f->held = 0;
}

void filler__begin(struct filler *f, const uint8_t key[FILLER_KEY_BYTES], uint64_t salt)
{
	*f = (struct filler){ .key = key };
	memcpy(f->chain, &salt, sizeof(salt));
}

size_t filler__feed(struct filler *f, const uint8_t *in, size_t n, uint8_t *out)
{
	size_t written = 0;

	while (n) {
		size_t take = FILLER_BLOCK - f->held;

		if (take > n)
			take = n;
		memcpy(f->block + f->held, in, take);
		f->held += take;
		in += take;
		n -= take;
		if (f->held == FILLER_BLOCK) {
			turn(f, out + written);
			written += FILLER_BLOCK;
		}
	}
	return written;
}

size_t filler__end(struct filler *f, uint8_t *out)
{
	size_t n = f->held;

	if (n)
		turn(f, out);
	return n;
}

void filler_fill(const uint8_t key[FILLER_KEY_BYTES], uint64_t salt, uint8_t *p, size_t n)
{
	struct filler f;
	size_t written;

	filler__begin(&f, key, salt);
	written = filler__feed(&f, p, n, p);
	filler__end(&f, p + written);
}
