/* SPDX-License-Identifier: BSD-2-Clause */
/* result: what SQLite says, as this program says it. */
#ifndef WT_LEDGER_RESULT_H
#define WT_LEDGER_RESULT_H

/* SQLite's result as the errno that comes nearest: 0 or negative. */
int ledger_errno(int rc);

#endif
