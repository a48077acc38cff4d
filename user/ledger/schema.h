/* SPDX-License-Identifier: BSD-2-Clause */
/* The ledger's tables, but for those of calls (column.h) and of their sums (rollup.h). */
#ifndef WT_LEDGER_SCHEMA_H
#define WT_LEDGER_SCHEMA_H

#include "ledger/baseline.h"
#include "ledger/spool.h"

/* Prices that were found later: the calls stay as they were written. n: the call's. */
#define LEDGER_CORRECTIONS_TABLE                                                        \
	"CREATE TABLE IF NOT EXISTS corrections (n INTEGER PRIMARY KEY, at_ns INTEGER," \
	" nano_usd INTEGER, price_id TEXT, list_version TEXT);"

/* What applications uploaded of their calls; call is the call's id, '' where it was not seen. */
#define LEDGER_UPLOADS_TABLE                                                               \
	"CREATE TABLE IF NOT EXISTS uploads ("                                             \
	" id TEXT PRIMARY KEY, call TEXT, end_ns INTEGER NOT NULL, service TEXT,"          \
	" run TEXT, parent_run TEXT, trace TEXT, session TEXT, tags TEXT, model TEXT,"     \
	" response_id TEXT, input INTEGER, output INTEGER, nano_usd INTEGER, pid INTEGER," \
	" start_ns INTEGER) WITHOUT ROWID;"                                                \
	"CREATE INDEX IF NOT EXISTS uploads_by_call ON uploads (call);"                    \
	"CREATE INDEX IF NOT EXISTS uploads_by_end ON uploads (end_ns);"

/* A row is written again while its finding goes on: by the same id. */
#define LEDGER_FINDINGS_TABLE                                                                                \
	"CREATE TABLE IF NOT EXISTS findings ("                                                              \
	" id TEXT PRIMARY KEY, key TEXT, detector TEXT, kind TEXT, severity INTEGER,"                        \
	" since_ns INTEGER, found_ns INTEGER, last_ns INTEGER NOT NULL, count INTEGER,"                      \
	" field TEXT, value TEXT, trust TEXT, service TEXT, run TEXT, pid INTEGER,"                          \
	" start_ns INTEGER, cgroup TEXT, container_id TEXT, calls INTEGER, nano_usd INTEGER,"                \
	" hour_nano INTEGER, projected_nano INTEGER, until_ns INTEGER, figures TEXT, budget TEXT, what TEXT" \
	") WITHOUT ROWID;"                                                                                   \
	"CREATE TABLE IF NOT EXISTS reserved (budget TEXT, value TEXT, n INTEGER,"                           \
	" PRIMARY KEY (budget, value)) WITHOUT ROWID;"                                                       \
	"CREATE INDEX IF NOT EXISTS findings_by_last ON findings (last_ns);"

/* What was done, or would have been; a row when it was, and one when it was undone. */
#define LEDGER_ACTIONS_TABLE                                                               \
	"CREATE TABLE IF NOT EXISTS actions ("                                             \
	" id TEXT, result TEXT, at_ns INTEGER NOT NULL, verb TEXT, finding TEXT, by TEXT," \
	" scope TEXT, service TEXT, pid INTEGER, start_ns INTEGER, until_ns INTEGER,"      \
	" processes INTEGER, connections INTEGER, spared INTEGER,"                         \
	" PRIMARY KEY (id, result)) WITHOUT ROWID;"                                        \
	"CREATE INDEX IF NOT EXISTS actions_by_time ON actions (at_ns);"

/*
 * Calls under way as of the last tick; those of a meter that was killed are in it until another
 * starts. The owner's are of flight.def.
 */
#define LEDGER_FLIGHTS_TABLE                                                        \
	"CREATE TABLE IF NOT EXISTS in_flight ("                                    \
	" exchange INTEGER PRIMARY KEY, start_ns INTEGER, pid INTEGER, model TEXT," \
	" service TEXT, feature TEXT, user TEXT, team TEXT, container TEXT);"

/*
 * Minutes of GPUs (at: since the Unix epoch, of a window's beginning): its time, the part of it in
 * which somebody measured, how busy it was then; means as products with milliseconds, and those
 * milliseconds. What it was spent for by services, which are the servers'; of calls' own owners
 * their rows tell. Labels and kinds are gpu_label.def's and gpu_part.def's. And how each source of
 * such figures is, as it said last.
 */
#define LEDGER_GPU_TABLES                                                              \
	"CREATE TABLE IF NOT EXISTS gpus (id INTEGER PRIMARY KEY, device TEXT UNIQUE," \
	" parent TEXT, name TEXT, memory_bytes INTEGER);"                              \
	"CREATE TABLE IF NOT EXISTS gpu_minutes (at INTEGER, gpu INTEGER,"             \
	" ns INTEGER, known_ns INTEGER, busy_ns INTEGER, metric TEXT,"                 \
	" sm_ms INTEGER, sm_ppm_ms INTEGER, dram_ms INTEGER, dram_ppm_ms INTEGER,"     \
	" memory_bytes INTEGER, energy_uj INTEGER, energy_ns INTEGER,"                 \
	" priced_ns INTEGER, hour_nano INTEGER, nano_usd INTEGER, losses INTEGER,"     \
	" PRIMARY KEY (at, gpu)) WITHOUT ROWID;"                                       \
	"CREATE TABLE IF NOT EXISTS gpu_uses (at INTEGER, gpu INTEGER, kind TEXT,"     \
	" service TEXT, label TEXT, ns INTEGER, nano_usd INTEGER, prefill INTEGER,"    \
	" decode INTEGER, memory_bytes INTEGER,"                                       \
	" PRIMARY KEY (at, gpu, kind, service, label)) WITHOUT ROWID;"                 \
	"CREATE TABLE IF NOT EXISTS gpu_sources (name TEXT PRIMARY KEY,"               \
	" state TEXT, text TEXT, at_ns INTEGER NOT NULL) WITHOUT ROWID;"

#define LEDGER_SCHEMA                                                                                           \
	"CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;" LEDGER_CORRECTIONS_TABLE \
		LEDGER_UPLOADS_TABLE LEDGER_FINDINGS_TABLE LEDGER_ACTIONS_TABLE                                 \
			LEDGER_FLIGHTS_TABLE LEDGER_LEARNT_TABLE LEDGER_GPU_TABLES                              \
				LEDGER_SPOOL_TABLES                                                             \
	"CREATE TABLE IF NOT EXISTS drops (name TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;"

#endif
