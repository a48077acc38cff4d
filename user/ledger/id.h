/* SPDX-License-Identifier: BSD-2-Clause */
/* id: of a call or run, as who asks writes it: its first hex digits are enough. */
#ifndef WT_LEDGER_ID_H
#define WT_LEDGER_ID_H

#include <sqlite3.h>
#include <stdbool.h>

/* The longest: a call's. */
#define ID_BYTES 16

/* Nothing but lower-case hex digits, and no more than an id has. */
bool id_is_hex(const char *id);
/*
 * Binds two parameters, first and first + 1: ids that begin with these digits, which are bytes in
 * the ledger (COLUMN_HEX), are >= the one and <= the other. Returns SQLite's result.
 */
int id_bind_ends(sqlite3_stmt *s, int first, const char *id);

#endif
