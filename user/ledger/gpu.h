/* SPDX-License-Identifier: BSD-2-Clause */
/* gpu: what GPUs' time was spent for, by minutes; the tables are in schema.h. */
#ifndef WT_LEDGER_GPU_H
#define WT_LEDGER_GPU_H

#include <sqlite3.h>

#include "gpu_bill.h"

/* Adds to its minute; within a transaction. Returns SQLite's result. */
int gpu_rows_add(sqlite3 *db, const struct gpu_entry *g);
/* How a source is from now on, or NULL: forgets all. As gpu_rows_add(); ns since the epoch. */
int gpu_source_put(sqlite3 *db, const struct gpu_source_state *s, int64_t wall_ns);

#endif
