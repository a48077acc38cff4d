/* SPDX-License-Identifier: BSD-2-Clause */
/* The price list that a command works with. */
#ifndef WT_CMD_PRICES_H
#define WT_CMD_PRICES_H

#include "cmd/options.h"
#include "price/price.h"

/* A catalogue of every model there is stays under 2 MiB. */
#define CATALOGUE_MAX (64u << 20)

/*
 * The catalogue that --prices names, else the built-in one with the host's own list before it; what
 * --price and the configuration say of single models comes before both. NULL after an error on
 * stderr.
 */
struct price_list *prices_load(const struct options *o);
/* The same without what single models are said to cost: lists alone. */
struct price_list *prices_load_lists(const struct options *o);
/* Of a list that prices_load_lists() gave: the host's own; NULL: there is none. */
const struct price_list *prices_own(const struct price_list *l);

/* Reads a whole file. Returns 0 and *ret_buf (free it), or -errno; -EFBIG over limit bytes. */
int file_read(const char *path, size_t limit, uint8_t **ret_buf, size_t *ret_n);

#endif
