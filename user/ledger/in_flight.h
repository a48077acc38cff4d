/* SPDX-License-Identifier: BSD-2-Clause */
/* in_flight: the calls that are under way, as a table that is written anew when they change. */
#ifndef WT_LEDGER_IN_FLIGHT_H
#define WT_LEDGER_IN_FLIGHT_H

#include <sqlite3.h>

#include "flight.h"

/* In place of those that are there; within a transaction. Returns SQLite's result. */
int in_flight_put(sqlite3 *db, const struct flight *at, size_t count);

#endif
