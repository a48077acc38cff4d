/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of a ledger that is read: ledger_view.h. */
#ifndef WT_LEDGER_VIEW_INSIDE_H
#define WT_LEDGER_VIEW_INSIDE_H

#include <sqlite3.h>

/* A call whose tokens are estimated from nothing but sizes, as row.c writes it. */
#define FROM_SIZES "usage_source = 'estimated from sizes'"

struct ledger_view {
	sqlite3 *db;
	const char *subscription; /* SQL of a call's; a ledger that is not migrated yet has none */
	const char *where;	  /* SQL: which calls are summed, by two times: each once */
};

#endif
