// SPDX-License-Identifier: BSD-2-Clause
/* Minutes of GPUs, one by one, as gpu.c wrote them. */
#include <errno.h>

#include "ledger/level.h"
#include "ledger/view.h"
#include "ledger_gpu.h"

#define BUSY		"kind IN ('requests', 'unattributed')"
#define IF(what, value) "sum(CASE WHEN " what " THEN " value " ELSE 0 END)"

/* What each service had, and, as service NULL, the device. */
static const char steps_sql[] = "WITH u AS (SELECT at, gpu, service, sum(ns) AS ns, " IF(
	BUSY,
	"ns") " AS busy_ns,"
	      " max(memory_bytes) AS memory_bytes, sum(prefill) AS prefill, sum(decode) AS decode, " IF(BUSY, "nano_usd") " AS busy_nano, " IF(
		      "NOT " BUSY,
		      "nano_usd") " AS idle_nano"
				  " FROM gpu_uses WHERE at >= ?1 AND at < ?2 GROUP BY at, gpu, service)"
				  " SELECT g.device, NULL AS service, m.at AS minute, m.ns, m.known_ns,"
				  " coalesce(m.sm_ppm_ms / nullif(m.sm_ms, 0), -1),"
				  " coalesce(m.dram_ppm_ms / nullif(m.dram_ms, 0), -1),"
				  " CASE WHEN m.energy_ns > 0 THEN CAST(m.energy_uj * 1e6 / m.energy_ns AS INTEGER) ELSE -1"
				  " END, m.busy_ns, coalesce(m.memory_bytes, -1), coalesce(sum(u.prefill), 0),"
				  " coalesce(sum(u.decode), 0), m.priced_ns > 0, coalesce(sum(u.busy_nano), 0),"
				  " coalesce(sum(u.idle_nano), 0) FROM gpu_minutes m JOIN gpus g ON g.id = m.gpu"
				  " LEFT JOIN u ON u.at = m.at AND u.gpu = m.gpu WHERE m.at >= ?1 AND m.at < ?2"
				  " GROUP BY m.at, m.gpu"
				  " UNION ALL SELECT g.device, u.service, u.at, u.ns, -1, -1, -1, -1, u.busy_ns,"
				  " coalesce(u.memory_bytes, -1), u.prefill, u.decode, m.priced_ns > 0, u.busy_nano,"
				  " u.idle_nano FROM u JOIN gpus g ON g.id = u.gpu JOIN gpu_minutes m"
				  " ON m.at = u.at AND m.gpu = u.gpu WHERE u.service <> ''"
				  " ORDER BY minute, 1, service";

static int64_t minute_of(int64_t ns)
{
	return ns / LEDGER_MINUTE_NS;
}

int ledger_view__gpu_steps(struct ledger_view *v, int64_t since_ns, int64_t until_ns,
			   ledger_gpu_step_fn fn, void *ctx)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(v->db, steps_sql, -1, &s, NULL);

	/* A ledger that is older than the tables has none. */
	if (rc == SQLITE_ERROR)
		return 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 1, minute_of(since_ns));
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 2, minute_of(until_ns));
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct ledger_gpu_step step = {
			.device = (const char *)sqlite3_column_text(s, 0),
			.service = (const char *)sqlite3_column_text(s, 1),
			.at = sqlite3_column_int64(s, 2),
			.ns = sqlite3_column_int64(s, 3),
			.known_ns = sqlite3_column_int64(s, 4),
			.sm_ppm = sqlite3_column_int64(s, 5),
			.dram_ppm = sqlite3_column_int64(s, 6),
			.power_mw = sqlite3_column_int64(s, 7),
			.busy_ns = sqlite3_column_int64(s, 8),
			.memory_bytes = sqlite3_column_int64(s, 9),
			.prefill = sqlite3_column_int64(s, 10),
			.decode = sqlite3_column_int64(s, 11),
			.priced = sqlite3_column_int(s, 12),
			.busy_nano = sqlite3_column_int64(s, 13),
			.idle_nano = sqlite3_column_int64(s, 14),
		};

		if (step.device)
			fn(ctx, &step);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? 0 : -EIO;
}
