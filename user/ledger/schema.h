/* SPDX-License-Identifier: BSD-2-Clause */
/* The ledger's tables. */
#ifndef WT_LEDGER_SCHEMA_H
#define WT_LEDGER_SCHEMA_H

#include "ledger/spool.h"

/*
 * A call's columns in the order in which they are bound; those of its owner follow, by owner.def. A
 * token class that was not told is NULL; so is nano_usd without a price. To add one: a line in
 * added.def, and its binding in row.c.
 */
#define LEDGER_CALL_COLUMNS                                                                   \
	"id, end_ns, duration_ns, ttft_ns, provider, api, operation, requested_model, "       \
	"served_model, response_id, result, complete, usage_source, stream, tier, input, "    \
	"cache_read, cache_write_5m, cache_write_1h, audio_in, image_in, output, audio_out, " \
	"image_out, reasoning, nano_usd, basis, price_id, list_version, lost_bytes, pid, "    \
	"start_ns, uid, comm, exe, cgroup, container_id, runtime, service_trust, domain, "    \
	"path, status, origin"

#define LEDGER_CALL_COLUMN_COUNT 43

/* minutes outlive the calls themselves. */
#define LEDGER_CALLS_TABLE                                                                        \
	"CREATE TABLE IF NOT EXISTS calls ("                                                      \
	" id TEXT PRIMARY KEY, end_ns INTEGER NOT NULL, duration_ns INTEGER, ttft_ns INTEGER,"    \
	" provider TEXT, api TEXT, operation TEXT, requested_model TEXT, served_model TEXT,"      \
	" response_id TEXT, result TEXT, complete INTEGER, usage_source TEXT, stream INTEGER,"    \
	" tier TEXT, input INTEGER, cache_read INTEGER, cache_write_5m INTEGER,"                  \
	" cache_write_1h INTEGER, audio_in INTEGER, image_in INTEGER, output INTEGER,"            \
	" audio_out INTEGER, image_out INTEGER, reasoning INTEGER, nano_usd INTEGER, basis TEXT," \
	" price_id TEXT, list_version TEXT, lost_bytes INTEGER, pid INTEGER, start_ns INTEGER,"   \
	" uid INTEGER, comm TEXT, exe TEXT, cgroup TEXT, container_id TEXT, runtime TEXT,"        \
	" service_trust TEXT, domain TEXT, path TEXT, status INTEGER, origin INTEGER"             \
	") WITHOUT ROWID;"                                                                        \
	"CREATE INDEX IF NOT EXISTS calls_by_end ON calls (end_ns);"

#define LEDGER_MINUTES_TABLE                                                     \
	"CREATE TABLE IF NOT EXISTS minutes ("                                   \
	" minute INTEGER, service TEXT, provider TEXT, model TEXT, result TEXT," \
	" calls INTEGER, unpriced INTEGER, input INTEGER, cache_read INTEGER,"   \
	" cache_write INTEGER, output INTEGER, nano_usd INTEGER,"                \
	" PRIMARY KEY (minute, service, provider, model, result)) WITHOUT ROWID;"

/* Where the values of an owner come from, and their trust: few texts for many calls. */
#define LEDGER_ORIGINS_TABLE                                                          \
	"CREATE TABLE IF NOT EXISTS corrections (id TEXT PRIMARY KEY, at_ns INTEGER," \
	" nano_usd INTEGER, price_id TEXT, list_version TEXT) WITHOUT ROWID;"         \
	"CREATE TABLE IF NOT EXISTS origins (id INTEGER PRIMARY KEY, text TEXT UNIQUE);"

/* What applications uploaded of their calls; call is the call's id, '' where it was not seen. */
#define LEDGER_UPLOADS_TABLE                                                               \
	"CREATE TABLE IF NOT EXISTS uploads ("                                             \
	" id TEXT PRIMARY KEY, call TEXT, end_ns INTEGER NOT NULL, service TEXT,"          \
	" run TEXT, parent_run TEXT, trace TEXT, session TEXT, tags TEXT, model TEXT,"     \
	" response_id TEXT, input INTEGER, output INTEGER, nano_usd INTEGER, pid INTEGER," \
	" start_ns INTEGER) WITHOUT ROWID;"                                                \
	"CREATE INDEX IF NOT EXISTS uploads_by_call ON uploads (call);"

/* A row is written again while its finding goes on: by the same id. */
#define LEDGER_FINDINGS_TABLE                                                                     \
	"CREATE TABLE IF NOT EXISTS findings ("                                                   \
	" id TEXT PRIMARY KEY, key TEXT, detector TEXT, kind TEXT, severity INTEGER,"             \
	" since_ns INTEGER, found_ns INTEGER, last_ns INTEGER NOT NULL, count INTEGER,"           \
	" field TEXT, value TEXT, trust TEXT, service TEXT, run TEXT, pid INTEGER,"               \
	" start_ns INTEGER, cgroup TEXT, container_id TEXT, calls INTEGER, nano_usd INTEGER,"     \
	" hour_nano INTEGER, projected_nano INTEGER, until_ns INTEGER, figures TEXT, budget TEXT" \
	") WITHOUT ROWID;"                                                                        \
	"CREATE TABLE IF NOT EXISTS reserved (budget TEXT, value TEXT, n INTEGER,"                \
	" PRIMARY KEY (budget, value)) WITHOUT ROWID;"                                            \
	"CREATE INDEX IF NOT EXISTS findings_by_last ON findings (last_ns);"

#define LEDGER_SCHEMA                                                                                     \
	"CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;" LEDGER_CALLS_TABLE \
		LEDGER_MINUTES_TABLE LEDGER_ORIGINS_TABLE LEDGER_UPLOADS_TABLE                            \
			LEDGER_FINDINGS_TABLE LEDGER_SPOOL_TABLES                                         \
	"CREATE TABLE IF NOT EXISTS drops (name TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;"

#endif
