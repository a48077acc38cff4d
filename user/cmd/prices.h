/* SPDX-License-Identifier: BSD-2-Clause */
/* The price list that a command works with. */
#ifndef WT_CMD_PRICES_H
#define WT_CMD_PRICES_H

#include "price/price.h"

/* Reads file, or takes the built-in catalogue when it is NULL. NULL after an error on stderr. */
struct price_list *prices_load(const char *file);

/* Reads a whole file. Returns 0 and *ret_buf (free it), or -errno; -EFBIG over limit bytes. */
int file_read(const char *path, size_t limit, uint8_t **ret_buf, size_t *ret_n);

#endif
