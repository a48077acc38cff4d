/* SPDX-License-Identifier: BSD-2-Clause */
/* base64 (RFC 4648 4), padding or not. */
#ifndef WT_BASE_BASE64_H
#define WT_BASE_BASE64_H

#include "span.h"

/* Room that decoding needs. */
#define BASE64_ROOM(n) ((n) / 4 * 3 + 3)

/* Decodes into dst. Returns 0, or -EBADMSG at what is not base64. */
int base64_decode(struct span text, uint8_t *dst, size_t *ret_n);

#endif
