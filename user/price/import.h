/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * import: price lists that others keep, in their own formats, as rows of a catalogue. Decimals are
 * read as text, to a nano-dollar per million.
 */
#ifndef WT_PRICE_IMPORT_H
#define WT_PRICE_IMPORT_H

#include "price/catalogue.h"

/* One price: spans are borrowed until the callback returns. Returns 0, or -errno to end it all. */
typedef int (*price_import_fn)(void *ctx, const struct price_row *row);

/* Prices, or patterns of names, that a catalogue has no place for, as the list calls them. */
struct price_unplaced {
	char name[64]; /* "input_video_mtok"; what is longer is cut */
	unsigned int count;
};

/* Names that are told apart: LiteLLM's list, which has most, has 55. */
#define PRICE_UNPLACED_MAX 96

struct price_import_result {
	const char *format; /* "LiteLLM" */
	unsigned int rows;
	unsigned int rounded; /* prices finer than a nano-dollar per million */
	unsigned int
		refused; /* prices that are no decimal numbers, too large, or beside all others */
	struct price_unplaced unplaced[PRICE_UNPLACED_MAX];
	size_t unplaced_count;
	unsigned int unplaced_others; /* of names beyond those */
};

/* The list's format, by how it begins; NULL: none that is known. */
const char *price_import_format(struct span text);

/*
 * Reads a list of any format that is known (import.def). Returns 0; -EBADMSG with "FILE:12: byte
 * 345: what is wrong" in err; or what emit returned.
 */
int price_import(struct span text, const char *name, price_import_fn emit, void *ctx,
		 struct price_import_result *ret_result, char *err, size_t err_cap);

#endif
