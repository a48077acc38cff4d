/* SPDX-License-Identifier: BSD-2-Clause */
/* What the ledger's writer says to SQLite again and again, but of calls: row.c. Its own alone. */
#ifndef WT_LEDGER_STATEMENTS_H
#define WT_LEDGER_STATEMENTS_H

enum statement {
	S_BEGIN,
	S_COMMIT,
	S_UPLOAD,
	S_FINDING,
	S_RESERVED,
	S_ACTION,
	S_META,
	S_DROP,
	STATEMENTS,
};

static const char *const statement_text[STATEMENTS] = {
	[S_BEGIN] = "BEGIN IMMEDIATE",
	[S_COMMIT] = "COMMIT",
	[S_UPLOAD] = "INSERT OR IGNORE INTO uploads VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[S_FINDING] = "INSERT OR REPLACE INTO findings VALUES "
		      "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[S_RESERVED] = "INSERT OR REPLACE INTO reserved VALUES (?,?,?)",
	[S_ACTION] = "INSERT OR REPLACE INTO actions VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[S_META] = "INSERT OR REPLACE INTO meta VALUES (?,?)",
	[S_DROP] = "INSERT OR REPLACE INTO drops VALUES (?,?)",
};

#endif
