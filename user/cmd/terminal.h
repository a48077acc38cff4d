/* SPDX-License-Identifier: BSD-2-Clause */
/* terminal: what is known of where tables are printed. */
#ifndef WT_CMD_TERMINAL_H
#define WT_CMD_TERMINAL_H

#include <stdbool.h>

/* COLUMNS, else the width of the terminal that standard output is, else 80. */
int terminal_width(void);
/*
 * Takes the user's LC_CTYPE. Returns whether it is of UTF-8; where it is not, widths of characters
 * are those of UTF-8 all the same.
 */
bool terminal_is_utf8(void);

#endif
