/* SPDX-License-Identifier: BSD-2-Clause */
/* Text that a process chose, made fit to be shown. */
#ifndef WT_BASE_TEXT_H
#define WT_BASE_TEXT_H

#include "span.h"

/*
 * Valid UTF-8 without NUL: bytes that are none become U+FFFD; cut at cap. Returns dst, terminated.
 */
const char *text_utf8(struct span s, char *dst, size_t cap);
/* Fit for a terminal: control characters, which could steer it, become '?' as well. */
const char *text_terminal(struct span s, char *dst, size_t cap);
/* RFC 3339 in UTC with milliseconds: "2026-11-24T09:12:01.250Z". */
void text_time(int64_t wall_ns, char *dst, size_t cap);

/* An IPv6 address in network order; IPv4 in it (::ffff:192.0.2.1) as such: "192.0.2.1". */
void text_address(const uint8_t addr[16], char *dst, size_t cap);

/* Letters to be changed, added or left out to make b of a (Levenshtein). */
size_t text_distance(const char *a, const char *b);

#endif
