/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filler: text of the same length in place of a secret one. Under one key and salt equal texts get
 * equal fillers, texts with a common beginning fillers with one, and nobody without the key comes
 * back from a filler to its text, nor can try out guesses.
 */
#ifndef WT_RECORD_FILLER_H
#define WT_RECORD_FILLER_H

#include <stddef.h>
#include <stdint.h>

#define FILLER_KEY_BYTES 32
/* A filler is made of so many bytes at a time: what is fed may come out later. */
#define FILLER_BLOCK 32

struct filler {
	const uint8_t *key; /* borrowed */
	uint8_t chain[32];  /* all that came before this block */
	uint8_t block[FILLER_BLOCK];
	size_t held; /* bytes in block */
};

/* salt: texts under different salts have nothing in common; 0 for texts that are compared. */
void filler__begin(struct filler *f, const uint8_t key[FILLER_KEY_BYTES], uint64_t salt);
/* Writes at most n + FILLER_BLOCK bytes to out, which may be in. Returns how many. */
size_t filler__feed(struct filler *f, const uint8_t *in, size_t n, uint8_t *out);
/* Writes the rest, less than FILLER_BLOCK bytes. Returns how many. */
size_t filler__end(struct filler *f, uint8_t *out);
/* A whole text in place. */
void filler_fill(const uint8_t key[FILLER_KEY_BYTES], uint64_t salt, uint8_t *p, size_t n);

#endif
