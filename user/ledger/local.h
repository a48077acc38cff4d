/* SPDX-License-Identifier: BSD-2-Clause */
/* local: hours and days as the local time zone has them (TZ), for SQL. */
#ifndef WT_LEDGER_LOCAL_H
#define WT_LEDGER_LOCAL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * local_hour(ns) and local_day(ns) of ns since the Unix epoch: "2026-11-24T09:00+01:00" (Z for an
 * offset of nothing), "2026-11-24". Returns SQLite's result.
 */
int ledger_local_create(sqlite3 *db);
/* All through that time the zone is a whole number of units (ns) off UTC. */
bool ledger_local_fits(int64_t since_ns, int64_t until_ns, int64_t unit_ns);

#endif
