/* SPDX-License-Identifier: BSD-2-Clause */
/* Percent-encoding (RFC 3986 2.1), as URLs and W3C baggage have it. */
#ifndef WT_BASE_PERCENT_H
#define WT_BASE_PERCENT_H

#include "span.h"

/* Decodes into dst, cut at cap; what is no valid escape stays. Returns what was written. */
struct span percent_decode(struct span s, char *dst, size_t cap);

#endif
