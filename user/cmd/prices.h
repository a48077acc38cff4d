/* SPDX-License-Identifier: BSD-2-Clause */
/* The price list that a command works with. */
#ifndef WT_CMD_PRICES_H
#define WT_CMD_PRICES_H

#include "cmd/options.h"
#include "price/price.h"

/*
 * The catalogue that --prices names, else the built-in one; what --price and the configuration say
 * of single models comes before it. NULL after an error on stderr.
 */
struct price_list *prices_load(const struct options *o);

/* Reads a whole file. Returns 0 and *ret_buf (free it), or -errno; -EFBIG over limit bytes. */
int file_read(const char *path, size_t limit, uint8_t **ret_buf, size_t *ret_n);

#endif
