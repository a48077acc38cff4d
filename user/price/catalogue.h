/* SPDX-License-Identifier: BSD-2-Clause */
/* The catalogue as it is in memory; private to the price stage. */
#ifndef WT_PRICE_CATALOGUE_H
#define WT_PRICE_CATALOGUE_H

#include "price/price.h"

/* One line of the catalogue: prices of a model in a service tier, from a context size on. */
struct price_row {
	struct span provider, model, tier, match; /* into the list's text */
	int64_t over;		      /* input tokens beyond which it holds; 0: always */
	int64_t price[USAGE_CLASSES]; /* nano-dollars per million tokens */
	uint32_t known;		      /* classes that have a price */
};

struct price_list {
	char *text;
	size_t text_len;
	char version[32];
	struct price_row *rows;
	size_t count, cap;
	struct price_list *own; /* what somebody pays in place of it; NULL: nothing else */
};

/*
 * How well a row's patterns fit a model: 0 not at all, more is better; an exact name beats any
 * prefix, a long prefix a short one.
 */
uint32_t price_row__fits(const struct price_row *r, struct span model);

#endif
