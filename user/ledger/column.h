/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * column: what is written of a call, and the tables made of that. Rows are in `entries`, where a
 * text that comes often is its number in `texts`; `calls` is the same with its texts, for readers.
 */
#ifndef WT_LEDGER_COLUMN_H
#define WT_LEDGER_COLUMN_H

#include <sqlite3.h>
#include <stddef.h>

enum column_kind {
	COLUMN_INTEGER,
	COLUMN_TEXT, /* as it is: others have others */
	COLUMN_HEX,  /* hex digits: their bytes, else as it is */
	COLUMN_NAME, /* often the same: its number in texts, or as it is while it is new */
};

struct column {
	const char *name;
	enum column_kind kind;
};

/* SQL of a COLUMN_HEX as it was written. */
#define COLUMN_HEX_SQL(c) "CASE typeof(" c ") WHEN 'blob' THEN lower(hex(" c ")) ELSE " c " END"

/* In the order in which row.c binds them. */
extern const struct column ledger_columns[];
extern const size_t ledger_column_count;

/* Makes what is not there yet: entries, texts, the view. Returns SQLite's result. */
int ledger_columns_create(sqlite3 *db);
/* "INSERT ... VALUES (?,?...)"; to be freed with sqlite3_free(); NULL: no memory. */
char *ledger_columns_insert(void);

#endif
