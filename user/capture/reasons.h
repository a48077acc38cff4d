/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reasons: functions of BoringSSL and AWS-LC in a stripped program, told by what they say on an
 * error: which source file they are from, and which error it is.
 *
 *   SSL_write  mov ecx, "../ssl/ssl_lib.cc"; mov edi, 16; xor esi, esi; mov edx, 111; mov r8d, 979
 *
 * The errors of a function tell which one it is. Their numbers are part of the library's interface;
 * line numbers change with each version, registers with each compiler.
 */
#ifndef WT_CAPTURE_REASONS_H
#define WT_CAPTURE_REASONS_H

#include "capture/code.h"

struct reasons {
	const struct image *img;
	const struct code_search *search;
	uint32_t (*bit)(uint64_t reason); /* of an error that tells something; 0 for another one */

	uint32_t says[CODE_PLACES]; /* of the function at search->places[i].start */
	uint32_t seen;
};

/*
 * Adds where the path of a source file is that ends like that, which is whole before: "/ssl/s3.cc".
 * Returns 0; -ENOENT when there is no such file, -ENOTUNIQ when there are several; -ENODATA.
 */
int reasons_file(const struct image *img, const char *name, struct code_search *search);
/*
 * Reads what the functions of the files say: img, search and bit are set, the search was run.
 * Returns 0; -ESRCH when no code names a file; or -E2BIG.
 */
int reasons__read(struct reasons *r);
/* True when the place is in a function of that file (the n-th one added) that says all of `says`
 * and nothing of `not`.
 */
bool reasons__match(const struct reasons *r, int place, int file, uint32_t says, uint32_t not );
/* The one such function. Returns 0, -ESRCH or -ENOTUNIQ. */
int reasons__function(const struct reasons *r, int file, uint32_t says, uint32_t not,
		      uint64_t *ret_start);
/*
 * Tells fn each place in the file of a text (of n bytes, as image__search()) in what is constant.
 */
int image_constants(const struct image *img, const void *text, size_t n,
		    int (*fn)(void *ctx, uint64_t offset), void *ctx);
/* True when what is constant in the image has that text, and something before it. */
bool image_says(const struct image *img, const char *text);

#endif
