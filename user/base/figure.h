/* SPDX-License-Identifier: BSD-2-Clause */
/* figure: numbers in few columns, for tables that a person reads. Exact ones are for machines. */
#ifndef WT_BASE_FIGURE_H
#define WT_BASE_FIGURE_H

#include <stddef.h>
#include <stdint.h>

/* "812", "18.2k", "1.3M": five columns at most; n >= 0. Returns dst. */
const char *figure_count(int64_t n, char *dst, size_t cap);
/* A time as its largest unit: "42s", "7m", "3h", "12d"; ns >= 0. Returns dst. */
const char *figure_age(int64_t ns, char *dst, size_t cap);

#endif
