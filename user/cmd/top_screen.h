/* SPDX-License-Identifier: BSD-2-Clause */
/* top_screen: the terminal: shows pages, gives keys, and is as it was when it ends, however it
 * ends.
 */
#ifndef WT_CMD_TOP_SCREEN_H
#define WT_CMD_TOP_SCREEN_H

#include "top/page.h"

/* Returns 0, or -ENOTTY: TERM is of no terminal that can be drawn on. One at a time. */
int top_screen__open(bool colour);
void top_screen__close(void);
/* Columns and lines as they are now. */
void top_screen__size(int *ret_width, int *ret_height);
void top_screen__show(const struct page *p);
/*
 * Waits so long for a key. Returns a character or enum top_key; 0: none came, or the size is
 * another now; -1: a signal or the terminal's end: it is over.
 */
int top_screen__key(int timeout_ms);

#endif
