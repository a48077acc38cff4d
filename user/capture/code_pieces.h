/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * code_pieces: a program's code read piece by piece, and where in a piece an instruction may be
 * that names an address. A program has 300 MB of code: what is done for each byte is done for many
 * at once, and each byte is read as seldom as can be.
 */
#ifndef WT_CAPTURE_CODE_PIECES_H
#define WT_CAPTURE_CODE_PIECES_H

#include "capture/code.h"

struct piece {
	const uint8_t *bytes;
	uint64_t addr;
	size_t own; /* what is looked for begins in these bytes */
	size_t n;   /* and ends in these */
};

typedef int (*piece_fn)(void *ctx, const struct piece *p);

/* What fn returns to be told no more, and all is well. */
#define PIECES_ENOUGH 1

/*
 * Tells fn all code: first what is from an address on, then what is before it. Returns 0, what fn
 * returned when that is neither 0 nor PIECES_ENOUGH, or image__read()'s error.
 */
int code_pieces(const struct image *img, uint64_t from, piece_fn fn, void *ctx);
/* Tells fn the data that tables of functions may be in. */
int table_pieces(const struct image *img, piece_fn fn, void *ctx);

/* The addresses that are of interest: from low to high. */
struct code_range {
	uint64_t low, high;
};

/* An instruction of x86-64 with four bytes that tell an address: its first byte, and the last one.
 */
struct x86_form {
	uint8_t mask, opcode; /* the first byte, as far as mask goes */
	uint8_t last;	      /* how far behind that the last byte is */
	bool relative;	      /* the four bytes tell how far from their end the address is */
};

/*
 * The first place of a piece, from `at` on, where such an instruction may be that tells an address
 * of the range: its first byte and its last one are right. p->own: there is none.
 */
size_t x86_form__next(const struct x86_form *form, const struct code_range *range,
		      const struct piece *p, size_t at);
/* The address that it tells. */
uint64_t x86_form__addr(const struct x86_form *form, const struct piece *p, size_t at);

/* Finds the starts of the functions around the places. Returns 0, or as code_searches__run(). */
int code_starts(const struct image *img, struct code_place *places, size_t count);

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* The address that an instruction of arm64 calls; 0: it is no direct call. */
static inline uint64_t arm64_call(const struct piece *p, size_t at)
{
	uint32_t w = get32(p->bytes + at);

	if ((w & 0xfc000000) != 0x94000000) /* bl, 26 bits with sign, in words */
		return 0;
	return p->addr + at + (uint64_t)((int64_t)((uint64_t)w << 38) >> 38) * 4;
}

#endif
