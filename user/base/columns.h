/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * columns: text measured in columns of a terminal. A letter is no byte: "é" has two bytes or three,
 * "日" two columns, a combining accent none. Widths are those of the locale (LC_CTYPE), which a
 * program sets at its start; where that knows only ASCII each character is taken to have one
 * column.
 */
#ifndef WT_BASE_COLUMNS_H
#define WT_BASE_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

/* Columns of a text that text_terminal() made. */
size_t text_columns(const char *text);
/*
 * The same, cut or filled to exactly so many columns: what was cut ends with an ellipsis, a wide
 * character is never cut in two, more than two accents on one letter are left out. ascii: what is
 * no ASCII becomes '?'. Returns dst, terminated; cap: 10 * columns + 8 holds any.
 */
const char *text_fit(const char *text, size_t columns, bool ascii, char *dst, size_t cap);

#endif
