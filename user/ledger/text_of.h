/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_of: the text of a number (texts.h), for SQL. A subquery for each costs a call that is read
 * ten times what this does: few texts are of many calls, and a number is never another text's.
 */
#ifndef WT_LEDGER_TEXT_OF_H
#define WT_LEDGER_TEXT_OF_H

#include <sqlite3.h>

/*
 * text_of(value): of a number its text, NULL if there is none; any other value as it is. The
 * connection keeps what it has looked up. Returns SQLite's result.
 */
int text_of_create(sqlite3 *db);

#endif
